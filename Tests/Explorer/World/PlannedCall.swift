// A client's call: the frame that asks, the answer that is right, and the mark of its process.
//
// All bytes of a process's requests and responses that could betray them carry its mark, a byte
// that stands nowhere else in an argument area; so isolation (R13) is checked by looking.

import Interface

/// The bytes by which a process's data are known.
enum Mark {
  static func byte(ofProcess process: Int) -> UInt8 { 0xE0 + UInt8(process) }

  /// The process whose mark this is; nil when it is none.
  static func process(ofByte byte: UInt8) -> Int? { byte > 0xE0 ? Int(byte - 0xE0) : nil }
}

/// Handler and stub addresses: no two are the same.
enum CodeAddress {
  static let kernelCall: UInt64 = 0x1000
  static let kernelTryAgain: UInt64 = 0x2000
  static let kernelReschedule: UInt64 = 0x3000
  static let kernelResume: UInt64 = 0x4000
  static func tryAgain(_ process: Int) -> UInt64 { 0x10_0000 * UInt64(process) + 0x100 }
  static func yieldNow(_ process: Int) -> UInt64 { 0x10_0000 * UInt64(process) + 0x200 }
  /// The mark of a line that was answered: loads the line again.
  static func again(_ process: Int) -> UInt64 { 0x10_0000 * UInt64(process) + 0x500 }
  static func handler(_ process: Int, echo: Bool) -> UInt64 {
    0x10_0000 * UInt64(process) + (echo ? 0x400 : 0x300)
  }
}

struct PlannedCall: Hashable, Sendable {
  let process: Int
  let kind: CallKind
  let transaction: UInt32
  /// Mark and number of the call: what an int argument is.
  let value: UInt32
  /// As the client puts it on the wire.
  let frame: [UInt8]

  /// 40 bytes more than fit into a control line: two overflow lines at most.
  static let echoBytes = 136

  init(process: Int, number: Int, kind: CallKind, transaction: UInt32, before: PlannedCall?) {
    self.process = process
    if kind == .duplicate, let before {
      self.kind = before.kind
      self.transaction = before.transaction
      value = before.value
      frame = before.frame
      return
    }
    self.kind = kind == .duplicate ? .int : kind
    self.transaction = transaction
    // No byte but the mark has bit 7 set.
    let low = UInt32(number & 0x7F) | UInt32(number >> 7 & 0x3F) << 8
    value =
      UInt32(Mark.byte(ofProcess: process)) << 16 | low
      | (kind == .refused ? PlannedCall.refusedBit : 0)
    let isEcho = kind == .echo
    var message = WireBytes()
    message.words(transaction, 0, 2, 0x2000_0000 + UInt32(process), 1, isEcho ? 2 : 1, 0, 0, 0, 0)
    if isEcho {
      message.words(UInt32(PlannedCall.echoBytes))
      message.append(PlannedCall.echoContent(value))
    } else {
      message.words(value)
    }
    frame = WireBytes.datagram(message.bytes, port: PlannedCall.port(process))
  }

  static func port(_ process: Int) -> UInt16 { 9000 + UInt16(process) }

  private static func echoContent(_ value: UInt32) -> [UInt8] {
    (0..<echoBytes).map { UInt8(truncatingIfNeeded: value >> UInt32($0 % 3 * 8)) }
  }

  /// In the value of a call that its handler shall refuse.
  static let refusedBit: UInt32 = 0x4000

  /// What a handler makes of an int.
  static func answer(_ value: UInt32) -> UInt32 { value ^ 0x0000_0055 }

  /// What a handler makes of a byte: a mark stays.
  static func answer(_ byte: UInt8) -> UInt8 { byte & 0x80 == 0 ? byte ^ 0x55 : byte }

  /// The words after the transaction of the right reply.
  var rightReply: [UInt8] {
    var message = WireBytes()
    switch kind {
    case .refused: message.words(1, 0, 0, 0, 4)
    case .int, .duplicate: message.words(1, 0, 0, 0, 0, PlannedCall.answer(value))
    case .echo:
      message.words(1, 0, 0, 0, 0, UInt32(PlannedCall.echoBytes))
      message.append(PlannedCall.echoContent(value).map { PlannedCall.answer($0) })
    }
    return message.bytes
  }

  /// The words after the transaction of a reply that says SYSTEM_ERR (RFC 5531 §9).
  static let systemError: [UInt8] = {
    var message = WireBytes()
    message.words(1, 0, 0, 0, 5)
    return message.bytes
  }()
}

/// Bytes in network order.
struct WireBytes {
  private(set) var bytes: [UInt8] = []

  mutating func words(_ values: UInt32...) {
    for value in values {
      for shift in [24, 16, 8, 0] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
  }

  mutating func halves(_ values: UInt16...) {
    for value in values { append([UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]) }
  }

  mutating func append(_ other: [UInt8]) { bytes += other }

  static let serverEthernet: UInt64 = 0x0C53_3103_0028
  static let serverInternet: UInt32 = 0xC0A8_8028
  private static let clientInternet: UInt32 = 0xC0A8_8001

  /// An Ethernet frame with an IPv4 UDP datagram without UDP checksum (RFC 768 allows it).
  static func datagram(_ message: [UInt8], port: UInt16) -> [UInt8] {
    var header = WireBytes()
    header.append([0x45, 0])
    header.halves(UInt16(28 + message.count), 7, 0x4000)
    header.append([64, 17])
    header.halves(0)
    header.words(clientInternet, serverInternet)
    var sum = 0
    for index in stride(from: 0, to: 20, by: 2) {
      sum += Int(header.bytes[index]) << 8 + Int(header.bytes[index + 1])
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    let checksum = ~UInt16(sum)
    header.bytes[10] = UInt8(checksum >> 8)
    header.bytes[11] = UInt8(truncatingIfNeeded: checksum)
    var frame = WireBytes()
    for shift in stride(from: 40, through: 0, by: -8) {
      frame.append([UInt8(truncatingIfNeeded: serverEthernet >> UInt64(shift))])
    }
    frame.append([2, 0, 0, 0, 0, 0x19])
    frame.halves(0x0800)
    frame.append(header.bytes)
    frame.halves(40000, port, UInt16(8 + message.count), 0)
    frame.append(message)
    return frame.bytes
  }
}
