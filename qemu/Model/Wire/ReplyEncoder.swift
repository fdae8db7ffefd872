// Frames that the NIC sends: ARP replies and RPC replies.

import Marshalling

/// Writes every byte of what it encodes, into a frame that is long enough; offsets as the decoder
/// reads them.
enum ReplyEncoder {
  /// Where an RPC reply's own words begin.
  static var messageOffset: Int { UDPHeader.end }
  /// Where results begin: after transaction, REPLY, MSG_ACCEPTED, empty verifier and SUCCESS.
  static var resultsOffset: Int { messageOffset + 24 }

  /// Where the longest rejection ends.
  static var longestRejection: Int { resultsOffset + 8 }

  /// Message words of RFC 5531 §9.
  private enum Word {
    static var reply: UInt32 { 1 }
    static var accepted: UInt32 { 0 }
    static var denied: UInt32 { 1 }
    static var success: UInt32 { 0 }
    static var programUnavailable: UInt32 { 1 }
    static var programMismatch: UInt32 { 2 }
    static var procedureUnavailable: UInt32 { 3 }
    static var garbageArguments: UInt32 { 4 }
    static var systemError: UInt32 { 5 }
    static var rpcMismatch: UInt32 { 0 }
    static var authenticationError: UInt32 { 1 }
  }

  /// The words of an accepted call with results; the results stand at `resultsOffset`.
  static func encodeSuccess(transaction: UInt32, into frame: inout [UInt8]) {
    var frame = frame.mutableSpan
    encodeAccepted(transaction: transaction, status: Word.success, into: &frame)
  }

  /// Marshals results from the argument area at `area` of `bytes`, where they are sent from.
  /// Returns where they end, or nil when they do not fit the signature.
  static func encodeResults(
    _ bytes: [UInt8], _ area: Range<Int>, signatures: [UInt8], _ signature: Range<Int>,
    into frame: inout [UInt8]
  ) -> Int? {
    var frame = frame.mutableSpan
    let written = Marshaller.marshal(
      bytes.span.extracting(area), signature: signatures.span.extracting(signature),
      into: &frame, at: resultsOffset)
    return written.map { resultsOffset + $0 }
  }

  /// Returns where the message ends.
  static func encode(
    _ rejection: RPCRejection, transaction: UInt32, into frame: inout [UInt8]
  ) -> Int {
    var frame = frame.mutableSpan
    switch rejection {
    case .rpcMismatch:
      encodeDenied(transaction: transaction, status: Word.rpcMismatch, into: &frame)
      frame.store(RPCMessage.version, at: messageOffset + 16)
      frame.store(RPCMessage.version, at: messageOffset + 20)
      return messageOffset + 24
    case .authentication(let status):
      encodeDenied(transaction: transaction, status: Word.authenticationError, into: &frame)
      frame.store(status.rawValue, at: messageOffset + 16)
      return messageOffset + 20
    case .programMismatch(let lowest, let highest):
      encodeAccepted(transaction: transaction, status: Word.programMismatch, into: &frame)
      frame.store(lowest, at: resultsOffset)
      frame.store(highest, at: resultsOffset + 4)
      return resultsOffset + 8
    case .programUnavailable:
      encodeAccepted(transaction: transaction, status: Word.programUnavailable, into: &frame)
    case .procedureUnavailable:
      encodeAccepted(transaction: transaction, status: Word.procedureUnavailable, into: &frame)
    case .garbageArguments:
      encodeAccepted(transaction: transaction, status: Word.garbageArguments, into: &frame)
    case .systemError:
      encodeAccepted(transaction: transaction, status: Word.systemError, into: &frame)
    }
    return resultsOffset
  }

  private static func encodeAccepted(
    transaction: UInt32, status: UInt32, into frame: inout MutableSpan<UInt8>
  ) {
    frame.store(transaction, at: messageOffset)
    frame.store(Word.reply, at: messageOffset + 4)
    frame.store(Word.accepted, at: messageOffset + 8)
    frame.store(RPCMessage.flavourNone, at: messageOffset + 12)
    frame.store(UInt32(0), at: messageOffset + 16)
    frame.store(status, at: messageOffset + 20)
  }

  private static func encodeDenied(
    transaction: UInt32, status: UInt32, into frame: inout MutableSpan<UInt8>
  ) {
    frame.store(transaction, at: messageOffset)
    frame.store(Word.reply, at: messageOffset + 4)
    frame.store(Word.denied, at: messageOffset + 8)
    frame.store(status, at: messageOffset + 12)
  }

  /// Ethernet, IPv4 and UDP headers around a message that ends at `end`.
  static func encodeHeaders(
    own: OwnAddresses, serverPort: UInt16, to caller: Caller, end: Int,
    into frame: inout [UInt8]
  ) {
    var frame = frame.mutableSpan
    frame.store(caller.ethernet, at: EthernetFrame.destinationOffset)
    frame.store(own.ethernet, at: EthernetFrame.sourceOffset)
    frame.store(EthernetFrame.typeIPv4, at: EthernetFrame.typeOffset)

    frame.store(IPv4Header.versionLengthAndService, at: IPv4Header.start)
    frame.store(UInt16(end - IPv4Header.start), at: IPv4Header.totalLengthOffset)
    // Never fragmented, so the identification may be 0 (RFC 6864 §4.1).
    frame.store(UInt16(0), at: IPv4Header.identificationOffset)
    frame.store(IPv4Header.doNotFragment, at: IPv4Header.fragmentOffset)
    frame[IPv4Header.timeToLiveOffset] = IPv4Header.timeToLive
    frame[IPv4Header.protocolOffset] = IPv4Header.protocolUDP
    frame.store(own.internet.value, at: IPv4Header.sourceOffset)
    frame.store(caller.internet.value, at: IPv4Header.destinationOffset)
    frame.store(UInt16(0), at: IPv4Header.checksumOffset)
    var checksum = InternetChecksum()
    checksum.add(frame.span, IPv4Header.start..<IPv4Header.end)
    frame.store(checksum.value, at: IPv4Header.checksumOffset)

    let length = end - UDPHeader.start
    frame.store(serverPort, at: UDPHeader.sourcePortOffset)
    frame.store(caller.port, at: UDPHeader.destinationPortOffset)
    frame.store(UInt16(length), at: UDPHeader.lengthOffset)
    frame.store(UInt16(0), at: UDPHeader.checksumOffset)
    // A computed 0 is sent as all ones, since 0 means "none" (RFC 768).
    let sum = UDPHeader.checksum(frame.span, length: length)
    frame.store(sum == 0 ? 0xFFFF : sum, at: UDPHeader.checksumOffset)
  }

  static func encodeAddressReply(
    to request: ARPRequest, own: OwnAddresses, into frame: inout [UInt8]
  ) {
    var frame = frame.mutableSpan
    frame.store(request.senderEthernet, at: EthernetFrame.destinationOffset)
    frame.store(own.ethernet, at: EthernetFrame.sourceOffset)
    frame.store(EthernetFrame.typeARP, at: EthernetFrame.typeOffset)
    frame.store(ARPPacket.hardwareEthernet, at: ARPPacket.hardwareTypeOffset)
    frame.store(EthernetFrame.typeIPv4, at: ARPPacket.protocolTypeOffset)
    frame[ARPPacket.hardwareLengthOffset] = 6
    frame[ARPPacket.protocolLengthOffset] = 4
    frame.store(ARPPacket.operationReply, at: ARPPacket.operationOffset)
    frame.store(own.ethernet, at: ARPPacket.senderEthernetOffset)
    frame.store(own.internet.value, at: ARPPacket.senderInternetOffset)
    frame.store(request.senderEthernet, at: ARPPacket.targetEthernetOffset)
    frame.store(request.senderInternet.value, at: ARPPacket.targetInternetOffset)
  }
}
