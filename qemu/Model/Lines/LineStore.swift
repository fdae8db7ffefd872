// The bytes of all receive lines, as their home has them.

import Interface

/// Per endpoint the two control lines and the overflow lines, at the same offsets as in the
/// endpoint's block.
struct LineStore: Hashable {
  private static var bytesPerEndpoint: Int {
    EndpointLayout.receiveOverflowOffset + LineGeometry.overflowBytes
  }

  private var bytes: [UInt8]

  init(endpoints: Int) {
    bytes = Array(repeating: 0, count: endpoints * LineStore.bytesPerEndpoint)
  }

  private func position(_ endpoint: EndpointIdentifier, _ blockOffset: Int) -> Int {
    endpoint.index * LineStore.bytesPerEndpoint + blockOffset
  }

  /// - Parameter size: 1, 2, 4 or 8 bytes, little-endian.
  func load(_ endpoint: EndpointIdentifier, at blockOffset: Int, size: Int) -> UInt64 {
    let start = position(endpoint, blockOffset)
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(bytes[start + index]) }
    return value
  }

  mutating func store(
    _ value: UInt64, in endpoint: EndpointIdentifier, at blockOffset: Int, size: Int
  ) {
    let start = position(endpoint, blockOffset)
    for index in 0..<size {
      bytes[start + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
    }
  }

  func word(_ word: Int, of endpoint: EndpointIdentifier, line: Parity) -> UInt64 {
    load(endpoint, at: LineStore.controlOffset(line) + word * LineGeometry.wordBytes, size: 8)
  }

  mutating func setWord(
    _ word: Int, of endpoint: EndpointIdentifier, line: Parity, to value: UInt64
  ) {
    store(
      value, in: endpoint, at: LineStore.controlOffset(line) + word * LineGeometry.wordBytes,
      size: 8)
  }

  /// Spreads an argument area over the control line and the overflow lines.
  mutating func writeArguments(
    _ area: ArraySlice<UInt8>, used: Int, to endpoint: EndpointIdentifier, line: Parity
  ) {
    let base = position(endpoint, 0)
    for offset in 0..<used {
      bytes[base + ArgumentArea.blockOffset(of: offset, parity: line)] =
        area[area.startIndex + offset]
    }
  }

  /// Gathers the argument area from the control line and `overflowLines` overflow lines.
  func readArguments(
    of endpoint: EndpointIdentifier, line: Parity, used: Int, into area: inout [UInt8]
  ) {
    let base = position(endpoint, 0)
    for offset in 0..<used {
      area[offset] = bytes[base + ArgumentArea.blockOffset(of: offset, parity: line)]
    }
  }

  /// R13: what the next message does not write reads as zero.
  mutating func cleanControlLine(of endpoint: EndpointIdentifier, line: Parity) {
    clean(position(endpoint, LineStore.controlOffset(line)))
  }

  mutating func cleanOverflowLines(of endpoint: EndpointIdentifier, _ lines: UInt32) {
    for line in 0..<LineGeometry.overflowLines where lines & 1 << UInt32(line) != 0 {
      clean(
        position(endpoint, EndpointLayout.receiveOverflowOffset + line * LineGeometry.lineBytes))
    }
  }

  private mutating func clean(_ start: Int) {
    for index in start..<start + LineGeometry.lineBytes { bytes[index] = 0 }
  }

  static func controlOffset(_ line: Parity) -> Int {
    EndpointLayout.receiveControlOffset + Int(line.rawValue) * LineGeometry.lineBytes
  }
}
