// Files of frames and their times, as tcpdump, Wireshark and QEMU write and read them: classic pcap.
//
// Little-endian. What is written has nanoseconds, as the device replays it (qemu/Device/replay.c);
// QEMU's `filter-dump` writes microseconds.

/// Frames in the order in which they came.
public struct PacketCapture: Hashable, Sendable {
  public struct Packet: Hashable, Sendable {
    public let nanoseconds: UInt64
    public let frame: [UInt8]

    public init(nanoseconds: UInt64, frame: [UInt8]) {
      self.nanoseconds = nanoseconds
      self.frame = frame
    }
  }

  public var packets: [Packet]

  public init(_ packets: [Packet] = []) { self.packets = packets }

  /// Why bytes are no such file.
  public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    case notACapture
    case notEthernet(linkType: UInt32)
    /// Counted from 1.
    case truncated(packet: Int)

    public var description: String {
      switch self {
      case .notACapture: "is no little-endian pcap file"
      case .notEthernet(let type): "has link type \(type), not Ethernet"
      case .truncated(let packet): "ends in packet \(packet)"
      }
    }
  }

  private static let headerBytes = 24
  private static let recordBytes = 16
  private static let magicMicroseconds: UInt32 = 0xa1b2_c3d4
  private static let magicNanoseconds: UInt32 = 0xa1b2_3c4d
  private static let linkTypeEthernet: UInt32 = 1
  private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

  /// - Precondition: the times are below 2³² seconds.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ word: UInt32) {
      for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(word >> shift & 0xff)) }
    }
    // Version 2.4; no time zone, no accuracy, any length.
    let header: [UInt32] = [
      Self.magicNanoseconds, 4 << 16 | 2, 0, 0, 0x4_0000, Self.linkTypeEthernet,
    ]
    for word in header { put(word) }
    for packet in packets {
      let (seconds, rest) = packet.nanoseconds.quotientAndRemainder(
        dividingBy: Self.nanosecondsPerSecond)
      let length = UInt32(packet.frame.count)
      for word in [UInt32(seconds), UInt32(rest), length, length] { put(word) }
      bytes += packet.frame
    }
    return bytes
  }

  public init(parsing bytes: [UInt8]) throws(ParseError) {
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= Self.headerBytes,
      [Self.magicMicroseconds, Self.magicNanoseconds].contains(word(0))
    else { throw .notACapture }
    let tick: UInt64 = word(0) == Self.magicNanoseconds ? 1 : 1000
    guard word(20) == Self.linkTypeEthernet else { throw .notEthernet(linkType: word(20)) }
    packets = []
    var offset = Self.headerBytes
    while offset < bytes.count {
      let start = offset + Self.recordBytes
      guard start <= bytes.count, Int(word(offset + 8)) <= bytes.count - start else {
        throw .truncated(packet: packets.count + 1)
      }
      offset = start + Int(word(offset + 8))
      packets.append(
        Packet(
          nanoseconds: UInt64(word(start - 16)) * Self.nanosecondsPerSecond
            + UInt64(word(start - 12)) * tick,
          frame: Array(bytes[start..<offset])))
    }
  }
}
