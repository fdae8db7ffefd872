// Frames as a client on the wire builds them, with every field open to be wrong.

import Interface

/// A call in a frame. Written apart from the model's own encoder, so that a mistake in one is
/// not hidden by the same mistake in the other.
struct CallFrame {
  static let serverEthernet: [UInt8] = [0x0C, 0x53, 0x31, 0x03, 0x00, 0x28]
  static let serverInternet: [UInt8] = [192, 168, 128, 40]

  var destination = CallFrame.serverEthernet
  var source: [UInt8] = [0x02, 0, 0, 0, 0, 0x99]
  var etherType: UInt16 = 0x0800
  var versionAndHeaderWords: UInt8 = 0x45
  var options: [UInt8] = []
  var fragmentField: UInt16 = 0x4000
  var ipProtocol: UInt8 = 17
  var sourceInternet: [UInt8] = [192, 168, 128, 1]
  var destinationInternet = CallFrame.serverInternet
  var totalLengthError = 0
  var headerChecksumError: UInt16 = 0
  var sourcePort: UInt16 = 40000
  var port: UInt16 = 9000
  var udpLengthError = 0
  var hasUDPChecksum = true
  var udpChecksumError: UInt16 = 0
  var transaction: UInt32 = 0x1234_5678
  var messageType: UInt32 = 0
  var rpcVersion: UInt32 = 2
  var program: UInt32 = 0x2000_0001
  var version: UInt32 = 1
  var procedure: UInt32 = 1
  var credentialFlavour: UInt32 = 0
  var credential: [UInt8] = []
  var credentialLength: UInt32?
  var verifierFlavour: UInt32 = 0
  var verifier: [UInt8] = []
  var verifierLength: UInt32?
  var arguments: [UInt8] = [0, 0, 0, 42]
  /// After the datagram, as Ethernet pads.
  var trailer: [UInt8] = []

  var message: [UInt8] {
    func words(_ values: UInt32...) -> [UInt8] { values.flatMap { networkBytes($0) } }
    return words(transaction, messageType, rpcVersion, program, version, procedure)
      + words(credentialFlavour, credentialLength ?? UInt32(credential.count))
      + padded(credential)
      + words(verifierFlavour, verifierLength ?? UInt32(verifier.count)) + padded(verifier)
      + arguments
  }

  var bytes: [UInt8] {
    let message = message
    let udpLength = UInt16(8 + message.count + udpLengthError)
    var udp = networkBytes(sourcePort) + networkBytes(port) + networkBytes(udpLength)
    udp += [0, 0] + message
    if hasUDPChecksum {
      let pseudo = sourceInternet + destinationInternet + [0, 17] + networkBytes(udpLength)
      var sum = checksum(pseudo + udp)
      if sum == 0 { sum = 0xFFFF }
      udp.replaceSubrange(6..<8, with: networkBytes(sum &+ udpChecksumError))
    }
    var header: [UInt8] = [versionAndHeaderWords, 0]
    header += networkBytes(UInt16(20 + options.count + udp.count + totalLengthError))
    header += [0, 7] + networkBytes(fragmentField) + [64, ipProtocol, 0, 0]
    header += sourceInternet + destinationInternet + options
    header.replaceSubrange(
      10..<12, with: networkBytes(checksum(header) &+ headerChecksumError))
    return destination + source + networkBytes(etherType) + header + udp + trailer
  }

  static func systemCredential(name: Int = 5, groups: Int = 2) -> [UInt8] {
    let name = [UInt8](repeating: 0x61, count: name)
    let rest: [UInt32] = [1000, 1000, UInt32(groups)] + Array(repeating: 7, count: groups)
    return networkBytes(1 as UInt32) + networkBytes(UInt32(name.count)) + padded(name)
      + rest.flatMap { networkBytes($0) }
  }

}

func networkBytes(_ value: UInt16) -> [UInt8] {
  [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
}

func networkBytes(_ value: UInt32) -> [UInt8] {
  networkBytes(UInt16(value >> 16)) + networkBytes(UInt16(truncatingIfNeeded: value))
}

func padded(_ data: [UInt8]) -> [UInt8] {
  data + [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
}

/// RFC 1071, the plain way.
func checksum(_ data: [UInt8]) -> UInt16 {
  var sum = 0
  for index in stride(from: 0, to: data.count, by: 2) {
    sum += Int(data[index]) << 8 + (index + 1 < data.count ? Int(data[index + 1]) : 0)
  }
  while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
  return ~UInt16(sum)
}

/// A reply frame taken apart, after every field that a receiver checks was found right.
struct ReplyFrame: Equatable {
  let transaction: UInt32
  /// The words after transaction and REPLY.
  let words: [UInt32]
  let destinationPort: UInt16

  static let success: [UInt32] = [0, 0, 0, 0]

  /// Nil when any header of the frame is wrong.
  init?(_ frame: [UInt8], to request: CallFrame = CallFrame()) {
    func half(_ offset: Int) -> UInt16 { UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1]) }
    func word(_ offset: Int) -> UInt32 { UInt32(half(offset)) << 16 | UInt32(half(offset + 2)) }
    guard frame.count >= 60, Array(frame[0..<6]) == request.source,
      Array(frame[6..<12]) == CallFrame.serverEthernet, half(12) == 0x0800, frame[14] == 0x45,
      half(20) == 0x4000, frame[22] == 64, frame[23] == 17, checksum(Array(frame[14..<34])) == 0,
      Array(frame[26..<30]) == CallFrame.serverInternet,
      Array(frame[30..<34]) == request.sourceInternet, half(34) == request.port
    else { return nil }
    let end = 14 + Int(half(16))
    guard end <= frame.count, frame[end...].allSatisfy({ $0 == 0 }), Int(half(38)) == end - 34,
      half(40) != 0
    else { return nil }
    let pseudo = Array(frame[26..<34]) + [0, 17] + Array(frame[38..<40])
    guard checksum(pseudo + Array(frame[34..<end])) == 0, word(46) == 1 else { return nil }
    transaction = word(42)
    words = stride(from: 50, to: end, by: 4).map { word($0) }
    destinationPort = half(36)
  }
}
