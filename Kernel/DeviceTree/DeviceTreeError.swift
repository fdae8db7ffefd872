// What can be wrong with a flattened device tree, and where.

public import Reporting

/// Why a blob is not a device tree that can be read. Offsets count bytes from its start.
public enum DeviceTreeError: Error, Equatable, Sendable, Reportable {
  public enum Block: Equatable, Sendable {
    case structure
    case strings
    case reservations
  }

  /// The blob ends before `needed` bytes.
  case truncated(bytes: Int, needed: Int)
  case wrongMagic(UInt32)
  /// This reader knows version 17.
  case unsupportedVersion(UInt32, lastCompatible: UInt32)
  case blockOutOfRange(Block, offset: Int, bytes: Int)
  case misalignedBlock(Block, offset: Int)
  /// The list of memory reservations has no end.
  case unterminatedReservations(offset: Int)
  case unknownToken(UInt32, offset: Int)
  /// The structure block ends without its END token.
  case missingEnd(offset: Int)
  case unterminatedNodeName(offset: Int)
  /// The value of the property at `offset` leaves the structure block.
  case propertyOutOfRange(offset: Int, bytes: Int)
  /// The name of the property at `offset` is not a terminated string of the strings block.
  case invalidPropertyName(offset: Int, nameOffset: Int)
  /// More than `Node.depthLimit` levels.
  case tooDeep(offset: Int)
  /// A node ends that did not start, the tree ends inside a node, or there is no root, a second
  /// root, or a property outside nodes.
  case unbalancedNodes(offset: Int)
  /// The specification wants all properties of a node before its children.
  case propertyAfterChild(offset: Int)

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("device tree: ")
    switch self {
    case .truncated(let bytes, let needed):
      output.write("\(bytes) bytes, but needs \(needed)" as LogText)
    case .wrongMagic(let found):
      output.write("magic \(hexadecimal: found, digits: 8) instead of 0xd00dfeed" as LogText)
    case .unsupportedVersion(let version, let lastCompatible):
      output.write("version \(version), compatible down to \(lastCompatible)" as LogText)
      output.write("; only 17 is known")
    case .blockOutOfRange(let block, let offset, let bytes):
      output.write(block.name)
      output.write(" of \(bytes) bytes at \(hexadecimal: offset) leaves the blob" as LogText)
    case .misalignedBlock(let block, let offset):
      output.write(block.name)
      output.write(" at misaligned offset \(hexadecimal: offset)" as LogText)
    case .unterminatedReservations(let offset):
      output.write("memory reservations at \(hexadecimal: offset) without end" as LogText)
    case .unknownToken(let token, let offset):
      output.write("token \(hexadecimal: token) at \(hexadecimal: offset)" as LogText)
    case .missingEnd(let offset):
      output.write("structure block ends at \(hexadecimal: offset) without END" as LogText)
    case .unterminatedNodeName(let offset):
      output.write("node name at \(hexadecimal: offset) without end" as LogText)
    case .propertyOutOfRange(let offset, let bytes):
      output.write("property at \(hexadecimal: offset) with \(bytes) bytes" as LogText)
      output.write(" leaves the structure block")
    case .invalidPropertyName(let offset, let nameOffset):
      output.write("property at \(hexadecimal: offset) has its name" as LogText)
      output.write(" at \(hexadecimal: nameOffset) outside the strings block" as LogText)
    case .tooDeep(let offset):
      output.write("node at \(hexadecimal: offset) lies deeper than" as LogText)
      output.write(" \(Node.depthLimit) levels" as LogText)
    case .unbalancedNodes(let offset):
      output.write("nodes do not nest at \(hexadecimal: offset)" as LogText)
    case .propertyAfterChild(let offset):
      output.write("property after a child node at \(hexadecimal: offset)" as LogText)
    }
  }
}

extension DeviceTreeError.Block {
  fileprivate var name: StaticString {
    switch self {
    case .structure: "structure block"
    case .strings: "strings block"
    case .reservations: "memory reservation block"
    }
  }
}
