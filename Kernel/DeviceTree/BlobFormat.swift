// The form of the blob: its header, and the tokens of its structure block.

/// The checked header (Devicetree Specification 0.4, §5.2), ten big-endian words:
///
///     0 magic             4 offset of the reservations    8 bytes of the strings block
///     1 bytes in all      5 version                       9 bytes of the structure block
///     2 offset of the structure block   6 last compatible version
///     3 offset of the strings block     7 boot CPU
struct DeviceTreeHeader {
  let totalBytes: Int
  let structure: Range<Int>
  let strings: Range<Int>
  let reservationsOffset: Int

  static var bytes: Int { 40 }
  static var magic: UInt32 { 0xD00D_FEED }
  static var version: UInt32 { 17 }

  init(_ blob: Span<UInt8>) throws(DeviceTreeError) {
    func word(_ index: Int) throws(DeviceTreeError) -> UInt32 {
      guard let word = blob.word(at: index * 4) else {
        throw .truncated(bytes: blob.count, needed: Self.bytes)
      }
      return word
    }
    // The magic first: a blob that is none at all should not be called truncated.
    let magic = try word(0)
    guard magic == Self.magic else { throw .wrongMagic(magic) }
    guard blob.count >= Self.bytes else {
      throw .truncated(bytes: blob.count, needed: Self.bytes)
    }
    let version = try word(5)
    let lastCompatible = try word(6)
    guard version >= Self.version, lastCompatible <= Self.version else {
      throw .unsupportedVersion(version, lastCompatible: lastCompatible)
    }
    totalBytes = Int(try word(1))
    guard totalBytes >= Self.bytes else {
      throw .truncated(bytes: totalBytes, needed: Self.bytes)
    }
    guard blob.count >= totalBytes else {
      throw .truncated(bytes: blob.count, needed: totalBytes)
    }
    structure = try Self.block(
      .structure, offset: word(2), bytes: word(9), alignment: 4, within: totalBytes)
    strings = try Self.block(
      .strings, offset: word(3), bytes: word(8), alignment: 1, within: totalBytes)
    reservationsOffset = try Self.block(
      .reservations, offset: word(4), bytes: 16, alignment: 8, within: totalBytes
    ).lowerBound
  }

  private static func block(
    _ block: DeviceTreeError.Block, offset: UInt32, bytes: UInt32, alignment: Int, within limit: Int
  ) throws(DeviceTreeError) -> Range<Int> {
    // Both are below 2³², so the sum fits.
    let start = Int(offset)
    let end = start + Int(bytes)
    guard start >= Self.bytes, end <= limit else {
      throw .blockOutOfRange(block, offset: start, bytes: Int(bytes))
    }
    guard start % alignment == 0 else { throw .misalignedBlock(block, offset: start) }
    return start..<end
  }
}

/// A token of the structure block (Devicetree Specification 0.4, §5.4).
struct StructureItem {
  enum Kind {
    case nodeStart
    case nodeEnd
    case property
    case nothing
    case end
  }

  let kind: Kind
  /// Where the next token starts.
  let end: Int
  /// Name of the node or property.
  var name = 0..<0
  /// Value of the property.
  var value = 0..<0
}

extension DeviceTree {
  private enum Token {
    static var nodeStart: UInt32 { 1 }
    static var nodeEnd: UInt32 { 2 }
    static var property: UInt32 { 3 }
    static var nothing: UInt32 { 4 }
    static var end: UInt32 { 9 }
  }

  /// Reads the token at `offset`, which must be a multiple of four.
  func item(at offset: Int) throws(DeviceTreeError) -> StructureItem {
    guard let token = structureWord(at: offset) else { throw .missingEnd(offset: offset) }
    let next = offset + 4
    switch token {
    case Token.nodeStart:
      guard let nameEnd = bytes.firstZero(in: next..<structure.upperBound) else {
        throw .unterminatedNodeName(offset: next)
      }
      // Padding may be cut off at the end of the block; then the next read reports it.
      return StructureItem(
        kind: .nodeStart, end: Self.aligned(nameEnd + 1), name: next..<nameEnd)
    case Token.property:
      guard let length = structureWord(at: next), let nameOffset = structureWord(at: next + 4)
      else { throw .missingEnd(offset: next) }
      let value = next + 8
      guard Int(length) <= structure.upperBound - value else {
        throw .propertyOutOfRange(offset: offset, bytes: Int(length))
      }
      let name = strings.lowerBound + Int(nameOffset)
      guard name < strings.upperBound,
        let nameEnd = bytes.firstZero(in: name..<strings.upperBound)
      else { throw .invalidPropertyName(offset: offset, nameOffset: Int(nameOffset)) }
      let valueEnd = value + Int(length)
      return StructureItem(
        kind: .property, end: Self.aligned(valueEnd), name: name..<nameEnd, value: value..<valueEnd)
    case Token.nodeEnd: return StructureItem(kind: .nodeEnd, end: next)
    case Token.nothing: return StructureItem(kind: .nothing, end: next)
    case Token.end: return StructureItem(kind: .end, end: next)
    default: throw .unknownToken(token, offset: offset)
    }
  }

  private func structureWord(at offset: Int) -> UInt32? {
    offset <= structure.upperBound - 4 ? bytes.word(at: offset) : nil
  }

  private static func aligned(_ offset: Int) -> Int { (offset + 3) & ~3 }
}
