// The flattened device tree that the loader hands over: who has which memory and devices.
//
// Format: Devicetree Specification 0.4, chapter 5. The blob comes from firmware, so it is checked
// once as a whole; afterwards every question has an answer without error handling at each step.
// The kernel reads it before the MMU is on: no heap, no globals, bytewise loads only.

/// A checked view of a device tree blob. It owns nothing; the bytes must outlive it.
public struct DeviceTree: ~Escapable {
  /// The blob, up to the size in its header.
  let bytes: Span<UInt8>
  /// Where the structure block is: tokens, node names, property values.
  let structure: Range<Int>
  /// Where the strings block is: property names.
  let strings: Range<Int>
  /// Where the memory reservations start.
  let reservationsOffset: Int

  /// Checks the header and every token of the blob. `bytes` may be longer than the tree.
  @_lifetime(copy blob)
  public init(_ blob: Span<UInt8>) throws(DeviceTreeError) {
    let header = try DeviceTreeHeader(blob)
    bytes = blob.extracting(0..<header.totalBytes)
    structure = header.structure
    strings = header.strings
    reservationsOffset = header.reservationsOffset
    try checkReservations()
    try checkStructure()
  }

  /// Bytes of the blob: what must stay reserved as long as the tree is in use.
  public var byteCount: Int { bytes.count }

  /// The number of memory reservations in the blob's own list (`/memreserve/`).
  public var reservationCount: Int {
    var index = 0
    while reservation(index) != nil { index += 1 }
    return index
  }

  /// An entry of the memory reservation list, or nil past its end.
  public func reservation(_ index: Int) -> AddressRange? {
    let offset = reservationsOffset + index * 16
    guard let base = bytes.doubleWord(at: offset), let size = bytes.doubleWord(at: offset + 8),
      base != 0 || size != 0
    else { return nil }
    return AddressRange(base: base, bytes: size)
  }

  /// The bytes of a text that some other value refers to.
  @_lifetime(copy self)
  public func text(_ text: TextReference) -> Span<UInt8> {
    bytes.extracting(text.range)
  }

  private func checkReservations() throws(DeviceTreeError) {
    var offset = reservationsOffset
    while true {
      guard let base = bytes.doubleWord(at: offset), let size = bytes.doubleWord(at: offset + 8)
      else { throw .unterminatedReservations(offset: reservationsOffset) }
      if base == 0 && size == 0 { return }
      offset += 16
    }
  }

  private func checkStructure() throws(DeviceTreeError) {
    var depth = 0
    var hasRoot = false
    // Whether a child of the open node has been seen. After a node ends, its parent has a
    // child; so one flag serves all levels.
    var isAfterChild = false
    var offset = structure.lowerBound
    while true {
      let item = try item(at: offset)
      switch item.kind {
      case .nodeStart:
        guard depth > 0 || !hasRoot else { throw .unbalancedNodes(offset: offset) }
        guard depth < Node.depthLimit else { throw .tooDeep(offset: offset) }
        hasRoot = true
        isAfterChild = false
        depth += 1
      case .nodeEnd:
        guard depth > 0 else { throw .unbalancedNodes(offset: offset) }
        depth -= 1
        isAfterChild = true
      case .property:
        guard depth > 0 else { throw .unbalancedNodes(offset: offset) }
        guard !isAfterChild else { throw .propertyAfterChild(offset: offset) }
      case .nothing:
        break
      case .end:
        guard depth == 0, hasRoot else { throw .unbalancedNodes(offset: offset) }
        return
      }
      offset = item.end
    }
  }
}

/// Text inside the blob, by place: a value that can be kept while the tree is not at hand.
public struct TextReference: Equatable, Sendable {
  public let offset: Int
  public let length: Int

  init(_ range: Range<Int>) {
    offset = range.lowerBound
    length = range.count
  }

  public var isEmpty: Bool { length == 0 }

  var range: Range<Int> { offset..<(offset + length) }

  /// No text.
  public static var empty: Self { Self(0..<0) }
}
