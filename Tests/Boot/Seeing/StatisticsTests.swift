// What kernel and NIC have counted: over RPC, at the console, in the live view; all say the same.

import Harness
import Testing

extension BootTests {
  @Suite struct StatisticsTests {
    private func makeGuest(_ configure: (inout MachineConfiguration) -> Void = { _ in }) throws
      -> (guest: Guest, port: UInt16)
    {
      let guest = try Guest(ports: [StatisticsService.port]) {
        $0.coreCount = 2
        configure(&$0)
      }
      return (guest, try guest.hostPort(ofGuestPort: StatisticsService.port))
    }

    /// Ten calls that are answered, one whose arguments do not fit.
    private func makeCalls(_ guest: Guest) throws {
      var echo = try guest.echoClient()
      for _ in 0..<10 { #expect(try echo.call(EchoService.null) == .success([])) }
      let outcome = try echo.call(EchoService.echo, [0, 0])
      #expect(outcome == .acceptedError(.garbageArguments))
    }

    @Test func callsAreCountedWhereTheyBelong() throws {
      let (guest, port) = try makeGuest()
      try makeCalls(guest)
      var client = try StatisticsClient(server: .loopback(port: port))
      let processes = try client.processes()
      #expect(processes.map(\.name) == ["calculator", "echo", "rpcbind", "statistics"])
      let echo = try #require(processes.first { $0.name == "echo" })
      #expect(echo.calls.accepted == 10 && echo.calls.replied == 10)
      #expect(echo.calls.cold + echo.calls.warm == 10 && echo.calls.cold >= 1)
      #expect(echo.calls.rejectedGarbageArguments == 1 && echo.calls.errors == 1)
      #expect(echo.threads == 1 && echo.starts == 1 && echo.queued == 0)

      let procedures = try client.procedures().filter { $0.process == echo.number }
      #expect(procedures.count == 2)
      let null = try #require(procedures.first { $0.procedure == 0 })
      #expect(null.calls.accepted == 10 && null.calls.errors == 0)
      #expect(UInt32(null.program) == EchoService.program && null.version == 1)
      let payload = try #require(procedures.first { $0.procedure == 1 })
      #expect(payload.calls.accepted == 0 && payload.calls.rejectedGarbageArguments == 1)

      // Cores: the sums are the NIC's.
      let cores = try client.cores()
      #expect(cores.map(\.number) == [0, 1])
      #expect(cores.reduce(0) { $0 + $1.coldCalls } >= 2)
      #expect(cores.reduce(0) { $0 + $1.dispatches } >= 2)
      #expect(cores.allSatisfy { $0.loadsHeld > 0 })

      // Stages: each call of the echo service, and those of this client so far.
      let spans = try client.spans()
      #expect(spans.map(\.number) == [0, 1, 2, 3])
      for span in spans {
        #expect(span.requests >= 1 && span.median <= span.percentile99)
        #expect(span.percentile99 <= span.percentile999 && span.percentile999 <= span.longest)
      }
      #expect(spans[3].requests > 10 && spans[3].longest >= spans[2].median)
      let system = try client.system()
      #expect(system.cores == 2 && system.processes == 4 && system.violations == 0)
      #expect(system.callsAccepted > 10 && system.uptimeNanoseconds > 0)
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test func theConsoleSaysTheSame() throws {
      let (guest, _) = try makeGuest()
      try makeCalls(guest)
      guest.machine.type("ps\rservices\rnic\rstats\r")
      try guest.machine.expectLine("the echo process's calls") {
        $0.hasPrefix("process 2: calls 10 ") && $0.hasSuffix(" replied 10 garbage 1")
      }
      try guest.machine.expectLine("the null procedure's calls") {
        $0.hasPrefix("procedure 0x20000101/1/0: calls 10 ")
      }
      try guest.machine.expectLine(containing: "procedure 0x20000101/1/1: garbage 1")
      try guest.machine.expectLine(containing: "core 1: held ")
      try guest.machine.expectLine(containing: "ns whole: requests 10 p50 ")
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test func theLiveViewShowsIt() throws {
      let (guest, port) = try makeGuest()
      try makeCalls(guest)
      let tool = guest.machine.configuration.artefacts.folder + "/../debug/wengen-top"
      try guest.machine.configuration.artefacts.require([tool])
      let view = try ChildProcess.run(tool, ["--once", "127.0.0.1:\(port)"])
      #expect(view.status == .exited(0), "\(view.errors)")
      #expect(view.output.contains("2 cores, 4 processes"))
      #expect(view.output.contains(#/echo +10 +- +1 /#))
      #expect(view.output.contains(#/0x20000101 1 0 +10 /#))
      #expect(view.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
      let wrong = try ChildProcess.run(tool, ["--twice"])
      #expect(wrong.status == .exited(64) && wrong.errors.contains("unknown option '--twice'"))
      guest.machine.kill()
      let alone = try ChildProcess.run(tool, ["--once", "127.0.0.1:\(port)"])
      #expect(alone.status == .exited(1) && !alone.errors.isEmpty)
    }

    /// A process that starts again counts anew; the others' counts stay.
    @Test func aNewLifeBeginsAtZero() throws {
      let (guest, port) = try makeGuest()
      try makeCalls(guest)
      guest.machine.type("kill echo\r")
      try guest.machine.expectLine(containing: "starts again")
      try guest.machine.expectLine(containing: "echo: program 0x20000101")
      var client = try StatisticsClient(server: .loopback(port: port))
      let echo = try #require(try client.processes().first { $0.name == "echo" })
      #expect(echo.calls.accepted == 0 && echo.starts == 2)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
