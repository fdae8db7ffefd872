// The checksums of IPv4 and UDP, set right (RFC 791, RFC 768, RFC 1071).

enum Checksums {
  private static let header = 14..<34

  /// Leaves what is no IPv4 datagram with a header of 20 bytes as it is.
  static func repair(_ frame: inout [UInt8]) {
    guard frame.count >= 34, frame[12] == 8, frame[13] == 0, frame[14] == 0x45 else { return }
    store(0, at: 24, in: &frame)
    store(sum(frame[header]), at: 24, in: &frame)
    let end = 14 + (Int(frame[16]) << 8 | Int(frame[17]))
    guard frame[23] == 17, end >= 42, end <= frame.count else { return }
    let length = Int(frame[38]) << 8 | Int(frame[39])
    // 0: the sender computed none.
    guard length >= 8, 34 + length <= end, frame[40] != 0 || frame[41] != 0 else { return }
    store(0, at: 40, in: &frame)
    let pseudo = frame[26..<34] + [0, 17] + frame[38..<40]
    let checksum = sum(pseudo + frame[34..<34 + length])
    store(checksum == 0 ? 0xFFFF : checksum, at: 40, in: &frame)
  }

  private static func store(_ value: UInt16, at offset: Int, in frame: inout [UInt8]) {
    frame[offset] = UInt8(value >> 8)
    frame[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += Int(byte) << (index % 2 == 0 ? 8 : 0) }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return ~UInt16(sum)
  }
}
