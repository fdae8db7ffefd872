// The structure block, one token with what belongs to it at a time.

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
