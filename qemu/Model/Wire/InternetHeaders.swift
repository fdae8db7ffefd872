// IPv4 (RFC 791) and UDP (RFC 768): checks on the way in, checksums on the way out.

import Interface

/// An IPv4 address: first byte on the wire in bits 24…31.
public struct InternetAddress: Hashable, Sendable {
  public let value: UInt32

  public init(_ value: UInt32) { self.value = value }

  /// Whether a datagram from here could be answered: not "this network", not multicast or
  /// above (RFC 1122 §3.2.1.3).
  var canBeSender: Bool { value >> 24 != 0 && value < 0xE000_0000 }
}

/// Who called: where the reply goes.
struct Caller: Hashable {
  let ethernet: EthernetAddress
  let internet: InternetAddress
  let port: UInt16
}

/// A datagram for us whose headers were all right.
struct Datagram: Hashable {
  let caller: Caller
  let serverPort: UInt16
  /// Where in the frame its data lie.
  let data: Range<Int>
}

/// The ones' complement sum of RFC 1071.
struct InternetChecksum {
  /// Of little-endian 32-bit words: halves may be added at the end, and bytes be swapped then
  /// (RFC 1071 §2 B, C). A frame has too few to overflow 64 bits.
  private var sum: UInt64 = 0

  /// Adds a run of bytes that starts at an even position of the summed data.
  mutating func add(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let wordsEnd = range.upperBound - range.count % 4
    sum &+= bytes.sumOfLittleEndian32(range.lowerBound..<wordsEnd)
    // The rest, as if zeros followed.
    for position in wordsEnd..<range.upperBound {
      sum &+= UInt64(bytes[position]) << UInt64(8 * (position - wordsEnd))
    }
  }

  mutating func add(_ value: UInt32) { sum &+= UInt64(value.byteSwapped) }

  /// The complement of the folded sum: 0 when the data held their own right checksum.
  var value: UInt16 {
    var folded = sum
    while folded >> 16 != 0 { folded = (folded & 0xFFFF) + folded >> 16 }
    return ~UInt16(folded).byteSwapped
  }
}

/// Offsets from the start of the frame; the NIC accepts and sends no options.
enum IPv4Header {
  static var start: Int { EthernetFrame.headerBytes }
  static var totalLengthOffset: Int { start + 2 }
  static var identificationOffset: Int { start + 4 }
  static var fragmentOffset: Int { start + 6 }
  static var timeToLiveOffset: Int { start + 8 }
  static var protocolOffset: Int { start + 9 }
  static var checksumOffset: Int { start + 10 }
  static var sourceOffset: Int { start + 12 }
  static var destinationOffset: Int { start + 16 }
  static var bytes: Int { 20 }
  static var end: Int { start + bytes }

  /// Version 4, five words of header, no special service.
  static var versionLengthAndService: UInt16 { 0x4500 }
  static var protocolUDP: UInt8 { 17 }
  static var timeToLive: UInt8 { 64 }
  static var doNotFragment: UInt16 { 0x4000 }
  /// More fragments, or an offset: the datagram is in pieces.
  static var fragmentMask: UInt16 { 0x3FFF }

  static func decode(_ frame: Span<UInt8>, own: InternetAddress) -> FrameDecoder.Outcome {
    guard frame.count >= end, frame[start] >> 4 == 4 else { return .drop(.dropMalformedIPv4) }
    let headerBytes = Int(frame[start] & 0xF) * 4
    // Shorter than the frame when Ethernet padded it, never longer.
    let totalBytes = Int(frame.bigEndian16(at: totalLengthOffset))
    guard headerBytes >= bytes, totalBytes >= headerBytes, start + totalBytes <= frame.count else {
      return .drop(.dropMalformedIPv4)
    }
    var checksum = InternetChecksum()
    checksum.add(frame, start..<start + headerBytes)
    guard checksum.value == 0 else { return .drop(.dropIPv4Checksum) }
    guard headerBytes == bytes else { return .drop(.dropIPv4Options) }
    guard frame.bigEndian16(at: fragmentOffset) & fragmentMask == 0 else {
      return .drop(.dropIPv4Fragment)
    }
    guard frame.bigEndian32(at: destinationOffset) == own.value else {
      return .drop(.dropForeignIPv4Address)
    }
    guard InternetAddress(frame.bigEndian32(at: sourceOffset)).canBeSender else {
      return .drop(.dropMalformedIPv4)
    }
    guard frame[protocolOffset] == protocolUDP else { return .foreign(.dropUnknownIPProtocol) }
    return UDPHeader.decode(frame, payload: end..<start + totalBytes)
  }
}

/// Offsets from the start of the frame.
enum UDPHeader {
  static var start: Int { IPv4Header.end }
  static var sourcePortOffset: Int { start }
  static var destinationPortOffset: Int { start + 2 }
  static var lengthOffset: Int { start + 4 }
  static var checksumOffset: Int { start + 6 }
  static var bytes: Int { 8 }
  static var end: Int { start + bytes }

  static func decode(_ frame: Span<UInt8>, payload: Range<Int>) -> FrameDecoder.Outcome {
    guard payload.count >= bytes else { return .drop(.dropMalformedUDP) }
    let length = Int(frame.bigEndian16(at: lengthOffset))
    let sourcePort = frame.bigEndian16(at: sourcePortOffset)
    // Nothing could be answered to port 0.
    guard length >= bytes, length <= payload.count, sourcePort != 0 else {
      return .drop(.dropMalformedUDP)
    }
    // 0 says that the sender computed none (RFC 768).
    if frame.bigEndian16(at: checksumOffset) != 0 {
      guard checksum(frame, length: length) == 0 else { return .drop(.dropUDPChecksum) }
    }
    return .datagram(
      Datagram(
        caller: Caller(
          ethernet: EthernetAddress(frame.bigEndian48(at: EthernetFrame.sourceOffset)),
          internet: InternetAddress(frame.bigEndian32(at: IPv4Header.sourceOffset)),
          port: sourcePort),
        serverPort: frame.bigEndian16(at: destinationPortOffset), data: end..<start + length))
  }

  /// Over the pseudo header, the UDP header and the data.
  static func checksum(_ frame: Span<UInt8>, length: Int) -> UInt16 {
    var checksum = InternetChecksum()
    checksum.add(frame.bigEndian32(at: IPv4Header.sourceOffset))
    checksum.add(frame.bigEndian32(at: IPv4Header.destinationOffset))
    checksum.add(UInt32(IPv4Header.protocolUDP))
    checksum.add(UInt32(length))
    checksum.add(frame, start..<start + length)
    return checksum.value
  }
}
