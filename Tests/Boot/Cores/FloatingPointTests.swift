// Floating point in handlers: right results whoever else has had the registers, and none of others'.

import Harness
import Testing

extension BootTests {
  @Suite struct FloatingPointTests {
    private func expect(
      _ outcome: RPCOutcome, is expected: Double, _ comment: Comment
    ) throws {
      guard case .success(let results) = outcome else {
        Issue.record("\(comment): \(outcome)")
        return
      }
      let value = try CalculatorService.real(from: results)
      // By bits: neither NaN nor the zeros' signs are equal to themselves otherwise.
      #expect(value.bitPattern == expected.bitPattern, comment)
    }

    @Test func handlersComputeAsIEEE754Says() throws {
      let guest = try Guest { $0.coreCount = 1 }
      let before = try guest.statistics()["floating-point", default: 0]
      var calculator = try guest.calculatorClient()
      let quotients: [(Double, Double)] = [
        (1, 3), (-1, 0), (0, -5), (.leastNonzeroMagnitude, 2), (1e308, 1e-308), (.pi, 2),
        (.infinity, -1),
      ]
      for (dividend, divisor) in quotients {
        let outcome = try calculator.call(
          CalculatorService.divide, CalculatorService.divideArguments(dividend, divisor))
        try expect(outcome, is: dividend / divisor, "\(dividend) / \(divisor)")
      }
      let nothing = try calculator.call(
        CalculatorService.divide, CalculatorService.divideArguments(0, 0))
      guard case .success(let results) = nothing else {
        Issue.record("\(nothing)")
        return
      }
      #expect(try CalculatorService.real(from: results).isNaN)
      let values = (0..<CalculatorService.largestValueCount).map { Float($0) * 0.37 - 11 }
      for count in [0, 1, 2, values.count] {
        let outcome = try calculator.call(
          CalculatorService.norm, CalculatorService.normArguments(Array(values[..<count])))
        let expected = values[..<count].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        try expect(outcome, is: expected, "the norm of \(count) values")
      }
      // One thread keeps the registers for all of its calls, and its calls stay warm.
      let record = try guest.record(ofLastCallBy: calculator)
      #expect(record.path == .warm)
      #expect(record.kernelEntries == 0)
      let lent = try guest.statistics()["floating-point", default: 0] - before
      #expect((1...2).contains(lent))
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Handlers that are preempted again and again, each with the registers full, and go on with what
    /// they had, also on other cores: one wrong bit, and the result is another.
    @Test(.timeLimit(.minutes(1)), arguments: [1, 3])
    func registersSurvivePreemption(cores: Int) throws {
      let ports: [UInt16] = [4310, 4311, 4312, 4313]
      let archive = try ServiceArchive(
        programs: ["echo", "spin"],
        manifest: "echo\n"
          + ports.map { "spin name=spin-\($0) argument=\($0) threads=2 quantum=50\n" }.joined())
      let guest = try Guest(archive: archive, ports: ports) { $0.coreCount = cores }
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      let rounds: UInt64 = 20_000
      // Computed first: this takes longer here than there.
      let seeds = (0..<24).map { 0.1 + Double($0) * 0.03 }
      let expected = seeds.map { SpinService.realResult(seed: $0, rounds: rounds) }
      /// Each process has a call at a time.
      func send(_ call: Int) throws {
        let request = RPCCall(
          transaction: UInt32(call), target: SpinService.real,
          arguments: SpinService.realArguments(seed: seeds[call], rounds: rounds))
        let port = try guest.hostPort(ofGuestPort: ports[call % ports.count])
        try socket.send(request.bytes, to: .loopback(port: port))
      }
      /// Computed answers to every seed, one call of each process at a time.
      func round() throws {
        for call in ports.indices { try send(call) }
        for answered in seeds.indices {
          let datagram = try #require(
            try socket.receive(within: .seconds(20))?.datagram,
            "\(seeds.count - answered) calls were lost")
          let reply = try RPCReply(datagram)
          let call = Int(reply.transaction)
          try expect(reply.outcome, is: expected[call], "call \(call)")
          if call + ports.count < seeds.count { try send(call + ports.count) }
        }
      }
      // How often a handler is preempted is for the host to say, which gives the cores their turns.
      var statistics: [String: UInt64] = [:]
      for _ in 0..<50 where statistics["NIC messagesResume", default: 0] < 5 {
        try round()
        statistics = try guest.statistics()
      }
      #expect(statistics["NIC preemptions", default: 0] >= 5)
      #expect(statistics["NIC messagesResume", default: 0] >= 5)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R13: nothing of one process's registers is ever another's to read, nor of one that ended.
    @Test func registersAreNobodyElses() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "hostile"],
        manifest: [4310, 4311].map { "hostile name=hostile-\($0) argument=\($0) restart=always\n" }
          .joined() + "echo\n")
      let guest = try Guest(archive: archive, ports: [4310, 4311]) { $0.coreCount = 1 }
      let zeros = RPCOutcome.success([UInt8](repeating: 0, count: 8))
      var first = try guest.client(ofGuestPort: 4310)
      var second = try guest.client(ofGuestPort: 4311)
      for round in 0..<8 {
        #expect(try first.call(HostileService.vectors) == zeros, "round \(round)")
        #expect(try second.call(HostileService.vectors) == zeros, "round \(round)")
      }
      // Without another process between, it finds its own.
      #expect(
        try second.call(HostileService.vectors) == .success([UInt8](repeating: 0xff, count: 8)))
      guest.machine.type("kill hostile-4311\n")
      try guest.machine.expectLine(containing: "starts again")
      try guest.machine.expectLine(containing: "hostile-4311: program")
      #expect(try second.call(HostileService.vectors) == zeros)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
