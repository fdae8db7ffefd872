// A core that stops is found by another one, and the report says what every core and thread does.

import Harness
import Testing

extension BootTests {
  @Suite struct WatchdogTests {
    /// Core 0 is found by its deputy, core 1; the others by core 0.
    @Test(arguments: [(4, 3), (2, 1), (2, 0)]) func aStoppedCoreIsReported(
      cores: Int, stopped: Int
    ) throws {
      let guest = try Guest {
        $0.coreCount = cores
        $0.bootArguments = ["debug=yes"]
      }
      guest.machine.type("hang \(stopped)\r")
      try guest.machine.expectLine(containing: "core \(stopped) stops: asked for")
      try guest.machine.expectLine(containing: "state of the cores:", within: .seconds(30))
      for core in 0..<cores { try guest.machine.expectLine(containing: "  core \(core): ") }
      try guest.machine.expectLine(containing: "state of the threads and their endpoints:")
      try guest.machine.expectLine("thread 0, with the endpoint that it has") {
        $0.contains("  thread 0: process 1, endpoint ") && $0.contains(" attached, parked")
      }
      try guest.machine.expectLine(containing: "PANIC: core \(stopped) has stopped: for 5 s")
      #expect(try guest.machine.waitForExit() == .exited(70))
    }

    /// Idle cores, busy ones and those in a user loop are alive.
    @Test func coresThatWaitAreAlive() throws {
      let guest = try Guest { $0.coreCount = 4 }
      var client = try guest.echoClient()
      let end = ContinuousClock.now + .seconds(8)
      while ContinuousClock.now < end {
        #expect(try client.call(EchoService.null) == .success([]))
      }
      #expect(!guest.machine.console.text.contains("has stopped"))
      try guest.expectExit(typing: "exit", status: 0)
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
