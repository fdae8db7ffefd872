// Where arguments and results lie: one area, its start in the control line, its rest in overflow.
//
// Values are native-endian 8-byte slots; variable data (opaque, strings, array elements) stands
// apart and its slot says where. Requests and responses use the same rules and the same lines.

/// The argument area of an endpoint, addressed by offsets from 0.
///
///     offset   0…95     words 2…13 of the current control line
///     offset  96…4191   the overflow lines
///
/// No slot and no run of variable data lies across offset 96, since the two parts are not
/// adjacent in memory.
public enum ArgumentArea {
  @inlinable public static var inlineBytes: Int { 96 }
  @inlinable public static var inlineSlots: Int { 12 }
  @inlinable public static var bytes: Int { inlineBytes + LineGeometry.overflowBytes }

  /// Overflow lines needed when the area is used up to `end`.
  @inlinable public static func overflowLines(forEnd end: Int) -> Int {
    end <= inlineBytes ? 0 : LineGeometry.overflowLines(forBytes: end - inlineBytes)
  }

  /// Byte offset of area offset `offset` from the start of the endpoint's block, for the
  /// control line of the given parity.
  @inlinable public static func blockOffset(of offset: Int, parity: Parity) -> Int {
    offset < inlineBytes
      ? Int(parity.rawValue) * LineGeometry.lineBytes
        + ControlLineWord.firstArgument * LineGeometry.wordBytes + offset
      : EndpointLayout.receiveOverflowOffset + offset - inlineBytes
  }
}

/// A slot that says where variable data lies.
///
///     bits  0…31  offset in the argument area, a multiple of 8
///     bits 32…63  length: bytes for opaque and strings, elements for arrays
public struct DataReference: Hashable, Sendable {
  public let offset: UInt32
  public let length: UInt32

  @inlinable
  public init(offset: UInt32, length: UInt32) {
    self.offset = offset
    self.length = length
  }

  @inlinable public init(word: UInt64) {
    self.init(
      offset: UInt32(truncatingIfNeeded: word), length: UInt32(truncatingIfNeeded: word >> 32))
  }

  @inlinable public var word: UInt64 { UInt64(offset) | UInt64(length) << 32 }
}
