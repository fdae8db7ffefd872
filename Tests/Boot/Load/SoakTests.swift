// Thousands of calls while cores and processes are taken away at random (R7, R9, R10, R12).
//
// Preempted are handlers past their quantum, by the NIC, and whatever a core does at the moment, by
// the console; processes are killed with calls under way and start again. A few seeds run with all
// boot tests; `make soak` runs 20 with 5,000 calls each.

import Foundation
import Harness
import Testing
import Workload

/// What came of the calls of one run, as their clients saw it and as the NIC counted it.
private struct SoakRecord: CustomStringConvertible {
  let seed: UInt64
  var answered = 0
  /// SYSTEM_ERR from a process that was killed meanwhile.
  var failed = 0
  /// The process was not there, or not quite.
  var refused = 0
  /// Its port had no service at all.
  var unanswered = 0
  var kills = 0
  /// How long nobody got an answer although calls were under way.
  var longestQuiet = Duration.zero
  var statistics: [String: UInt64] = [:]

  var description: String {
    func count(_ name: String) -> UInt64 { statistics[name, default: 0] }
    return
      "seed \(seed): \(answered) answered, \(failed) failed, \(refused) refused, \(unanswered) not accepted; \(kills) kills, \(count("NIC preemptions")) preemptions, \(count("messagesResume")) resumed, \(count("messagesYieldNow")) yields, \(count("callsRequeued")) requeued; quiet for \(longestQuiet)"
  }
}

/// A process of the run.
private struct SoakProcess {
  let program: String
  let port: UInt16
  let settings: String
  /// It is killed again and again.
  var isVictim = false

  var name: String { "\(isVictim ? "victim" : "soak")-\(port)" }
  var line: String {
    "\(program) name=\(name) argument=\(port) \(settings)"
      + (isVictim ? " restart=always" : "") + "\n"
  }

  static let all = [
    SoakProcess(program: "echo", port: 4401, settings: ""),
    SoakProcess(program: "calculator", port: 4402, settings: "minimum=1 weight=2"),
    SoakProcess(program: "spin", port: 4403, settings: "threads=4 quantum=50"),
    SoakProcess(program: "spin", port: 4404, settings: "threads=2 cores=2 quantum=200"),
    SoakProcess(program: "spin", port: 4405, settings: "threads=3 quantum=100", isVictim: true),
    SoakProcess(program: "spin", port: 4406, settings: "threads=2 cores=1", isVictim: true),
    SoakProcess(program: "echo", port: 4407, settings: "quantum=20", isVictim: true),
    SoakProcess(program: "calculator", port: 4408, settings: "", isVictim: true),
  ]
}

/// A call of the run, and the only right answer.
private struct SoakCall {
  let process: Int
  let target: RPCProcedure
  let arguments: [UInt8]
  let results: [UInt8]

  init(from random: inout RandomSource) {
    process = Int.random(in: SoakProcess.all.indices, using: &random)
    switch SoakProcess.all[process].program {
    case "echo":
      target = EchoService.echo
      arguments = EchoService.echoArguments(
        EchoService.pattern(.random(in: 0...1400, using: &random)))
      results = arguments
    case "calculator":
      let left = Int64.random(in: .min ... .max, using: &random)
      let right = Int64.random(in: .min ... .max, using: &random)
      target = CalculatorService.multiply
      arguments = CalculatorService.multiplyArguments(left, right)
      var encoder = XDREncoder()
      encoder.encode(left &* right)
      results = encoder.bytes
    default:
      // Nine short handlers, then one that outlasts every quantum.
      let isLong = UInt.random(in: 0..<10, using: &random) == 0
      let rounds = UInt64.random(in: isLong ? 100_000...600_000 : 0...2_000, using: &random)
      let seed = UInt64.random(in: 0 ... .max, using: &random)
      target = SpinService.spin
      arguments = SpinService.spinArguments(seed: seed, rounds: rounds)
      var encoder = XDREncoder()
      encoder.encode(Int64(bitPattern: SpinService.result(seed: seed, rounds: rounds)))
      results = encoder.bytes
    }
  }
}

/// One guest, and the calls that it gets.
private final class SoakRun {
  static let window = 24
  let guest: Guest
  let cores: Int
  let calls: Int
  private let socket: UDPSocket
  private let hosts: [UInt16]
  private var random: RandomSource
  private var pending: [UInt32: SoakCall] = [:]
  private var sent: UInt32 = 0
  private var replies = 0
  private(set) var record: SoakRecord

  init(seed: UInt64, calls: Int, cores: Int, interruptOrder: String) throws {
    let archive = try ServiceArchive(
      programs: ["echo", "calculator", "spin"],
      manifest: SoakProcess.all.map(\.line).joined())
    let guest = try Guest(archive: archive, ports: SoakProcess.all.map(\.port)) {
      $0.coreCount = cores
      $0.deviceProperties = [
        ("seed", String(seed)), ("interrupt-order", interruptOrder), ("evictions", "2000"),
        ("early-tryagain", "20000"),
      ]
    }
    self.guest = guest
    self.cores = cores
    self.calls = calls
    hosts = try SoakProcess.all.map { try guest.hostPort(ofGuestPort: $0.port) }
    socket = try UDPSocket(boundTo: .loopback(port: 0))
    random = RandomSource(seed: seed)
    record = SoakRecord(seed: seed)
  }

  func run() throws {
    var lastAnswer = ContinuousClock.now
    while sent < calls || !pending.isEmpty {
      while sent < calls, pending.count < Self.window {
        sent += 1
        let call = SoakCall(from: &random)
        pending[sent] = call
        try socket.send(
          RPCCall(transaction: sent, target: call.target, arguments: call.arguments).bytes,
          to: .loopback(port: hosts[call.process]))
        interfere()
      }
      if let (datagram, _) = try socket.receive(within: .milliseconds(50)) {
        lastAnswer = .now
        replies += 1
        try check(try RPCReply(datagram))
      } else if ContinuousClock.now - lastAnswer > .milliseconds(300) {
        try lookAtPending(quiet: ContinuousClock.now - lastAnswer)
      }
    }
    record.statistics = try guest.statistics()
  }

  /// Nothing has come for a while. What the NIC did not accept, since its process was not there, will
  /// get no answer; as long as it has accepted calls under way, they shall get theirs.
  ///
  /// A busy host keeps frames for a while: so every call must have come to the NIC, and every frame of
  /// the NIC's to us, before nothing is under way any more.
  private func lookAtPending(quiet: Duration) throws {
    let statistics = try guest.statistics()
    func count(_ name: String) -> UInt64 { statistics[name, default: 0] }
    let isAllEnded =
      count("callsAccepted") == Self.ended(statistics)
      && count("framesReceived") >= UInt64(sent) + count("arpAnswered")
      && count("framesSent") == UInt64(replies) + count("arpAnswered")
    record.longestQuiet = max(record.longestQuiet, isAllEnded ? .zero : quiet)
    guard isAllEnded || quiet > .seconds(10) else { return }
    for call in pending.values {
      record.unanswered += 1
      #expect(
        isAllEnded && SoakProcess.all[call.process].isVictim,
        "seed \(record.seed): a call of \(SoakProcess.all[call.process].name) is lost")
    }
    pending = [:]
  }

  /// Calls that the NIC accepted and that have ended.
  static func ended(_ statistics: [String: UInt64]) -> UInt64 {
    [
      "Replied", "FailedByHandler", "FailedMalformedResponse", "FailedByKernel",
      "FailedProcessRemoved",
    ]
    .map { statistics["calls\($0)", default: 0] }.reduce(0, +)
  }

  /// About one call in 8 comes with a preemption, one in 400 with the end of a process.
  private func interfere() {
    if UInt.random(in: 0..<8, using: &random) == 0 {
      guest.machine.type("preempt \(Int.random(in: 0..<cores, using: &random))\n")
    }
    if UInt.random(in: 0..<400, using: &random) == 0 {
      let victims = SoakProcess.all.filter(\.isVictim)
      record.kills += 1
      guest.machine.type(
        "kill \(victims[Int.random(in: victims.indices, using: &random)].name)\n")
    }
  }

  private func check(_ reply: RPCReply) throws {
    guard let call = pending.removeValue(forKey: reply.transaction) else {
      Issue.record("seed \(record.seed): a second answer to call \(reply.transaction)")
      return
    }
    let process = SoakProcess.all[call.process]
    switch reply.outcome {
    case .success(let results):
      record.answered += 1
      #expect(results == call.results, "seed \(record.seed): wrong results of \(process.name)")
    case .acceptedError(.systemError) where process.isVictim: record.failed += 1
    // It registers its procedures one after the other.
    case .acceptedError(.programUnavailable) where process.isVictim: record.refused += 1
    case .acceptedError(.procedureUnavailable) where process.isVictim: record.refused += 1
    default:
      Issue.record("seed \(record.seed): \(process.name) answers \(reply.outcome)")
    }
  }
}

extension BootTests {
  @Suite struct SoakTests {
    /// WENGEN_SOAK=SEEDSxCALLS, as `make soak` sets it; else what each test run can afford.
    static let extent: (seeds: UInt64, calls: Int) =
      asked.flatMap { extent(parsing: $0) } ?? (4, 2_500)

    private static let asked = ProcessInfo.processInfo.environment["WENGEN_SOAK"]

    private static func extent(parsing text: String) -> (seeds: UInt64, calls: Int)? {
      let words = text.split(separator: "x", omittingEmptySubsequences: false)
      guard words.count == 2, let seeds = UInt64(words[0]), let calls = Int(words[1]), seeds > 0,
        calls > 0
      else { return nil }
      return (seeds, calls)
    }

    /// Another extent than the one asked for would pass for it.
    @Test func theExtentAskedForIsOne() {
      let text = Self.asked ?? "4x2500"
      #expect(
        Self.extent(parsing: text) != nil,
        "SOAK=\(text): seeds and calls above 0 are needed, such as 20x5000")
    }

    /// R7: every call that the NIC accepted was answered once, by its result, or by an error when its
    /// process was killed; under both orders of interrupt and answer (R10).
    @Test(.timeLimit(.minutes(3)), arguments: 1...extent.seeds)
    func noAcceptedCallIsLost(seed: UInt64) throws {
      let orders = ["interrupt-first", "answer-first", "random"]
      let run = try SoakRun(
        seed: seed, calls: Self.extent.calls, cores: seed % 4 == 3 ? 2 : 4,
        interruptOrder: orders[Int(seed % 3)])
      try run.run()
      let record = run.record
      print(record)
      func count(_ name: String) -> Int { Int(record.statistics[name, default: 0]) }
      let failed =
        count("callsFailedByHandler") + count("callsFailedMalformedResponse")
        + count("callsFailedByKernel") + count("callsFailedProcessRemoved")
      #expect(count("callsAccepted") == count("callsReplied") + failed, "seed \(seed)")
      #expect(count("callsReplied") == record.answered, "seed \(seed)")
      #expect(failed + count("rejectedOverload") == record.failed, "seed \(seed)")
      #expect(count("callsFailedProcessRemoved") == failed, "seed \(seed)")
      #expect(count("NIC preemptions") > Self.extent.calls / 40, "seed \(seed)")
      #expect(count("violations") == 0, "seed \(seed)")
      #expect(record.answered > Self.extent.calls / 2, "seed \(seed)")
      try run.guest.expectExit(typing: "exit", status: 0)
    }
  }
}
