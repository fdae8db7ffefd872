// UDP datagrams in Ethernet frames: what a client on the NIC's wire sends and gets.
//
// Through QEMU's user network the host's own stack does this. A client whose frames come from a file
// has none. IPv4 without options and without fragments, which is all that the NIC takes and sends.

/// One end of a datagram.
public struct UDPEnd: Hashable, Sendable {
  /// First byte on the wire in bits 40…47.
  public let ethernet: UInt64
  public let socket: SocketAddress

  public init(ethernet: UInt64, socket: SocketAddress) {
    self.ethernet = ethernet
    self.socket = socket
  }
}

public struct UDPFrame: Hashable, Sendable {
  public let source: UDPEnd
  public let destination: UDPEnd
  public let payload: [UInt8]

  public init(from source: UDPEnd, to destination: UDPEnd, payload: [UInt8]) {
    self.source = source
    self.destination = destination
    self.payload = payload
  }

  private static let ethernetBytes = 14
  private static let headerBytes = 42
  /// The shortest frame on the wire, without its check sequence.
  private static let minimumBytes = 60
  private static let typeIPv4: UInt16 = 0x0800
  private static let protocolUDP: UInt8 = 17
  private static let timeToLive: UInt8 = 64
  private static let doNotFragment: UInt16 = 0x4000

  /// - Precondition: the payload fits a datagram.
  public var bytes: [UInt8] {
    let length = UInt16(8 + payload.count)
    var header = bigEndian(UInt16(0x4500)) + bigEndian(20 + length) + [0, 0]
    header += bigEndian(Self.doNotFragment) + [Self.timeToLive, Self.protocolUDP, 0, 0]
    header += bigEndian(source.socket.address) + bigEndian(destination.socket.address)
    header.replaceSubrange(10..<12, with: bigEndian(internetChecksum(header[...])))

    var datagram = bigEndian(source.socket.port) + bigEndian(destination.socket.port)
    datagram += bigEndian(length) + [0, 0] + payload
    var checksum = internetChecksum(Self.pseudoHeader(header, length) + datagram)
    // 0 would say that there is none (RFC 768).
    if checksum == 0 { checksum = 0xffff }
    datagram.replaceSubrange(6..<8, with: bigEndian(checksum))

    let ethernet = bigEndian48(destination.ethernet) + bigEndian48(source.ethernet)
    let frame = ethernet + bigEndian(Self.typeIPv4) + header + datagram
    return frame + Array(repeating: 0, count: max(0, Self.minimumBytes - frame.count))
  }

  /// Nil when it is no such frame, whole and with right checksums.
  public init?(_ frame: [UInt8]) {
    func half(_ offset: Int) -> UInt16 { UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1]) }
    func word(_ offset: Int) -> UInt32 { UInt32(half(offset)) << 16 | UInt32(half(offset + 2)) }
    func end(_ ethernet: Int, _ internet: Int, _ port: Int) -> UDPEnd {
      UDPEnd(
        ethernet: UInt64(half(ethernet)) << 32 | UInt64(word(ethernet + 2)),
        socket: SocketAddress(address: word(internet), port: half(port)))
    }
    guard frame.count >= Self.headerBytes, half(12) == Self.typeIPv4, half(14) == 0x4500,
      half(20) & ~Self.doNotFragment == 0, frame[23] == Self.protocolUDP
    else { return nil }
    let header = Array(frame[Self.ethernetBytes..<34])
    let datagramEnd = Self.ethernetBytes + Int(half(16))
    guard internetChecksum(header[...]) == 0,
      (Self.headerBytes...frame.count).contains(datagramEnd),
      Int(half(38)) == datagramEnd - 34, half(40) != 0,
      internetChecksum(Self.pseudoHeader(header, half(38)) + frame[34..<datagramEnd]) == 0
    else { return nil }
    source = end(6, 26, 34)
    destination = end(0, 30, 36)
    payload = Array(frame[Self.headerBytes..<datagramEnd])
  }

  /// What the checksum of a datagram includes beside it (RFC 768).
  private static func pseudoHeader(_ header: [UInt8], _ length: UInt16) -> ArraySlice<UInt8> {
    header[12..<20] + [0, protocolUDP] + bigEndian(length)
  }
}

/// RFC 1071.
private func internetChecksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
  var sum: UInt64 = 0
  var isHigh = true
  for byte in bytes {
    sum += isHigh ? UInt64(byte) << 8 : UInt64(byte)
    isHigh.toggle()
  }
  while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
  return ~UInt16(sum)
}

private func bigEndian(_ value: UInt16) -> [UInt8] {
  [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  bigEndian(UInt16(value >> 16)) + bigEndian(UInt16(truncatingIfNeeded: value))
}

private func bigEndian48(_ value: UInt64) -> [UInt8] {
  bigEndian(UInt16(truncatingIfNeeded: value >> 32)) + bigEndian(UInt32(truncatingIfNeeded: value))
}
