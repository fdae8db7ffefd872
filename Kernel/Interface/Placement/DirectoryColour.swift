// The colours of Enzian's directory: which lines wait for each other (R16).
//
// A controller unit of the directory follows one read and one write for every colour. A held load
// is a read under way, so any other line of its colour has to wait until it is answered.

/// One of 64 colours: the low six bits of the scrambled line index. The scramble is that of
/// Enzian's shell (SpinalHDL blocks, `aliasCachelineIndex`), of which 19 bits matter here.
public struct DirectoryColour: Hashable, Sendable {
  public let number: UInt8

  @inlinable public static var count: Int { 64 }

  /// - Parameter offset: in the line window, which begins at a multiple of its size.
  @inlinable public init(ofLineAt offset: UInt64) {
    let index = offset / UInt64(LineGeometry.lineBytes)
    func bits(_ low: UInt64, _ count: UInt64) -> UInt64 { index >> low & (1 << count - 1) }
    let low = bits(0, 3) ^ bits(13, 3) ^ bits(5, 3)
    let middle = bits(3, 2) ^ bits(16, 2) ^ bits(5, 2)
    let high = bits(5, 1) ^ bits(18, 1)
    number = UInt8(low | middle << 3 | high << 5)
  }

  @inlinable public init(ofControlLine parity: Parity, of endpoint: EndpointIdentifier) {
    self.init(
      ofLineAt: LineWindow.offset(of: endpoint)
        + UInt64(Int(parity.rawValue) * LineGeometry.lineBytes))
  }
}
