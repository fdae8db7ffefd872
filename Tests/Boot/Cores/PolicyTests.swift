// The dispatch policy: by boot argument, by console, and what it does to calls.

import Harness
import Testing

extension BootTests {
  @Suite struct PolicyTests {
    static let names = ["first-come", "weighted-fair", "static-partition"]

    private func makeGuest(cores: Int, arguments: [String]) throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["echo", "spin"], manifest: "echo\nspin argument=4406\n")
      return try Guest(archive: archive, ports: [4406]) {
        $0.coreCount = cores
        // The watch over stuck calls takes a core from a handler twice a second, whatever the policy.
        $0.bootArguments = arguments + ["watch=off"]
      }
    }

    /// A handler of some hundred milliseconds, then a short call of another process, on one core: which is
    /// answered first?
    private func firstAnswer(_ guest: Guest, transaction: UInt32) throws -> String {
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      let rounds: UInt64 = 30_000_000
      let spin = RPCCall(
        transaction: transaction, target: SpinService.spin,
        arguments: SpinService.spinArguments(seed: 1, rounds: rounds))
      let echo = RPCCall(transaction: transaction + 1, target: EchoService.null)
      try socket.send(spin.bytes, to: .loopback(port: guest.hostPort(ofGuestPort: 4406)))
      // Frames to two ports may arrive in any order, so the second waits for the first's handler.
      repeat {
        guest.machine.type("lines\n")
      } while try !guest.machine.expectLine(containing: "load 2: waiting").contains(" busy 1 ")
      try socket.send(echo.bytes, to: .loopback(port: guest.echoPort))
      var replies: [RPCReply] = []
      for _ in 0..<2 {
        replies.append(
          try RPCReply(try #require(try socket.receive(within: .seconds(5))).datagram))
      }
      var result = XDREncoder()
      result.encode(Int64(bitPattern: SpinService.result(seed: 1, rounds: rounds)))
      #expect(replies.first { $0.transaction == transaction }?.outcome == .success(result.bytes))
      #expect(replies.first { $0.transaction == transaction + 1 }?.outcome == .success([]))
      return replies[0].transaction == transaction ? "spin" : "echo"
    }

    private func expectPolicy(_ name: String, _ guest: Guest) throws {
      guest.machine.type("policy\n")
      try guest.machine.expectLine(containing: "policy: \(name); ")
    }

    /// By which cores a process's calls are served, two at a time.
    private func coresUsed(_ guest: Guest) throws -> (echo: Set<UInt16>, spin: Set<UInt16>) {
      var echo = try guest.echoClient()
      var spin = try guest.client(ofGuestPort: 4406)
      var used: (echo: Set<UInt16>, spin: Set<UInt16>) = ([], [])
      for _ in 0..<50 {
        #expect(try echo.call(EchoService.null) == .success([]))
        used.echo.insert(try guest.record(ofLastCallBy: echo).core)
        #expect(try spin.call(SpinService.null) == .success([]))
        used.spin.insert(try guest.record(ofLastCallBy: spin).core)
      }
      return used
    }

    /// Handlers run to their end, or make way for another process after their quantum.
    @Test(arguments: names) func policyDecidesWhoGoesFirst(name: String) throws {
      let guest = try makeGuest(cores: 1, arguments: ["policy=\(name)"])
      try expectPolicy(name, guest)
      let first = try firstAnswer(guest, transaction: 100)
      #expect(first == (name == "weighted-fair" ? "echo" : "spin"))
      let preemptions = try guest.statistics()["NIC preemptions", default: 0]
      #expect((preemptions > 0) == (name == "weighted-fair"))
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R14 within a partition: each process is served by its own cores, as the console says them,
    /// also after it was killed.
    @Test func partitionsKeepTheirCores() throws {
      let guest = try makeGuest(cores: 4, arguments: ["policy=static-partition"])
      try expectPolicy("static-partition", guest)
      try guest.machine.expectLine(containing: "policy: echo (process 1) has cores 0 to 1")
      try guest.machine.expectLine(containing: "policy: spin (process 2) has cores 2 to 3")
      for round in 0..<2 {
        let used = try coresUsed(guest)
        #expect(used.echo.isSubset(of: [0, 1]), "round \(round): \(used)")
        #expect(used.spin.isSubset(of: [2, 3]), "round \(round): \(used)")
        guest.machine.type("kill spin\n")
        try guest.machine.expectLine(containing: "starts again")
        try guest.machine.expectLine(containing: "spin: program")
      }
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test func policyChangesWhileCallsCome() throws {
      let guest = try makeGuest(cores: 1, arguments: [])
      var transaction: UInt32 = 1000
      try expectPolicy("first-come", guest)
      for name in ["weighted-fair", "static-partition", "weighted-fair", "first-come"] {
        guest.machine.type("policy \(name)\n")
        try guest.machine.expectLine(containing: "policy: \(name); ")
        let first = try firstAnswer(guest, transaction: transaction)
        #expect(first == (name == "weighted-fair" ? "echo" : "spin"), "\(name)")
        transaction += 10
      }
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test(arguments: ["", "fair", "first-come2", "x,y"])
    func anotherNameIsRefusedWithTheChoices(name: String) throws {
      let guest = try makeGuest(cores: 1, arguments: ["policy=\(name)"])
      let choices = "first-come, weighted-fair or static-partition"
      #expect(guest.machine.console.text.contains("boot argument policy="))
      #expect(guest.machine.console.text.contains("there is \(choices); now first-come"))
      guest.machine.type("policy fair\n")
      try guest.machine.expectLine(containing: "policy: \(choices)")
      try expectPolicy("first-come", guest)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
