// Frames that are wrong in every way, each with its one counter (R7), and the NIC's own answers.

import Interface
import Randomness
import Testing

@testable import Model

/// A process with a worker that waits on core 0, and one service.
func makeListeningBench() throws -> (Bench, Consumer) {
  let bench = try Bench()
  try bench.install(process: 1, endpoints: [4])
  try #require(bench.installService(process: 1) == .done)
  let worker = Consumer(bench, endpoint: 4, core: 0)
  worker.publishUser(process: 1)
  try #require(worker.load() == nil)
  return (bench, worker)
}

@Suite struct DecodingTests {
  struct BadFrame: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let counter: NICCounter
    let change: @Sendable (inout CallFrame) -> Void
  }

  static let badFrames: [BadFrame] = [
    BadFrame(testDescription: "other Ethernet address", counter: .dropForeignEthernetAddress) {
      $0.destination[5] ^= 1
    },
    BadFrame(testDescription: "sender is a group", counter: .dropForeignEthernetAddress) {
      $0.source[0] = 1
    },
    BadFrame(testDescription: "IPv6", counter: .dropUnknownEtherType) { $0.etherType = 0x86DD },
    BadFrame(testDescription: "IP version 6", counter: .dropMalformedIPv4) {
      $0.versionAndHeaderWords = 0x65
    },
    BadFrame(testDescription: "header of 16 bytes", counter: .dropMalformedIPv4) {
      $0.versionAndHeaderWords = 0x44
    },
    BadFrame(testDescription: "total length past the frame", counter: .dropMalformedIPv4) {
      $0.totalLengthError = 1
    },
    BadFrame(testDescription: "sender is multicast", counter: .dropMalformedIPv4) {
      $0.sourceInternet = [224, 0, 0, 1]
    },
    BadFrame(testDescription: "header checksum", counter: .dropIPv4Checksum) {
      $0.headerChecksumError = 1
    },
    BadFrame(testDescription: "options", counter: .dropIPv4Options) {
      $0.versionAndHeaderWords = 0x46
      $0.options = [1, 1, 1, 0]
    },
    BadFrame(testDescription: "first fragment", counter: .dropIPv4Fragment) {
      $0.fragmentField = 0x2000
    },
    BadFrame(testDescription: "later fragment", counter: .dropIPv4Fragment) {
      $0.fragmentField = 1
    },
    BadFrame(testDescription: "other IPv4 address", counter: .dropForeignIPv4Address) {
      $0.destinationInternet[3] = 41
    },
    BadFrame(testDescription: "TCP", counter: .dropUnknownIPProtocol) { $0.ipProtocol = 6 },
    BadFrame(testDescription: "UDP longer than IP", counter: .dropMalformedUDP) {
      $0.udpLengthError = 1
    },
    BadFrame(testDescription: "UDP shorter than its header", counter: .dropMalformedUDP) {
      $0.udpLengthError = -45
    },
    BadFrame(testDescription: "from port 0", counter: .dropMalformedUDP) { $0.sourcePort = 0 },
    BadFrame(testDescription: "UDP checksum", counter: .dropUDPChecksum) {
      $0.udpChecksumError = 1
    },
    BadFrame(testDescription: "port without service", counter: .dropUnknownPort) { $0.port = 9001 },
    BadFrame(testDescription: "a reply", counter: .dropRPCReply) { $0.messageType = 1 },
    BadFrame(testDescription: "neither call nor reply", counter: .dropRPCUnknownMessageType) {
      $0.messageType = 2
    },
    BadFrame(
      testDescription: "credential past the end", counter: .dropRPCMalformedAuthentication
    ) { $0.credentialLength = 100 },
    BadFrame(testDescription: "verifier past the end", counter: .dropRPCMalformedAuthentication) {
      $0.verifierLength = 8
    },
  ]

  @Test(arguments: badFrames)
  func badFramesAreDroppedAndCounted(_ bad: BadFrame) throws {
    let (bench, _) = try makeListeningBench()
    var frame = CallFrame()
    bad.change(&frame)
    bench.receive(frame)
    #expect(bench.count(bad.counter) == 1)
    #expect(bench.count(.callsAccepted) == 0)
    #expect(bench.takeFrames().isEmpty)
    #expect(bench.takeWakes().isEmpty)
  }

  struct Rejected: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let counter: NICCounter
    /// Words after transaction and REPLY (RFC 5531 §9).
    let words: [UInt32]
    let change: @Sendable (inout CallFrame) -> Void
  }

  static let badCredential: [UInt32] = [1, 1, 1]

  static let rejected: [Rejected] = [
    Rejected(
      testDescription: "RPC version", counter: .rejectedRPCMismatch, words: [1, 0, 2, 2]
    ) { $0.rpcVersion = 3 },
    Rejected(
      testDescription: "unknown flavour", counter: .rejectedAuthentication, words: [1, 1, 2]
    ) { $0.credentialFlavour = 6 },
    Rejected(
      testDescription: "AUTH_SHORT", counter: .rejectedAuthentication, words: [1, 1, 2]
    ) { $0.credentialFlavour = 2 },
    Rejected(
      testDescription: "credential over 400 bytes", counter: .rejectedAuthentication,
      words: badCredential
    ) { $0.credential = [UInt8](repeating: 0, count: 401) },
    Rejected(
      testDescription: "AUTH_SYS cut", counter: .rejectedAuthentication, words: badCredential
    ) {
      $0.credentialFlavour = 1
      $0.credential = Array(CallFrame.systemCredential().dropLast(4))
    },
    Rejected(
      testDescription: "AUTH_SYS name over 255", counter: .rejectedAuthentication,
      words: badCredential
    ) {
      $0.credentialFlavour = 1
      $0.credential = CallFrame.systemCredential(name: 256)
    },
    Rejected(
      testDescription: "AUTH_SYS 17 groups", counter: .rejectedAuthentication,
      words: badCredential
    ) {
      $0.credentialFlavour = 1
      $0.credential = CallFrame.systemCredential(groups: 17)
    },
    Rejected(
      testDescription: "verifier flavour", counter: .rejectedAuthentication, words: [1, 1, 3]
    ) { $0.verifierFlavour = 1 },
    Rejected(
      testDescription: "verifier over 400 bytes", counter: .rejectedAuthentication,
      words: [1, 1, 3]
    ) { $0.verifierLength = 401 },
    Rejected(
      testDescription: "program", counter: .rejectedProgramUnavailable, words: [0, 0, 0, 1]
    ) { $0.program += 1 },
    Rejected(
      testDescription: "version", counter: .rejectedProgramMismatch, words: [0, 0, 0, 2, 1, 5]
    ) { $0.version = 3 },
    Rejected(
      testDescription: "procedure", counter: .rejectedProcedureUnavailable, words: [0, 0, 0, 3]
    ) { $0.procedure = 9 },
    Rejected(
      testDescription: "no argument", counter: .rejectedGarbageArguments, words: [0, 0, 0, 4]
    ) { $0.arguments = [] },
    Rejected(
      testDescription: "argument too short", counter: .rejectedGarbageArguments,
      words: [0, 0, 0, 4]
    ) { $0.arguments = [0, 0, 0] },
    Rejected(
      testDescription: "argument too long", counter: .rejectedGarbageArguments,
      words: [0, 0, 0, 4]
    ) { $0.arguments = [0, 0, 0, 1, 0, 0, 0, 2] },
  ]

  @Test(arguments: rejected)
  func badCallsGetTheErrorOfTheRFC(_ bad: Rejected) throws {
    let (bench, _) = try makeListeningBench()
    try #require(bench.installService(process: 1, version: 5) == .done)
    // Another port's versions do not count for LOW and HIGH.
    try #require(bench.installService(process: 1, port: 9009, version: 77) == .done)
    var frame = CallFrame()
    bad.change(&frame)
    bench.receive(frame)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0, to: frame) })
    #expect(reply.transaction == frame.transaction)
    #expect(reply.words == bad.words)
    #expect(reply.destinationPort == frame.sourcePort)
    #expect(bench.count(bad.counter) == 1)
    #expect(bench.count(.callsAccepted) == 0)
  }

  struct Good: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout CallFrame) -> Void
  }

  static let good: [Good] = [
    Good(testDescription: "plain") { _ in },
    Good(testDescription: "Ethernet broadcast") {
      $0.destination = [UInt8](repeating: 0xFF, count: 6)
    },
    Good(testDescription: "Ethernet padding") { $0.trailer = [UInt8](repeating: 0xAA, count: 9) },
    Good(testDescription: "no UDP checksum") { $0.hasUDPChecksum = false },
    Good(testDescription: "AUTH_SYS") {
      $0.credentialFlavour = 1
      $0.credential = CallFrame.systemCredential()
    },
    Good(testDescription: "AUTH_SYS with 16 groups and no name") {
      $0.credentialFlavour = 1
      $0.credential = CallFrame.systemCredential(name: 0, groups: 16)
    },
    Good(testDescription: "AUTH_NONE with a body of 400 bytes") {
      $0.credential = [UInt8](repeating: 1, count: 400)
    },
  ]

  @Test(arguments: good)
  func goodCallsReachTheHandler(_ good: Good) throws {
    var (bench, worker) = try makeListeningBench()
    var frame = CallFrame()
    good.change(&frame)
    bench.receive(frame)
    #expect(bench.takeWakes() == [0])
    let head = try #require(worker.load())
    #expect(head.code == Stub.handler)
    #expect(head.argument0 == 42)
    worker.respond(ResponseHead(status: .success), 43)
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0, to: frame) })
    #expect(reply.words == ReplyFrame.success + [43])
    #expect(bench.isConserved)
  }

  @Test func aFrameCutAtEveryLengthIsDroppedOnce() throws {
    var frame = CallFrame()
    frame.credentialFlavour = 1
    frame.credential = CallFrame.systemCredential()
    let whole = frame.bytes
    let (bench, _) = try makeListeningBench()
    for length in 0..<whole.count { bench.receive(Array(whole[..<length])) }
    #expect(bench.count(.dropFrameTooShort) == 14)
    #expect(bench.count(.dropMalformedIPv4) == UInt64(whole.count - 14))
    #expect(bench.takeFrames().isEmpty)
  }

  /// The datagram itself is short, its headers agree: every field boundary of RPC is met.
  @Test func aMessageCutAtEveryLengthEndsInExactlyOneCounter() throws {
    var frame = CallFrame()
    frame.credentialFlavour = 1
    frame.credential = CallFrame.systemCredential()
    let message = frame.message
    for length in 0..<message.count {
      let (bench, _) = try makeListeningBench()
      bench.receive(Datagram.frame(of: Array(message[..<length])))
      let counted = NICCounter.allCases.filter { bench.count($0) > 0 }
      let expected: Set<NICCounter> = [
        .dropRPCTooShort, .dropRPCMalformedAuthentication, .rejectedGarbageArguments,
      ]
      let reasons = counted.filter(expected.contains)
      #expect(reasons.count == 1, "length \(length): \(counted)")
      #expect(bench.count(.callsAccepted) == 0)
    }
  }

  private enum Datagram {
    /// A frame around any message.
    static func frame(of message: [UInt8]) -> [UInt8] {
      let whole = CallFrame()
      // An empty call has 40 bytes before its arguments; replace all of it.
      var frame = whole
      frame.arguments = []
      frame.hasUDPChecksum = false
      let shortage = message.count - frame.message.count
      frame.udpLengthError = shortage
      frame.totalLengthError = shortage
      return Array(frame.bytes[..<42]) + message
    }
  }

  @Test func addressRequestsAreAnsweredByTheNIC() throws {
    let (bench, _) = try makeListeningBench()
    let asker: [UInt8] = [2, 0, 0, 0, 0, 0x77]
    func request(operation: UInt8 = 1, target: UInt8 = 40, hardware: UInt8 = 1) -> [UInt8] {
      [UInt8](repeating: 0xFF, count: 6) + asker + [8, 6, 0, hardware, 8, 0, 6, 4, 0, operation]
        + asker + [192, 168, 128, 7] + [0, 0, 0, 0, 0, 0] + [192, 168, 128, target]
    }
    // A longer frame before: nothing of it may stand in the padding (R13).
    var refused = CallFrame()
    refused.procedure = 99
    bench.receive(refused)
    #expect(bench.takeFrames().count == 1)
    bench.receive(request())
    let reply = try #require(bench.takeFrames().first)
    let start: [UInt8] =
      asker + CallFrame.serverEthernet + [8, 6, 0, 1, 8, 0, 6, 4, 0, 2]
      + CallFrame.serverEthernet + CallFrame.serverInternet + asker + [192, 168, 128, 7]
    #expect(reply == start + [UInt8](repeating: 0, count: 60 - start.count))
    #expect(bench.count(.arpAnswered) == 1)

    bench.receive(request(target: 41))
    bench.receive(request(operation: 2))
    #expect(bench.count(.dropForeignARP) == 2)
    bench.receive(request(hardware: 6))
    for length in 14..<42 { bench.receive(Array(request()[..<length])) }
    #expect(bench.count(.dropMalformedARP) == 29)
    #expect(bench.takeFrames().isEmpty)
  }

  /// Damage of any kind never does more than count.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomDamageIsHarmless(seed: UInt64) throws {
    print("randomDamageIsHarmless seed \(seed)")
    var random = SplitMix(seed: seed)
    let (bench, _) = try makeListeningBench()
    var frame = CallFrame()
    frame.credentialFlavour = 1
    frame.credential = CallFrame.systemCredential()
    frame.hasUDPChecksum = false
    for round in 1...2000 {
      var bytes = frame.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      bench.receive(bytes)
      #expect(bench.count(.framesReceived) == UInt64(round))
    }
    #expect(bench.isConserved)
    let ends = NICCounter.allCases.filter {
      "\($0)".hasPrefix("drop") || "\($0)".hasPrefix("rejected") || $0 == .callsAccepted
        || $0 == .arpAnswered
    }
    #expect(ends.reduce(0) { $0 + bench.count($1) } == 2000)
  }
}
