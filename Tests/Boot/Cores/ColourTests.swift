// R16: loads are held so that none shares a colour, and no more of them than the NIC allows.

import Harness
import Testing

extension BootTests {
  @Suite struct ColourTests {
    /// Programs with one worker each.
    private func guest(
      cores: Int, programs: Int, _ properties: [(name: String, value: String)]
    ) throws -> (guest: Guest, ports: [UInt16]) {
      let ports = (0..<programs).map { UInt16(4200 + $0) }
      let manifest = ports.map { "echo name=echo-\($0) argument=\($0)\n" }.joined()
      let archive = try ServiceArchive(programs: ["echo"], manifest: manifest)
      let guest = try Guest(archive: archive, ports: ports) {
        $0.coreCount = cores
        $0.deviceProperties = properties
      }
      return (guest, ports)
    }

    /// Cold calls, warm calls, and many at once.
    private func call(_ guest: Guest, _ ports: [UInt16], rounds: Int) throws {
      for _ in 0..<2 {
        for port in ports {
          var client = try guest.client(ofGuestPort: port)
          for _ in 0..<rounds { #expect(try client.call(EchoService.null) == .success([])) }
          let data = EchoService.echoArguments(EchoService.pattern(96 - 8))
          #expect(try client.call(EchoService.echo, data) == .success(data))
        }
      }
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      for (index, port) in ports.enumerated() {
        let call = RPCCall(
          transaction: UInt32(index + 1), target: EchoService.null, arguments: [])
        try socket.send(call.bytes, to: .loopback(port: guest.hostPort(ofGuestPort: port)))
      }
      for index in ports.indices {
        _ = try #require(try socket.receive(within: .seconds(5)), "after \(index) replies")
      }
    }

    /// As many workers as have classes of their own: nobody is sent away, and nothing waits.
    @Test(arguments: [(1, 30), (4, 27), (16, 15)])
    func r16NoColourIsShared(cores: Int, programs: Int) throws {
      let (guest, ports) = try guest(cores: cores, programs: programs, [("colours", "on")])
      try call(guest, ports, rounds: 3)
      let statistics = try guest.statistics()
      #expect(statistics["callsReplied"] == UInt64(ports.count * 9))
      #expect(statistics["loadsNotHeld"] == nil)
      #expect(statistics["colourWaits"] == nil)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// More cores and workers than classes: some are sent away, nearly nothing waits, nothing is lost.
    @Test(arguments: [(4, 40, "4096"), (17, 20, "4096"), (48, 20, "4096"), (4, 3, "100")])
    func r16WhoeverWouldShareAColourIsSentAway(
      cores: Int, programs: Int, endpoints: String
    ) throws {
      let (guest, ports) = try guest(
        cores: cores, programs: programs, [("colours", "on"), ("endpoints", endpoints)])
      // Workers of one class right after each other, so that their cores have both at the same time:
      // workers share the 31 classes that the kernel endpoints leave.
      let classes = 31 - min(cores, 15)
      let order = ports.indices.sorted { ($0 % classes, $0) < ($1 % classes, $1) }
      try call(guest, order.map { ports[$0] }, rounds: 3)
      let statistics = try guest.statistics()
      #expect(statistics["callsReplied"] == UInt64(ports.count * 9))
      #expect(try #require(statistics["loadsNotHeld"]) > 0)
      // A NIC of 100 endpoints has two classes, and none to spare for the state lines. With all, a
      // core that was told to leave may come back once, by an interrupt that was on its way, when
      // the load of another is held for which it made room.
      if endpoints == "4096" {
        let held = try #require(statistics["loadsHeld"])
        #expect(statistics["colourWaits", default: 0] * 100 <= held)
      }
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Cores above the limit sleep, and serve all the same.
    @Test(arguments: [1, 2, 3]) func r16CoresAboveTheLimitSleep(limit: Int) throws {
      let (guest, ports) = try guest(
        cores: 4, programs: 6, [("held-loads", String(limit))])
      guest.machine.type("cores\nhelp\n")
      var asleep = 0
      while true {
        let line = try guest.machine.expectLine("end of the cores", where: { _ in true })
        if line.hasPrefix("exit [status]") { break }
        if line.contains(": idle, ") { asleep += 1 }
      }
      // Core 0 may be awake for the console's sake. More may sleep: whoever came while a load counted
      // that its core had left for a starting program was sent away, and is woken by the first call
      // that wants it.
      #expect((4 - limit - 1..<4).contains(asleep))
      try call(guest, ports, rounds: 50)
      let statistics = try guest.statistics()
      #expect(statistics["callsReplied"] == UInt64(ports.count * 103))
      #expect(try #require(statistics["retirements"]) >= 4 - limit)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
