// A program that does everything wrong, beside services that must not notice.

import Foundation
import Harness
import Testing

/// `HOSTILE_PROGRAM` of User/Hostile.
enum HostileService {
  static let program: UInt32 = 0x2000_01ff
  static let null = RPCProcedure(program: program, version: 1, procedure: 0)
  static let attack = RPCProcedure(program: program, version: 1, procedure: 1)
  static let abuse = RPCProcedure(program: program, version: 1, procedure: 2)
  static let calls = RPCProcedure(program: program, version: 1, procedure: 3)
  static let vectors = RPCProcedure(program: program, version: 1, procedure: 4)
  static let pointer = RPCProcedure(program: program, version: 1, procedure: 5)

  static func arguments(_ which: UInt32) -> [UInt8] {
    var encoder = XDREncoder()
    encoder.encode(which)
    return encoder.bytes
  }

  static func counts(_ results: [UInt8]) throws -> (tries: Int64, successes: Int64) {
    var decoder = XDRDecoder(results)
    let counts = (try decoder.decodeInt64(), try decoder.decodeInt64())
    try decoder.finish()
    return counts
  }
}

/// Calls the echo service without a pause, on a thread of its own.
final class Bystander: @unchecked Sendable {
  private let lock = NSLock()
  private var isStopped = false
  private var calls = 0
  private var losses = 0
  private let finished = DispatchSemaphore(value: 0)

  init(port: UInt16, atLeast minimum: Int) {
    Thread.detachNewThread { [self] in
      defer { finished.signal() }
      guard var client = try? RPCClient(server: .loopback(port: port), timeout: .seconds(5)) else {
        return
      }
      let data = EchoService.echoArguments(EchoService.pattern(200))
      while true {
        let isRight = (try? client.call(EchoService.echo, data)) == .success(data)
        lock.lock()
        calls += 1
        if !isRight { losses += 1 }
        let isEnough = isStopped && calls >= minimum || losses > 10
        lock.unlock()
        if isEnough { return }
      }
    }
  }

  /// Waits until the calls are made.
  func finish() -> (calls: Int, losses: Int) {
    lock.withLock { isStopped = true }
    finished.wait()
    return lock.withLock { (calls, losses) }
  }
}

extension BootTests {
  @Suite struct HostileTests {
    /// Attacks 0…16 of User/Hostile; a process for each.
    static let attacks: [UInt32] = Array(0...16)
    static func port(_ attack: UInt32) -> UInt16 { 4200 + UInt16(attack) }
    static let abusePort: UInt16 = 4299

    static var manifest: String {
      "echo\ncalculator\nhostile name=abuse argument=\(abusePort) threads=6 memory=1024\n"
        + attacks.map { "hostile name=attack-\($0) argument=\(port($0)) restart=always\n" }.joined()
    }

    private func makeGuest(cores: Int) throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "hostile"], manifest: Self.manifest)
      return try Guest(archive: archive, ports: Self.attacks.map(Self.port) + [Self.abusePort]) {
        $0.coreCount = cores
      }
    }

    /// R12, R13: each attack ends its process and fails its call; the process comes back, and the
    /// echo service loses none of 20,000 calls meanwhile.
    @Test(.timeLimit(.minutes(3))) func attacksHarmNobodyElse() throws {
      let guest = try makeGuest(cores: 4)
      let bystander = Bystander(port: guest.echoPort, atLeast: 20_000)
      for attack in Self.attacks {
        var client = try guest.client(ofGuestPort: Self.port(attack))
        #expect(try client.call(HostileService.null) == .success([]), "before attack \(attack)")
        let outcome = try client.call(HostileService.attack, HostileService.arguments(attack))
        #expect(outcome == .acceptedError(.systemError), "attack \(attack)")
        // The process starts again, and serves again.
        try guest.machine.expectLine(containing: "attack-\(attack) (process")
        var answer = RPCOutcome.timeout
        let end = ContinuousClock.now + .seconds(10)
        while answer != .success([]), ContinuousClock.now < end {
          client.timeout = .milliseconds(200)
          answer = try client.call(HostileService.null)
        }
        #expect(answer == .success([]), "after attack \(attack)")
      }
      let (calls, losses) = bystander.finish()
      #expect(calls >= 20_000)
      #expect(losses == 0)
      let console = guest.machine.console.text
      for attack in Self.attacks {
        #expect(console.contains("attack-\(attack) (process"), "attack \(attack) is not reported")
      }
      #expect(console.contains("a call did not end"))
      // The frames have names in the program's sources.
      var reader = UserFaultReader()
      let faults = reader.read(Array(console.utf8))
      #expect(faults.count >= Self.attacks.count - 2)
      let artefacts = guest.machine.configuration.artefacts
      let named = faults.compactMap { $0.description(with: artefacts) }
      #expect(named.count == faults.count)
      #expect(named.contains { $0.contains("attack") && $0.contains("User/Hostile/") })
      let statistics = try guest.statistics()
      #expect(statistics["faults", default: 0] >= UInt64(Self.attacks.count - 2))
      #expect(statistics["violations"] == nil)
      try guest.expectBothServicesAnswer("after all attacks")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Every refused system call is an error; what is limited ends at its limit.
    @Test(arguments: [1, 4]) func abuseIsRefused(cores: Int) throws {
      let guest = try makeGuest(cores: cores)
      var client = try guest.client(ofGuestPort: Self.abusePort)
      client.timeout = .seconds(20)
      func abuse(_ which: UInt32) throws -> (tries: Int64, successes: Int64) {
        let outcome = try client.call(HostileService.abuse, HostileService.arguments(which))
        guard case .success(let results) = outcome else {
          Issue.record("abuse \(which): \(outcome)")
          return (0, -1)
        }
        return try HostileService.counts(results)
      }
      for which: UInt32 in [0, 1, 4] {
        let counts = try abuse(which)
        #expect(counts.tries > 10, "abuse \(which)")
        #expect(counts.successes == 0, "abuse \(which)")
      }
      // 1,024 KiB less what its image and its stacks take.
      let memory = try abuse(3)
      #expect(memory.successes > 0 && memory.successes < 1024, "\(memory)")
      let statistics = try guest.statistics()
      #expect(statistics["faults", default: 0] == 0)
      try guest.expectBothServicesAnswer("after abuse")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// What a process may have, and the machine has not, takes nothing from others.
    @Test func aMappingThatFailsLeavesAllMemoryFree() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "hostile"],
        manifest: "echo restart=always\nhostile argument=\(Self.abusePort) memory=1000000\n")
      let guest = try Guest(archive: archive, ports: [Self.abusePort]) { $0.coreCount = 1 }
      let before = try guest.statistics()["KiB-free"]
      var client = try guest.client(ofGuestPort: Self.abusePort)
      client.timeout = .seconds(20)
      guard
        case .success(let results) = try client.call(
          HostileService.abuse, HostileService.arguments(5))
      else {
        Issue.record("no answer")
        return
      }
      let counts = try HostileService.counts(results)
      #expect(counts.tries == 4 && counts.successes == 0)
      #expect(before != nil)
      #expect(try guest.statistics()["KiB-free"] == before)
      guest.machine.type("kill echo\n")
      try guest.machine.expectLine(containing: "echo: program")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R13: the thread pointer, which a program can write without the kernel's knowing, is the thread's own:
    /// over yields, system calls and preemptions, and nobody else's, also not of who comes after it.
    @Test func threadPointersAreTheThreadsOwn() throws {
      let ports: [UInt16] = [4310, 4311]
      let archive = try ServiceArchive(
        programs: ["echo", "hostile"],
        manifest: "echo\n"
          + ports.map { "hostile name=hostile-\($0) argument=\($0) restart=always\n" }.joined())
      let guest = try Guest(archive: archive, ports: ports) { $0.coreCount = 1 }
      var first = try guest.client(ofGuestPort: ports[0])
      var second = try guest.client(ofGuestPort: ports[1])
      func exchange(_ client: inout RPCClient, for pointer: Int64, expecting before: Int64) throws {
        var (arguments, results) = (XDREncoder(), XDREncoder())
        arguments.encode(pointer)
        results.encode(before)
        let outcome = try client.call(HostileService.pointer, arguments.bytes)
        #expect(outcome == .success(results.bytes), "\(before), then \(pointer)")
      }
      for round in 0..<8 as Range<Int64> {
        try exchange(&first, for: 100 + round, expecting: round == 0 ? 0 : 99 + round)
        try exchange(&second, for: 200 + round, expecting: round == 0 ? 0 : 199 + round)
      }
      #expect(
        try first.call(HostileService.calls, HostileService.arguments(10)) == .success([]))
      // The kernel takes the core from wherever the thread is.
      guest.machine.type("preempt 0\n")
      try exchange(&first, for: 1, expecting: 107)
      guest.machine.type("kill hostile-4311\n")
      try guest.machine.expectLine(containing: "starts again")
      try guest.machine.expectLine(containing: "hostile-4311: program")
      try exchange(&second, for: 2, expecting: 0)
      try exchange(&first, for: 2, expecting: 1)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R12: a call that does not end is ended although its handler is preempted again and again, for
    /// the calls of another process on the same core; those get on meanwhile.
    @Test func aStuckCallEndsAlthoughItIsPreempted() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "hostile"],
        manifest: "echo\nhostile argument=\(Self.abusePort) quantum=50 restart=always\n")
      let guest = try Guest(archive: archive, ports: [Self.abusePort]) { $0.coreCount = 1 }
      let bystander = Bystander(port: guest.echoPort, atLeast: 100)
      var client = try guest.client(ofGuestPort: Self.abusePort)
      client.timeout = .seconds(20)
      let outcome = try client.call(HostileService.attack, HostileService.arguments(14))
      #expect(outcome == .acceptedError(.systemError))
      let (calls, losses) = bystander.finish()
      #expect(losses == 0, "of \(calls)")
      // Its time is what it has had of the core, 1.5 s: nobody else's interrupts hide it.
      func seconds(_ text: String) throws -> Double {
        let lines = guest.machine.console.text.split(separator: "\n")
        let line = try #require(lines.first { $0.contains(text) })
        let digits = String(line.dropFirst().prefix { $0 != "]" }.filter { $0 != " " })
        return try #require(Double(digits))
      }
      let end = try seconds("killed: a call did not end")
      #expect(try end - seconds("ready:") < 6)
      try guest.machine.expectLine(containing: "hostile: program")
      #expect(try client.call(HostileService.null) == .success([]))
      #expect(try guest.statistics()["NIC preemptions", default: 0] > 20)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Threads that never end share what cores there are, and end with their process.
    @Test(arguments: [1, 2]) func threadsEndAtTheLimitAndWithTheirProcess(cores: Int) throws {
      let guest = try makeGuest(cores: cores)
      var client = try guest.client(ofGuestPort: Self.abusePort)
      client.timeout = .seconds(20)
      let outcome = try client.call(HostileService.abuse, HostileService.arguments(2))
      guard case .success(let results) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      let counts = try HostileService.counts(results)
      #expect(counts.successes == 5)
      #expect(counts.tries == 1000)
      try guest.expectBothServicesAnswer("beside spinning threads")
      let process = try #require(
        guest.processes().first { $0.contains("abuse") }?.split(separator: ":").first?
          .split(separator: " ").last)
      guest.machine.type("kill \(process)\n")
      try guest.machine.expectLine(containing: "starts again")
      try guest.expectBothServicesAnswer("after the kill")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
