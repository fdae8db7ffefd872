// Lists of a few things, without heap.

/// A list with room for `capacity` elements, stored in place.
public struct BoundedList<let capacity: Int, Element: Sendable>: Sendable {
  private var elements: InlineArray<capacity, Element>
  /// Elements in use.
  public private(set) var count = 0

  /// An empty list. `filler` stands in unused places and is never handed out.
  init(filler: Element) {
    elements = InlineArray(repeating: filler)
  }

  public var isEmpty: Bool { count == 0 }

  /// The elements' indices.
  public var indices: Range<Int> { 0..<count }

  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count, "index outside the list")
    return elements[index]
  }

  /// Adds an element; false if the list is full.
  mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    elements[count] = element
    count += 1
    return true
  }
}
