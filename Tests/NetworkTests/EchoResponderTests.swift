// Ping, against a writer of frames that shares no code with the responder.

import Network
import Testing

/// An ICMP echo request, with every field open to be wrong.
struct EchoRequest {
  var destination: [UInt8] = [0x0C, 0x53, 0x31, 0x03, 0x00, 0x28]
  var source: [UInt8] = [2, 0, 0, 0, 0, 0x99]
  var etherType: [UInt8] = [8, 0]
  var versionAndHeaderWords: UInt8 = 0x45
  var totalLengthError = 0
  var fragment: [UInt8] = [0x40, 0]
  var timeToLive: UInt8 = 3
  var protocolNumber: UInt8 = 1
  var headerChecksumError: UInt16 = 0
  var sourceInternet: [UInt8] = [192, 168, 128, 1]
  var destinationInternet: [UInt8] = [192, 168, 128, 40]
  var type: UInt8 = 8
  var code: UInt8 = 0
  var messageChecksumError: UInt16 = 0
  var identifier: [UInt8] = [0x12, 0x34, 0, 7]
  var payload: [UInt8] = []
  var padding = 0

  var bytes: [UInt8] {
    var message = [type, code, 0, 0] + identifier + payload
    message.replaceSubrange(2..<4, with: half(checksum(message) &+ messageChecksumError))
    var header = [versionAndHeaderWords, 0]
    header += half(UInt16(20 + message.count + totalLengthError)) + [0, 9] + fragment
    header += [timeToLive, protocolNumber, 0, 0] + sourceInternet + destinationInternet
    header.replaceSubrange(10..<12, with: half(checksum(header) &+ headerChecksumError))
    return destination + source + etherType + header + message
      + Array(repeating: 0, count: padding)
  }

  private func half(_ value: UInt16) -> [UInt8] {
    [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
  }
}

/// RFC 1071, the plain way.
func checksum(_ data: [UInt8]) -> UInt16 {
  var sum = 0
  for (index, byte) in data.enumerated() { sum += Int(byte) << (index % 2 == 0 ? 8 : 0) }
  while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
  return ~UInt16(sum)
}

private func answer(_ frame: [UInt8]) -> (length: Int?, bytes: [UInt8]) {
  var bytes = frame
  var span = bytes.mutableSpan
  let length = EchoResponder.answer(&span)
  return (length, bytes)
}

@Suite struct EchoResponderTests {
  @Test(arguments: [0, 1, 2, 17, 18, 19, 55, 56, 57, 1399, 1400, 1472])
  func requestBecomesReply(payloadBytes: Int) {
    var request = EchoRequest()
    request.payload = (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    request.padding = max(0, 60 - request.bytes.count)
    let (length, bytes) = answer(request.bytes)
    var expected = EchoRequest()
    (expected.destination, expected.source) = (request.source, request.destination)
    expected.sourceInternet = request.destinationInternet
    expected.destinationInternet = request.sourceInternet
    expected.timeToLive = 64
    expected.type = 0
    expected.payload = request.payload
    #expect(length == expected.bytes.count)
    #expect(Array(bytes[..<expected.bytes.count]) == expected.bytes)
  }

  static let refused: [(String, @Sendable (inout EchoRequest) -> Void)] = [
    ("sent by a group", { $0.source[0] = 1 }),
    ("sent to a group of stations", { $0.destination[0] = 1 }),
    ("sent to all stations", { $0.destination = Array(repeating: 0xFF, count: 6) }),
    ("ARP", { $0.etherType = [8, 6] }),
    ("IPv6", { $0.versionAndHeaderWords = 0x65 }),
    ("options", { $0.versionAndHeaderWords = 0x46 }),
    ("longer than the frame", { $0.totalLengthError = 1 }),
    ("shorter than its headers", { $0.totalLengthError = -1 }),
    ("first fragment", { $0.fragment = [0x20, 0] }),
    ("later fragment", { $0.fragment = [0, 1] }),
    ("UDP", { $0.protocolNumber = 17 }),
    ("wrong header checksum", { $0.headerChecksumError = 1 }),
    ("wrong message checksum", { $0.messageChecksumError = 1 }),
    ("from this network", { $0.sourceInternet = [0, 1, 2, 3] }),
    ("from loopback", { $0.sourceInternet = [127, 0, 0, 1] }),
    ("from a group", { $0.sourceInternet = [224, 0, 0, 1] }),
    ("to a group", { $0.destinationInternet = [239, 0, 0, 1] }),
    ("to everybody", { $0.destinationInternet = [255, 255, 255, 255] }),
    ("a reply", { $0.type = 0 }),
    ("an unreachable", { $0.type = 3 }),
    ("another code", { $0.code = 1 }),
  ]

  @Test(arguments: refused.indices) func othersAreLeftAlone(index: Int) {
    let (name, change) = Self.refused[index]
    var request = EchoRequest()
    change(&request)
    let (length, bytes) = answer(request.bytes)
    #expect(length == nil, "\(name)")
    #expect(bytes == request.bytes, "\(name)")
  }

  @Test func cutFramesAreLeftAlone() {
    let whole = EchoRequest(payload: [1, 2, 3]).bytes
    for count in whole.indices {
      #expect(answer(Array(whole[..<count])).length == nil, "\(count) bytes")
    }
  }
}
