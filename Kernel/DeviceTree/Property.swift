// Properties: a name and some bytes, whose meaning the name decides.

/// A property of one particular tree.
public struct Property: Sendable {
  public let name: TextReference
  /// Where the value is in the blob.
  let range: Range<Int>
  /// Where the next token starts.
  let end: Int

  /// Bytes of the value.
  public var byteCount: Int { range.count }

  /// The whole value, or text without its terminating zero.
  public var value: TextReference { TextReference(range) }
}

extension DeviceTree {
  public func firstProperty(of node: Node) -> Property? {
    guard let start = try? item(at: node.offset) else { return nil }
    return property(from: start.end)
  }

  public func property(after property: Property) -> Property? {
    self.property(from: property.end)
  }

  /// The property of that name, or nil.
  public func property(_ name: StaticString, of node: Node) -> Property? {
    var current = firstProperty(of: node)
    while let property = current {
      if bytes.holds(name, in: property.name.range) { return property }
      current = self.property(after: property)
    }
    return nil
  }

  /// A value that is one 32-bit cell; nil if the property is missing or has another size.
  public func cell(_ name: StaticString, of node: Node) -> UInt32? {
    guard let property = property(name, of: node), property.byteCount == 4 else { return nil }
    return bytes.word(at: property.range.lowerBound)
  }

  /// A value that is one number of 32 or 64 bits; nil if it is missing or has another size.
  public func number(_ name: StaticString, of node: Node) -> UInt64? {
    guard let property = property(name, of: node) else { return nil }
    switch property.byteCount {
    case 4: return cells(1, at: 0, of: property)
    case 8: return cells(2, at: 0, of: property)
    default: return nil
    }
  }

  /// A number of one or two cells (zero cells are 0), starting `index` cells into the value; nil
  /// if it leaves the value.
  public func cells(_ count: Int, at index: Int, of property: Property) -> UInt64? {
    guard index >= 0, count >= 0, (index + count) * 4 <= property.byteCount else { return nil }
    let offset = property.range.lowerBound + index * 4
    switch count {
    case 0: return 0
    case 1: return bytes.word(at: offset).map { UInt64($0) }
    case 2: return bytes.doubleWord(at: offset)
    default: return nil
    }
  }

  /// The text of a string property without its zero; nil if the property is missing or the
  /// text has no end.
  public func text(_ name: StaticString, of node: Node) -> TextReference? {
    guard let property = property(name, of: node), let end = bytes.firstZero(in: property.range)
    else { return nil }
    return TextReference(property.range.lowerBound..<end)
  }

  /// Whether a string property has exactly that text.
  public func text(_ name: StaticString, of node: Node, is expected: StaticString) -> Bool {
    guard let text = text(name, of: node) else { return false }
    return bytes.holds(expected, in: text.range)
  }

  /// At which place a list of strings has `expected`; nil if it has not.
  public func index(of expected: StaticString, inList name: StaticString, of node: Node) -> Int? {
    guard let property = property(name, of: node) else { return nil }
    var start = property.range.lowerBound
    var index = 0
    while let end = bytes.firstZero(in: start..<property.range.upperBound) {
      if bytes.holds(expected, in: start..<end) { return index }
      start = end + 1
      index += 1
    }
    return nil
  }

  private func property(from start: Int) -> Property? {
    var offset = start
    while let item = try? item(at: offset) {
      switch item.kind {
      case .property:
        return Property(name: TextReference(item.name), range: item.value, end: item.end)
      case .nothing:
        offset = item.end
      case .nodeStart, .nodeEnd, .end:
        return nil
      }
    }
    return nil
  }
}
