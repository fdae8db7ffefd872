// Calls and replies as frames: what the simulated clients send, and what they look at in a reply.

import Interface

/// The frame of a call with one hyper as argument: its number, which is its transaction too.
struct CallTemplate {
  static let serverEthernet: UInt64 = 0x0C53_3103_0028
  static let serverInternet: UInt32 = 0xC0A8_8028
  /// UDP ports and programs count up from these.
  static let firstPort = 9000
  static let firstProgram: UInt32 = 0x2000_0001

  private(set) var bytes: [UInt8]

  /// Where the RPC message begins: Ethernet (14), IPv4 (20), UDP (8).
  private static let message = 42
  private static let argument = message + 40

  init(service: Int) {
    let program = Self.firstProgram + UInt32(service)
    var message: [UInt8] = []
    // Transaction, CALL, RPC version 2, program, version, procedure, AUTH_NONE twice, argument.
    for word in [0, 0, 2, program, 1, 1, 0, 0, 0, 0, 0, 0] {
      message += Self.bigEndian(word)
    }
    let total = 28 + message.count
    var header: [UInt8] = [0x45, 0, 0, UInt8(total), 0, 1, 0x40, 0, 64, 17, 0, 0]
    header += Self.bigEndian(0xC0A8_8001) + Self.bigEndian(Self.serverInternet)
    var sum = stride(from: 0, to: 20, by: 2).reduce(0) {
      $0 + Int(header[$1]) << 8 + Int(header[$1 + 1])
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    header[10] = UInt8(~sum >> 8 & 0xFF)
    header[11] = UInt8(~sum & 0xFF)
    let port = UInt16(Self.firstPort + service)
    // No UDP checksum (RFC 768: 0).
    let udp: [UInt8] = [
      0x9C, 0x40, UInt8(port >> 8), UInt8(port & 0xFF), 0, UInt8(total - 20), 0, 0,
    ]
    bytes = [0x0C, 0x53, 0x31, 0x03, 0, 0x28, 2, 0, 0, 0, 0, 0x99, 8, 0] + header + udp + message
  }

  mutating func setNumber(_ number: UInt32) {
    for (place, byte) in Self.bigEndian(number).enumerated() {
      bytes[Self.message + place] = byte
      bytes[Self.argument + 4 + place] = byte
    }
  }

  private static func bigEndian(_ word: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
  }
}

/// What a client learns of a reply.
enum ReplyContent: Equatable {
  /// The handler's result, of the call with that number.
  case result(call: Int, value: UInt64)
  /// SYSTEM_ERR.
  case rejected(call: Int)
  case unknown

  /// What handlers answer.
  static func expectedResult(_ number: UInt64) -> UInt64 { number &* 3 &+ 1 }

  init(frame: Span<UInt8>) {
    func word(_ place: Int) -> UInt64 {
      (0..<4).reduce(0) { $0 << 8 | UInt64(frame[42 + 4 * place + $1]) }
    }
    // Transaction, REPLY, MSG_ACCEPTED, AUTH_NONE, accept_stat, results (RFC 5531 §9).
    guard frame.count >= 66, word(1) == 1, word(2) == 0 else {
      self = .unknown
      return
    }
    switch word(5) {
    case 0 where frame.count >= 74:
      self = .result(call: Int(word(0)), value: word(6) << 32 | word(7))
    case 5: self = .rejected(call: Int(word(0)))
    default: self = .unknown
    }
  }
}
