// How calls reach their handlers: cold through the kernel, warm without it, and taking turns.

import Harness
import Testing

extension BootTests {
  @Suite struct DispatchTests {
    @Test(arguments: [1, 4]) func firstCallIsColdAndTheNextIsWarm(cores: Int) throws {
      let guest = try Guest { $0.coreCount = cores }
      var client = try guest.echoClient()
      #expect(try client.call(EchoService.null) == .success([]))
      let first = try guest.record(ofLastCallBy: client)
      #expect(first.path == .cold)

      for _ in 0..<10 {
        #expect(try client.call(EchoService.null) == .success([]))
        let next = try guest.record(ofLastCallBy: client)
        #expect(next.path == .warm)
        #expect(next.kernelEntries == 0)
        #expect(next.process == first.process)
        #expect(next.succeeded)
        #expect(next.instructions > 0)
        #expect(next.instructions < first.instructions)
      }
    }

    @Test func servicesAreDifferentProcesses() throws {
      let guest = try Guest()
      var echo = try guest.echoClient()
      var calculator = try guest.calculatorClient()
      #expect(try echo.call(EchoService.null) == .success([]))
      #expect(try calculator.call(CalculatorService.null) == .success([]))
      let echoProcess = try guest.record(ofLastCallBy: echo).process
      #expect(try guest.record(ofLastCallBy: calculator).process != echoProcess)
    }

    /// R2: a held load is answered with TRYAGAIN when the stall limit ends, and held again.
    @Test func idleLoadsAreAnsweredWithTryAgain() throws {
      let guest = try Guest { $0.coreCount = 2 }
      let end = ContinuousClock.now + .seconds(20)
      var count: UInt64 = 0
      while count < 10, ContinuousClock.now < end {
        count = try guest.statistics()["messagesTryAgain"] ?? 0
      }
      #expect(count >= 10)
      try guest.expectBothServicesAnswer("after TRYAGAIN")
    }

    /// A core that leaves its held load out for a thread from another core leaves out the rest of that
    /// message, too. Else it is held there with interrupts masked, for the stall limit; and in lockstep,
    /// where the clock stands still until all cores wait, for ever.
    @Test(arguments: [2, 4]) func coresThatAreInvitedComeFromTheirHeldLoads(cores: Int) throws {
      let archive = try ServiceArchive(programs: ["spin"], manifest: "spin\n")
      let guest = try Guest(archive: archive, ports: [SpinService.port]) {
        $0.coreCount = cores
        $0.deterministic = true
      }
      var client = try guest.client(ofGuestPort: SpinService.port)
      let arguments = SpinService.spinArguments(seed: 1, rounds: 100)
      var expected = XDREncoder()
      expected.encode(Int64(bitPattern: SpinService.result(seed: 1, rounds: 100)))
      for _ in 0..<3 {
        #expect(try client.call(SpinService.spin, arguments) == .success(expected.bytes))
      }
      // That threads went to other cores, without which this says nothing.
      let statistics = try guest.statistics()
      #expect(statistics["arrivals", default: 0] > 0)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R9: on one core, a call for the process that is not on it makes the NIC ask for the core.
    @Test func twoProcessesTakeTurnsOnOneCore() throws {
      let guest = try Guest { $0.coreCount = 1 }
      var echo = try guest.echoClient()
      var calculator = try guest.calculatorClient()
      for turn in 0..<50 {
        let data = EchoService.echoArguments(EchoService.pattern(turn))
        #expect(try echo.call(EchoService.echo, data) == .success(data), "turn \(turn)")
        let sum = try calculator.call(
          CalculatorService.add, CalculatorService.addArguments(Int32(turn), 1))
        guard case .success(let results) = sum else {
          Issue.record("turn \(turn): \(sum)")
          continue
        }
        #expect(try CalculatorService.sum(from: results) == Int32(turn) + 1)
      }
      let statistics = try guest.statistics()
      #expect(statistics["messagesYieldNow", default: 0] > 0)
      // R7: nothing that was accepted is left over.
      #expect(statistics["callsAccepted"] == 100)
      #expect(statistics["callsReplied"] == 100)
      #expect(statistics["violations"] == nil)
    }
  }
}
