// RCU in the kernel: processes end and start again while others look at the tables.

import Harness
import Testing

extension BootTests {
  @Suite struct ReclaimTests {
    static let victims = 6

    static func manifest(victims: Int) -> String {
      "echo\ncalculator\nrpcbind\nbatch argument=4300 threads=6\n"
        + (0..<victims).map { "echo name=victim-\($0) argument=\(4310 + $0) restart=always\n" }
        .joined()
    }

    /// Processes are killed one after the other, and come back, while echo answers and rpcbind reads
    /// the table of services: no call of theirs is lost, all memory comes back, and no grace period
    /// takes 30 ms.
    @Test(.timeLimit(.minutes(2)), arguments: [1, 4])
    func gracePeriodsEndWhileOthersRead(cores: Int) throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "rpcbind", "batch"],
        manifest: Self.manifest(victims: Self.victims))
      let guest = try Guest(
        archive: archive, ports: (0..<Self.victims).map { UInt16(4310 + $0) }
      ) { $0.coreCount = cores }
      let numbers = try Dictionary(
        uniqueKeysWithValues: guest.processes().compactMap { line -> (Int, String)? in
          guard let name = line.split(separator: " ").first(where: { $0.hasPrefix("victim-") }),
            let index = Int(name.dropFirst("victim-".count)),
            let number = line.dropFirst("process ".count).split(separator: ":").first
          else { return nil }
          return (index, String(number))
        })
      #expect(numbers.count == Self.victims)
      var echo = try guest.echoClient()
      var rpcbind = try guest.rpcbindClient()
      let rounds = 3
      for _ in 0..<rounds {
        for victim in 0..<Self.victims {
          guest.machine.type("kill \(numbers[victim] ?? "0")\n")
          for _ in 0..<10 {
            #expect(try echo.call(EchoService.null) == .success([]))
            // It asks the kernel for the program: findService.
            let port = try rpcbind.call(
              RpcbindService.getPort,
              RpcbindService.getPortArguments(program: CalculatorService.program, version: 1))
            #expect(port == .success([0, 0, 0x0f, 0xa2]), "port 4002")
          }
          try guest.machine.expectLine(containing: "victim-\(victim) (process")
          try guest.machine.expectLine(containing: "starts again")
        }
      }
      let statistics = try guest.statistics()
      let kills = UInt64(rounds * Self.victims)
      #expect(statistics["grace-periods", default: 0] > 0)
      #expect(statistics["grace-periods", default: .max] <= kills)
      #expect((1..<30_000).contains(statistics["longest-grace-us", default: .max]))
      #expect(statistics["violations"] == nil)
      for victim in 0..<Self.victims {
        var client = try guest.client(ofGuestPort: UInt16(4310 + victim))
        client.timeout = .milliseconds(500)
        let limit = ContinuousClock.now + .seconds(10)
        // The last one may not have registered its service yet.
        var answer = try client.call(EchoService.null)
        while answer != .success([]), ContinuousClock.now < limit {
          answer = try client.call(EchoService.null)
        }
        #expect(answer == .success([]), "victim \(victim)")
      }
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Ends of many processes lie in each other: a core begins one while others are in the middle of
    /// the ends and starts of others. All come back, the ends' announcements before the starts', and
    /// whoever did most of it has stack left.
    @Test(.timeLimit(.minutes(2)), arguments: [1, 2, 4])
    func allThatAreKilledAtOnceComeBack(cores: Int) throws {
      let (victims, rounds) = (16, 6)
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "rpcbind", "batch"],
        manifest: Self.manifest(victims: victims))
      let guest = try Guest(archive: archive) { $0.coreCount = cores }
      var echo = try guest.echoClient()
      let names = Set((0..<victims).map { "victim-\($0)" })
      for _ in 0..<rounds {
        guest.machine.type(names.map { "kill \($0)\n" }.joined())
        for _ in 0..<5 { #expect(try echo.call(EchoService.null) == .success([])) }
        var (killed, missing) = (Set<String>(), names)
        while !missing.isEmpty {
          let line = try guest.machine.expectLine("restart of \(missing.sorted())") {
            $0.contains("killed: asked for") || $0.contains("starts again")
          }
          let name = try #require(names.first { line.contains("\($0) (process") })
          if line.contains("starts again") {
            #expect(killed.contains(name))
            missing.remove(name)
          } else {
            killed.insert(name)
          }
        }
      }
      let statistics = try guest.statistics()
      #expect((1...Guest.mostStackBytes).contains(statistics["stack-used", default: .max]))
      #expect(statistics["violations"] == nil)
      try guest.expectBothServicesAnswer("after \(rounds) rounds of kills")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
