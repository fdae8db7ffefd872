// From a frame to a datagram for us, or to the one reason why it is none.

import Interface

/// The NIC's own addresses.
struct OwnAddresses: Hashable {
  let ethernet: EthernetAddress
  var internet: InternetAddress
}

/// Decoding of Ethernet, ARP, IPv4 and UDP. Reads only the bytes that it has checked to be
/// there, so a frame may end anywhere.
enum FrameDecoder {
  enum Outcome: Hashable {
    /// Not for us, or damaged; the counter says why (R7).
    case drop(NICCounter)
    case addressRequest(ARPRequest)
    case datagram(Datagram)
    /// Whole and for us, but nothing that the NIC knows: for the kernel. When that does not get it,
    /// the counter says why it was dropped.
    case foreign(NICCounter)
  }

  static func decode(_ frame: Span<UInt8>, own: OwnAddresses) -> Outcome {
    guard frame.count >= EthernetFrame.headerBytes else { return .drop(.dropFrameTooShort) }
    let destination = EthernetAddress(frame.bigEndian48(at: EthernetFrame.destinationOffset))
    let source = EthernetAddress(frame.bigEndian48(at: EthernetFrame.sourceOffset))
    guard destination == own.ethernet || destination == .broadcast, !source.isGroup else {
      return .drop(.dropForeignEthernetAddress)
    }
    switch frame.bigEndian16(at: EthernetFrame.typeOffset) {
    case EthernetFrame.typeARP: return ARPPacket.decode(frame, own: own.internet)
    case EthernetFrame.typeIPv4: return IPv4Header.decode(frame, own: own.internet)
    default: return .foreign(.dropUnknownEtherType)
    }
  }
}
