// A core that stops is found by another one, and the report says what every core and thread does.

import Harness
import Testing

extension BootTests {
  @Suite struct WatchdogTests {
    /// A machine with a core that stops, and maybe has a lock then.
    private struct Stop {
      let cores: Int
      let stopped: Int
      let lock: String?
      static let ports: [UInt16] = [4200, 4201]
      let guest: Guest

      init(cores: Int, stopped: Int, lock: String? = nil) throws {
        (self.cores, self.stopped, self.lock) = (cores, stopped, lock)
        let archive = try ServiceArchive(
          programs: ["calculator", "hostile"],
          manifest: "calculator\n"
            + Self.ports.map { "hostile name=hostile-\($0) argument=\($0)\n" }.joined())
        guest = try Guest(archive: archive, ports: Self.ports) {
          $0.coreCount = cores
          $0.bootArguments = ["debug=yes"]
        }
        guest.machine.type("hang \(stopped) \(lock ?? "")\r")
        try guest.machine.expectLine(containing: "core \(stopped) stops: asked for")
      }
    }

    /// Core 0 is found by its deputy, core 1; the others by core 0. Idle cores, busy ones and those in a
    /// user loop are alive.
    @Test func aStoppedCoreIsReportedAndOneThatWaitsIsNot() throws {
      // Side by side: what takes long is that nothing happens.
      let stops = try [
        Stop(cores: 4, stopped: 3), Stop(cores: 2, stopped: 1), Stop(cores: 2, stopped: 0),
      ]
      try expectAlive()
      for stop in stops {
        let machine = stop.guest.machine
        try machine.expectLine(containing: "state of the cores:", within: .seconds(30))
        for core in 0..<stop.cores { try machine.expectLine(containing: "  core \(core): ") }
        try machine.expectLine(containing: "state of the threads and their endpoints:")
        try machine.expectLine("thread 0, with the endpoint that it has") {
          $0.contains("  thread 0: process 1, endpoint ") && $0.contains(" attached, parked")
        }
        try machine.expectLine(containing: "PANIC: core \(stop.stopped) has stopped: for 5 s")
        #expect(try machine.waitForExit() == .exited(70))
      }
    }

    private func expectAlive() throws {
      let guest = try Guest { $0.coreCount = 4 }
      var client = try guest.echoClient()
      let end = ContinuousClock.now + .seconds(8)
      while ContinuousClock.now < end {
        #expect(try client.call(EchoService.null) == .success([]))
      }
      #expect(!guest.machine.console.text.contains("has stopped"))
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Whoever waits for a lock takes no interrupt and makes no round: so it looks itself.
    @Test func aCoreThatStopsWithALockIsReported() throws {
      let stops = try [
        // Core 0 needs the lock for a command, the deputy to say that a program faulted.
        Stop(cores: 2, stopped: 1, lock: "tables"), Stop(cores: 2, stopped: 0, lock: "console"),
      ]
      stops[0].guest.machine.type("kill calculator\r")
      let fault = RPCCall(
        transaction: 1, target: HostileService.attack, arguments: HostileService.arguments(0))
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      // The NIC cannot know that core 0 has stopped at its held load, and gives it the first.
      for port in Stop.ports {
        let hostPort = try stops[1].guest.hostPort(ofGuestPort: port)
        try socket.send(fault.bytes, to: .loopback(port: hostPort))
      }
      for stop in stops {
        let lock = try #require(stop.lock)
        try stop.guest.machine.expectLine(
          containing: "PANIC: core \(stop.stopped) has kept the lock '\(lock)' for 5 s",
          within: .seconds(30))
        #expect(try stop.guest.machine.waitForExit() == .exited(70))
      }
    }

    @Test func stoppingACoreNeedsTheBootArgument() throws {
      let guest = try Guest { $0.coreCount = 2 }
      guest.machine.type("hang 1\r")
      try guest.machine.expectLine(containing: "hang: only with the boot argument debug=yes")
      try guest.expectBothServicesAnswer("after a refused hang")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
