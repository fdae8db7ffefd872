// Answers to ping: an ICMP echo request becomes its reply, in the bytes in which it came.
//
// The NIC hands the kernel every whole frame for this machine that is none of its own business
// (interface §4, FRAME), and sends what the kernel leaves in the same lines. So nothing is
// copied, and the machine's own addresses are those to which the frame was sent.

/// Frames that the kernel answers itself.
public enum EchoResponder {
  /// Offsets from the start of an Ethernet II frame with an IPv4 header without options.
  private enum Offset {
    static var ethernetDestination: Int { 0 }
    static var ethernetSource: Int { 6 }
    static var etherType: Int { 12 }
    static var internet: Int { 14 }
    static var totalLength: Int { internet + 2 }
    static var fragment: Int { internet + 6 }
    static var timeToLive: Int { internet + 8 }
    static var protocolNumber: Int { internet + 9 }
    static var headerChecksum: Int { internet + 10 }
    static var source: Int { internet + 12 }
    static var destination: Int { internet + 16 }
    static var message: Int { internet + 20 }
    static var messageType: Int { message }
    static var messageCode: Int { message + 1 }
    static var messageChecksum: Int { message + 2 }
    /// Type, code, checksum, identifier and sequence number (RFC 792).
    static var messageData: Int { message + 8 }
  }

  private static var etherTypeIPv4: UInt16 { 0x0800 }
  /// Version 4, a header of five words: no options.
  private static var versionAndHeaderWords: UInt8 { 0x45 }
  private static var protocolICMP: UInt8 { 1 }
  private static var echoRequest: UInt8 { 8 }
  private static var echoReply: UInt8 { 0 }
  /// What RFC 1700 gives as default.
  private static var timeToLive: UInt8 { 64 }
  /// "More fragments" and the fragment offset; "don't fragment" is not among them.
  private static var fragmentMask: UInt16 { 0x3FFF }

  /// Turns the frame in `bytes` into its answer.
  ///
  /// - Returns: the answer's length, without the padding that a short frame may have had; nil
  ///   when the frame gets no answer, and then nothing was changed. Every check of RFC 1122
  ///   §3.2.1 and §3.2.2.6 that a request must pass: lengths, both checksums, whole, and from an
  ///   address that can be answered.
  public static func answer(_ bytes: inout MutableSpan<UInt8>) -> Int? {
    guard let end = endOfEchoRequest(bytes.span) else { return nil }
    swap(&bytes, Offset.ethernetDestination, Offset.ethernetSource, count: 6)
    swap(&bytes, Offset.source, Offset.destination, count: 4)
    bytes[Offset.timeToLive] = timeToLive
    setChecksum(&bytes, at: Offset.headerChecksum, over: Offset.internet..<Offset.message)
    bytes[Offset.messageType] = echoReply
    setChecksum(&bytes, at: Offset.messageChecksum, over: Offset.message..<end)
    return end
  }

  /// Where the request ends; nil when it is none.
  private static func endOfEchoRequest(_ bytes: Span<UInt8>) -> Int? {
    guard bytes.count >= Offset.messageData,
      bytes.half(at: Offset.etherType) == etherTypeIPv4,
      // A group cannot have sent it.
      bytes[Offset.ethernetSource] & 1 == 0,
      // The answer comes from this address, so it must be one that can send.
      bytes[Offset.ethernetDestination] & 1 == 0,
      bytes[Offset.internet] == versionAndHeaderWords
    else { return nil }
    let end = Offset.internet + Int(bytes.half(at: Offset.totalLength))
    guard end >= Offset.messageData, end <= bytes.count,
      bytes.half(at: Offset.fragment) & fragmentMask == 0,
      bytes[Offset.protocolNumber] == protocolICMP,
      bytes[Offset.messageType] == echoRequest, bytes[Offset.messageCode] == 0,
      canBeAnswered(firstByte: bytes[Offset.source]),
      // Nobody shall make this machine answer for a group (RFC 1122 §3.2.2.6).
      canBeAnswered(firstByte: bytes[Offset.destination])
    else { return nil }
    var header = InternetChecksum()
    header.add(bytes, Offset.internet..<Offset.message)
    var message = InternetChecksum()
    message.add(bytes, Offset.message..<end)
    return header.value == 0 && message.value == 0 ? end : nil
  }

  /// Not "this network", not this host itself, not multicast or above (RFC 1122 §3.2.1.3).
  private static func canBeAnswered(firstByte: UInt8) -> Bool {
    firstByte != 0 && firstByte != 127 && firstByte < 224
  }

  private static func swap(
    _ bytes: inout MutableSpan<UInt8>, _ left: Int, _ right: Int, count: Int
  ) {
    for index in 0..<count {
      let byte = bytes[left + index]
      bytes[left + index] = bytes[right + index]
      bytes[right + index] = byte
    }
  }

  private static func setChecksum(
    _ bytes: inout MutableSpan<UInt8>, at offset: Int, over range: Range<Int>
  ) {
    bytes[offset] = 0
    bytes[offset + 1] = 0
    var checksum = InternetChecksum()
    checksum.add(bytes.span, range)
    bytes[offset] = UInt8(checksum.value >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: checksum.value)
  }
}

extension Span where Element == UInt8 {
  /// Two bytes in network order.
  fileprivate func half(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }
}
