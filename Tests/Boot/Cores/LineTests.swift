// State lines and load lines: what the kernel says is what the NIC knows, and the other way round.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct LineTests {
    /// A guest whose NIC writes down at the end what it knows.
    private func guest(
      cores: Int, archive: ServiceArchive? = nil, ports: [UInt16] = []
    ) throws -> (guest: Guest, view: String) {
      let path = NSTemporaryDirectory() + "wengen-view-\(UUID().uuidString).txt"
      let guest = try Guest(archive: archive, ports: ports) {
        $0.coreCount = cores
        $0.deviceProperties = [("view", path)]
      }
      return (guest, path)
    }

    /// What the kernel's tables say; no call is under way.
    private func kernelLines(_ guest: Guest) throws -> [String] {
      guest.machine.type("lines\n")
      var lines: [String] = []
      while true {
        let line = try guest.machine.expectLine("end of the lines", where: { _ in true })
        if line == "end of lines" { return lines }
        if ["core ", "process ", "load "].contains(where: line.hasPrefix) { lines.append(line) }
      }
    }

    private func expectAgreement(_ guest: Guest, _ view: String) throws -> [String] {
      defer { try? FileManager.default.removeItem(atPath: view) }
      let kernel = try kernelLines(guest)
      try guest.expectExit(typing: "exit", status: 0)
      let text = try String(contentsOfFile: view, encoding: .utf8)
      let nic = text.split(separator: "\n").map(String.init)
      #expect(kernel == nic)
      return kernel
    }

    /// §3.4: after calls that come from all sides, on as many cores as there are.
    @Test(arguments: [1, 2, 4, 17]) func theKernelAndTheNICKnowTheSame(cores: Int) throws {
      let ports = (0..<6).map { UInt16(4100 + $0) }
      let manifest = ports.map {
        "echo name=echo-\($0) argument=\($0) cores=\(1 + $0 % 3) weight=\(1 + $0 % 2) quantum=\($0 % 4 * 100)\n"
      }.joined()
      let archive = try ServiceArchive(programs: ["echo"], manifest: manifest)
      let (guest, view) = try guest(cores: cores, archive: archive, ports: ports)
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      var hosts: [UInt16] = []
      for port in ports { hosts.append(try guest.hostPort(ofGuestPort: port)) }
      var answered = 0
      var sent: UInt32 = 0
      while answered < 600 {
        while sent < 600, Int(sent) - answered < 24 {
          sent += 1
          let data = EchoService.echoArguments(EchoService.pattern(Int(sent) % 200))
          let call = RPCCall(transaction: sent, target: EchoService.echo, arguments: data)
          try socket.send(call.bytes, to: .loopback(port: hosts[Int(sent * sent) % hosts.count]))
        }
        _ = try #require(try socket.receive(within: .seconds(5)), "after \(answered) replies")
        answered += 1
      }
      let lines = try expectAgreement(guest, view)
      #expect(lines.count == cores + 2 * ports.count)
      // Somebody has served, and it is all over.
      let loads = lines.filter { $0.hasPrefix("load ") }
      #expect(loads.allSatisfy { $0.contains("waiting 0 ") && $0.contains(" busy 0 wanted 0 ") })
      let arrivals = loads.compactMap { line -> Int? in
        let words = line.split(separator: " ")
        return words.firstIndex(of: "arrivals").flatMap { Int(words[$0 + 1]) }
      }
      #expect(arrivals.reduce(0, +) == 600)
      #expect(lines.contains { $0.contains(": cores 0 to \(min(3, cores)) weight ") })
    }

    /// R14, §7.2: limits change by stores while calls wait; the load line says that they do.
    @Test func limitsChangeWhileCallsWait() throws {
      let archive = try ServiceArchive(programs: ["echo"], manifest: "echo\n")
      let (guest, view) = try guest(cores: 2, archive: archive)
      var client = try guest.echoClient()
      #expect(try client.call(EchoService.null) == .success([]))
      guest.machine.type("limits 1 0 0 1 0\n")
      #expect(try kernelLines(guest).contains { $0.hasPrefix("process 1: cores 0 to 0 ") })
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      for transaction in 1...3 as ClosedRange<UInt32> {
        let call = RPCCall(transaction: transaction, target: EchoService.null, arguments: [])
        try socket.send(call.bytes, to: .loopback(port: guest.echoPort))
      }
      #expect(try socket.receive(within: .milliseconds(300)) == nil)
      let waiting = try kernelLines(guest)
      #expect(waiting.contains { $0.hasPrefix("load 1: waiting 3 cores 0 busy 0 wanted 0 ") })
      guest.machine.type("limits 1 1 2 5 70\n")
      for _ in 0..<3 { #expect(try socket.receive(within: .seconds(5)) != nil) }
      let lines = try expectAgreement(guest, view)
      #expect(lines.contains { $0.hasPrefix("process 1: cores 1 to 2 weight 5 quantum 70000 ") })
      #expect(lines.contains { $0.contains(" arrivals 4 deliveries 4 ") })
    }

    @Test func limitsThatMakeNoSenseAreRefused() throws {
      let guest = try Guest { $0.coreCount = 1 }
      for bad in ["", "1", "1 0 1 0 0", "1 0 1 1 1000001", "1 0 65536 1 0"] {
        guest.machine.type("limits \(bad)\n")
        try guest.machine.expectLine(containing: "limits: a process as ps shows it")
      }
      guest.machine.type("limits 1 2 1 1 0\n")
      try guest.machine.expectLine(containing: "fewest cores, 2, are more than the most, 1")
      guest.machine.type("limits 60 0 1 1 0\n")
      try guest.machine.expectLine(containing: "no process 60 that runs")
    }
  }
}
