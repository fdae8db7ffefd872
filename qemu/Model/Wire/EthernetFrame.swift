// Ethernet II frames and ARP (RFC 826), the two outermost things that the NIC must know.

import Interface

/// An Ethernet address: first byte on the wire in bits 40…47.
public struct EthernetAddress: Hashable, Sendable {
  public let value: UInt64

  public init(_ value: UInt64) { self.value = value & 0xFFFF_FFFF_FFFF }

  public static var broadcast: Self { Self(0xFFFF_FFFF_FFFF) }

  /// Group addresses (broadcast among them) can never be a sender.
  public var isGroup: Bool { value & 0x0100_0000_0000 != 0 }
}

/// Byte offsets and values of Ethernet II.
enum EthernetFrame {
  static var destinationOffset: Int { 0 }
  static var sourceOffset: Int { 6 }
  static var typeOffset: Int { 12 }
  static var headerBytes: Int { 14 }
  /// The shortest frame on the wire, without its check sequence; shorter ones are padded.
  static var minimumBytes: Int { 60 }

  static var typeIPv4: UInt16 { 0x0800 }
  static var typeARP: UInt16 { 0x0806 }
}

/// Who asks for our Ethernet address.
struct ARPRequest: Hashable {
  let senderEthernet: EthernetAddress
  let senderInternet: InternetAddress
}

/// Address resolution for IPv4 over Ethernet; offsets from the start of the frame.
enum ARPPacket {
  static var hardwareTypeOffset: Int { 14 }
  static var protocolTypeOffset: Int { 16 }
  static var hardwareLengthOffset: Int { 18 }
  static var protocolLengthOffset: Int { 19 }
  static var operationOffset: Int { 20 }
  static var senderEthernetOffset: Int { 22 }
  static var senderInternetOffset: Int { 28 }
  static var targetEthernetOffset: Int { 32 }
  static var targetInternetOffset: Int { 38 }
  static var end: Int { 42 }

  static var hardwareEthernet: UInt16 { 1 }
  static var operationRequest: UInt16 { 1 }
  static var operationReply: UInt16 { 2 }

  static func decode(_ frame: Span<UInt8>, own: InternetAddress) -> FrameDecoder.Outcome {
    guard frame.count >= end,
      frame.bigEndian16(at: hardwareTypeOffset) == hardwareEthernet,
      frame.bigEndian16(at: protocolTypeOffset) == EthernetFrame.typeIPv4,
      frame[hardwareLengthOffset] == 6, frame[protocolLengthOffset] == 4
    else { return .drop(.dropMalformedARP) }
    let sender = EthernetAddress(frame.bigEndian48(at: senderEthernetOffset))
    guard !sender.isGroup else { return .drop(.dropMalformedARP) }
    guard frame.bigEndian16(at: operationOffset) == operationRequest,
      frame.bigEndian32(at: targetInternetOffset) == own.value
    else { return .drop(.dropForeignARP) }
    return .addressRequest(
      ARPRequest(
        senderEthernet: sender,
        senderInternet: InternetAddress(frame.bigEndian32(at: senderInternetOffset))))
  }
}
