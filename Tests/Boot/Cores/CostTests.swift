// What the kernel's paths cost, in guest instructions: the numbers that must not grow unnoticed.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct CostTests {
    /// A row of the table of paths that `wengen-trace` prints.
    private struct Row {
      let count: Int
      let median: Int

      init?(_ name: String, in summary: String) {
        guard let line = summary.split(separator: "\n").first(where: { $0.hasPrefix(name) })
        else { return nil }
        let numbers = line.dropFirst(name.count).split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 5 else { return nil }
        (count, median) = (numbers[0], numbers[1])
      }
    }

    /// What `wengen-trace` says of a run whose NIC wrote its events into `folder`.
    private func summary(of guest: Guest, _ folder: String) throws -> String {
      let artefacts = guest.machine.configuration.artefacts
      let converter = artefacts.folder + "/../debug/wengen-trace"
      try artefacts.require([converter])
      let result = try ChildProcess.run(
        converter, ["--nic", folder + "/nic.bin", "--out", folder + "/out"])
      #expect(result.status == .exited(0), "\(result.errors)")
      print(result.output)
      return result.output
    }

    /// From the NIC's interrupt in one process's handler to the first load of another's, all of it:
    /// interrupt, saved context, dispatch thread, the other's address space.
    @Test(arguments: [false, true]) func preemptionStaysShort(inFloatingPoint: Bool) throws {
      let folder = NSTemporaryDirectory() + "wengen-costs-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let archive = try ServiceArchive(
        programs: ["spin"],
        manifest: (4100...4101).map {
          "spin name=spin-\($0) argument=\($0) threads=1 quantum=50\n"
        }.joined())
      let guest = try Guest(archive: archive, ports: [4100, 4101]) {
        $0.coreCount = 1
        $0.deterministic = true
        // Time counts instructions, but a call shall come while a handler runs.
        $0.deviceProperties = [("lockstep", "off")]
        $0.traceFile = folder + "/nic.bin"
      }
      var other = try guest.client(ofGuestPort: 4101)
      let socket = try UDPSocket(boundTo: SocketAddress(address: 0, port: 0))
      let server = SocketAddress.loopback(port: try guest.hostPort(ofGuestPort: 4100))
      let rounds: UInt32 = 12
      for round in 1...rounds {
        let call =
          inFloatingPoint
          ? RPCCall(
            transaction: round, target: SpinService.real,
            arguments: SpinService.realArguments(seed: 1 / Double(round), rounds: 700_000))
          : RPCCall(
            transaction: round, target: SpinService.spin,
            arguments: SpinService.spinArguments(seed: UInt64(round), rounds: 3_000_000))
        try socket.send(call.bytes, to: server)
        // The handler runs for 9 ms of the guest's time. Which of two calls comes first is the host's
        // choice: the other process is called until this one has answered.
        var datagram: [UInt8]?
        let limit = ContinuousClock.now + .seconds(10)
        while datagram == nil, ContinuousClock.now < limit {
          #expect(try other.call(SpinService.null) == .success([]))
          datagram = try socket.receive(within: .zero)?.0
        }
        #expect(try RPCReply(try #require(datagram)).transaction == round)
      }
      try guest.expectExit(typing: "exit", status: 0)
      let preemption = try #require(
        Row("preemption (ns)", in: try summary(of: guest, folder)))
      #expect(preemption.count >= Int(rounds) / 2)
      // The errata of ThunderX-1 cost 21 of them.
      #expect(preemption.median <= (inFloatingPoint ? 245 : 225))
    }

    /// Two processes want the only core: every call is cold, and the other's worker yields to it.
    @Test func pathsStayShort() throws {
      let folder = NSTemporaryDirectory() + "wengen-costs-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      // The NIC's events only: the kernel's own would be part of what is measured.
      let guest = try Guest {
        $0.coreCount = 1
        $0.deterministic = true
        $0.traceFile = folder + "/nic.bin"
      }
      var echo = try guest.echoClient()
      var calculator = try guest.calculatorClient()
      let rounds = 20
      for _ in 0..<rounds {
        for _ in 0..<2 { #expect(try echo.call(EchoService.null) == .success([])) }
        #expect(try calculator.call(CalculatorService.null) == .success([]))
      }
      try guest.expectExit(typing: "exit", status: 0)
      let output = try summary(of: guest, folder)
      let call = try #require(Row("⑤ ⑥ ⑦ call", in: output))
      #expect(call.median == 11)
      let cold = try #require(Row("③ ④ cold dispatch", in: output))
      #expect(cold.count >= 2 * rounds - 1)
      #expect(cold.median <= 110)
      let yield = try #require(Row("YIELDNOW to kernel", in: output))
      #expect(yield.count >= 2 * rounds - 2)
      #expect(yield.median <= 40)
    }

    /// What a core costs that waits: a round for each stall limit, of its dispatch thread or of a worker.
    @Test(.timeLimit(.minutes(1))) func waitingStaysCheap() throws {
      let folder = NSTemporaryDirectory() + "wengen-costs-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let archive = try ServiceArchive(
        programs: ["calculator", "echo"], manifest: "calculator\necho\n")
      let guest = try Guest(archive: archive) {
        $0.coreCount = 3
        // Core 0 has the console, which is asked below; so the worker that waits has another.
        $0.bootArguments = ["policy=static-partition"]
        $0.traceFile = folder + "/nic.bin"
      }
      var echo = try guest.echoClient()
      #expect(try echo.call(EchoService.null) == .success([]))
      #expect(try guest.record(ofLastCallBy: echo).core != 0)
      func answers() throws -> UInt64 { try guest.statistics()["NIC messagesTryAgain", default: 0] }
      let before = try answers()
      while try answers() < before + 60 {}
      try guest.expectExit(typing: "exit", status: 0)
      let output = try summary(of: guest, folder)
      let kernel = try #require(Row("TRYAGAIN, kernel", in: output))
      let worker = try #require(Row("TRYAGAIN, worker", in: output))
      #expect(kernel.count >= 10 && worker.count >= 10)
      // 21; the table knows medians to four.
      #expect(kernel.median <= 23)
      #expect(worker.median == 9)
    }

    /// The shortest system call there is: one that is refused.
    @Test func systemCallsStayShort() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "hostile"], manifest: "echo\ncalculator\nhostile\n")
      let guest = try Guest(archive: archive, ports: [4099]) { $0.coreCount = 1 }
      var client = try guest.client(ofGuestPort: 4099)
      func instructions(calls: UInt32) throws -> UInt64 {
        let outcome = try client.call(HostileService.calls, HostileService.arguments(calls))
        #expect(outcome == .success([]))
        return try guest.record(ofLastCallBy: client).instructions
      }
      _ = try instructions(calls: 1)
      let few = try instructions(calls: 1)
      let many = try instructions(calls: 1001)
      let each = (many - few) / 1000
      print("a refused system call: \(each) instructions")
      #expect(each > 20 && each <= 250)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
