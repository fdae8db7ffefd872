// General threads between cores: they spread, they go where they may, and they wake each other.

import Harness
import Testing

/// The batch process's procedures (User/Batch).
private struct BatchClient: ~Copyable {
  static let program: UInt32 = 0x2000_0105
  /// In the process's argument: threads bind themselves to one core after the other.
  static let wanders = 1 << 16
  var client: RPCClient

  private mutating func numbers(
    _ procedure: UInt32, _ arguments: [UInt8] = []
  ) throws -> (UInt64, UInt64) {
    let target = RPCProcedure(program: Self.program, version: 1, procedure: procedure)
    guard case .success(let results) = try client.call(target, arguments) else {
      Issue.record("the batch process does not answer")
      return (0, 0)
    }
    var decoder = XDRDecoder(results)
    return (
      UInt64(bitPattern: try decoder.decodeInt64()), UInt64(bitPattern: try decoder.decodeInt64())
    )
  }

  mutating func thread(_ index: Int) throws -> (numbers: UInt64, cores: UInt64) {
    try numbers(2, [0, 0, 0, UInt8(index)])
  }

  mutating func wakes() throws -> (sent: UInt64, heard: UInt64) { try numbers(3) }
}

extension BootTests {
  @Suite struct MigrationTests {
    private func makeGuest(cores: Int, manifest: String) throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "batch"], manifest: "echo\ncalculator\n" + manifest)
      return try Guest(archive: archive, ports: [4300]) { $0.coreCount = cores }
    }

    private func batch(_ guest: Guest) throws -> BatchClient {
      BatchClient(client: try guest.client(ofGuestPort: 4300))
    }

    /// Threads begin on the core of the one that starts them. Each gets on, and those cores that have
    /// nothing to do take some.
    @Test(arguments: [1, 2, 3, 4, 16, 48]) func threadsSpreadOverTheCores(cores: Int) throws {
      let threads = min(2 * cores, 12)
      let guest = try makeGuest(
        cores: cores, manifest: "batch argument=4300 threads=\(threads + 2)\n")
      var batch = try batch(guest)
      var echo = try guest.echoClient()
      let limit = ContinuousClock.now + .seconds(20)
      var idle = Set(0..<threads)
      var seen: UInt64 = 0
      while ContinuousClock.now < limit, !idle.isEmpty || seen.nonzeroBitCount < min(cores, 4) {
        #expect(try echo.call(EchoService.null) == .success([]))
        for index in 0..<threads {
          let thread = try batch.thread(index)
          if thread.numbers >= 10_000 { idle.remove(index) }
          seen |= thread.cores
        }
      }
      #expect(idle.isEmpty, "threads without progress")
      #expect(seen.nonzeroBitCount >= min(cores, 4), "cores \(seen)")
      let statistics = try guest.statistics()
      if cores > 1 {
        #expect(statistics["arrivals", default: 0] >= 3 || cores < 4)
        #expect(statistics["invitations", default: 0] > 0)
        #expect(statistics["steal-requests", default: 0] > 0)
      }
      #expect(statistics["violations"] == nil)
      try guest.expectBothServicesAnswer("beside batch threads")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// No thread of the process is ever seen on a core that it may not use.
    @Test func affinityIsObeyed() throws {
      let guest = try makeGuest(
        cores: 4, manifest: "batch argument=4300 threads=8 affinity=1,3\n")
      var batch = try batch(guest)
      let limit = ContinuousClock.now + .seconds(20)
      var seen: UInt64 = 0
      var numbers: UInt64 = 0
      while ContinuousClock.now < limit, seen != 0b1010 || numbers < 100_000 {
        numbers = 0
        for index in 0..<6 {
          let thread = try batch.thread(index)
          seen |= thread.cores
          numbers += thread.numbers
        }
      }
      #expect(seen == 0b1010)
      #expect(numbers >= 100_000)
      try guest.expectBothServicesAnswer("beside bound threads")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// A process for cores that the machine does not have is refused; the others start.
    @Test func anAffinityWithoutCoresIsRefused() throws {
      let guest = try makeGuest(cores: 2, manifest: "batch argument=4300 affinity=5\n")
      #expect(
        guest.machine.console.text.contains("batch does not start: its affinity has no core"))
      try guest.expectBothServicesAnswer("without the batch process")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Threads that change cores all the time go on, and wake the one that waits, wherever it is.
    @Test(arguments: [2, 4]) func threadsWanderAndWakeEachOther(cores: Int) throws {
      let guest = try makeGuest(
        cores: cores, manifest: "batch argument=\(4300 + BatchClient.wanders) threads=6\n")
      var batch = try batch(guest)
      let everywhere: UInt64 = 1 << UInt64(cores) - 1
      let limit = ContinuousClock.now + .seconds(20)
      var seen = [UInt64](repeating: 0, count: 4)
      var heard: UInt64 = 0
      while ContinuousClock.now < limit, seen.contains(where: { $0 != everywhere }) || heard < 20 {
        for index in seen.indices { seen[index] = try batch.thread(index).cores }
        let wakes = try batch.wakes()
        #expect(wakes.heard <= wakes.sent + 1)
        heard = wakes.heard
      }
      #expect(seen.allSatisfy { $0 == everywhere }, "\(seen)")
      #expect(heard >= 20)
      let statistics = try guest.statistics()
      #expect(statistics["departures", default: 0] > 20)
      try guest.expectBothServicesAnswer("beside wandering threads")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
