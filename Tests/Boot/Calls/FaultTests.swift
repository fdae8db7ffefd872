// Everything goes wrong at once, and no call is lost that was accepted (R7).

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct FaultTests {
    /// One call, and what its reply must be.
    private struct Expectation {
      let call: RPCCall
      let port: UInt16
      let outcome: RPCOutcome
    }

    private func expectation(_ number: UInt32, _ guest: Guest) -> Expectation {
      guard number % 3 == 0 else {
        let data = EchoService.echoArguments(EchoService.pattern(Int(number) * 7 % 700))
        return Expectation(
          call: RPCCall(transaction: number, target: EchoService.echo, arguments: data),
          port: guest.echoPort, outcome: .success(data))
      }
      let arguments = CalculatorService.addArguments(Int32(number), 1)
      let sum = number + 1
      return Expectation(
        call: RPCCall(transaction: number, target: CalculatorService.add, arguments: arguments),
        port: guest.calculatorPort,
        outcome: .success((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }))
    }

    /// The device's counters, which it writes when QEMU ends.
    private func counters(_ path: String) throws -> [String: UInt64] {
      var counters: [String: UInt64] = [:]
      for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ")
        counters[String(words[0])] = UInt64(words[1])
      }
      return counters
    }

    /// A client that never sends a call again: what the wire lost stays lost, and is counted.
    /// Handlers are preempted after a microsecond when another process waits, and cores at their
    /// held loads by the kernel, in either order (R9, R10).
    @Test func r7FiveThousandCallsUnderAllFaultsAtOnce() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator"], manifest: "echo quantum=1\ncalculator quantum=1\n")
      let path = NSTemporaryDirectory() + "wengen-counters-\(UUID().uuidString).txt"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let perMillion = "10000"
      var properties = [
        ("seed", "20261123"), ("stall-limit", "1000000"), ("line-latency", "2000"),
        ("evictions", "50000"), ("early-tryagain", "100000"), ("interrupt-order", "random"),
        ("counters", path),
      ]
      for direction in ["receive", "send"] {
        for fault in ["drop", "corrupt", "reorder", "duplicate"] {
          properties.append(("\(direction)-\(fault)", perMillion))
        }
      }
      print("faults: \(properties.map { "\($0.0)=\($0.1)" }.joined(separator: ","))")
      let guest = try Guest(archive: archive) {
        $0.coreCount = 4
        $0.deviceProperties = properties.map { (name: $0.0, value: $0.1) }
      }
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      let calls: UInt32 = 5000
      let window = 24
      var outstanding: Set<UInt32> = []
      var answered: Set<UInt32> = []
      var replies = 0
      var next: UInt32 = 1
      while next <= calls || !outstanding.isEmpty {
        while next <= calls, outstanding.count < window {
          if next % 25 == 0 { guest.machine.type("preempt \(next / 25 % 4)\n") }
          let expected = expectation(next, guest)
          try socket.send(expected.call.bytes, to: .loopback(port: expected.port))
          outstanding.insert(next)
          next += 1
        }
        guard let (bytes, _) = try socket.receive(within: .milliseconds(200)) else {
          // The wire lost these, or their replies.
          outstanding = []
          continue
        }
        let reply = try RPCReply(bytes)
        #expect((1..<next).contains(reply.transaction))
        #expect(
          reply.outcome == expectation(reply.transaction, guest).outcome,
          "call \(reply.transaction)")
        replies += 1
        answered.insert(reply.transaction)
        outstanding.remove(reply.transaction)
      }
      let statistics = try guest.statistics()
      #expect(statistics["violations"] == nil)
      #expect(statistics["faults", default: 0] == 0)
      try guest.expectExit(typing: "exit", status: 0)

      let counters = try counters(path)
      func count(_ name: String) throws -> Int { Int(try #require(counters[name], "\(name)")) }
      func sum(_ names: String...) throws -> Int { try names.reduce(0) { try $0 + count($1) } }
      // R7: nothing is left over, and nothing failed.
      #expect(
        try count("callsAccepted")
          == sum(
            "callsReplied", "callsFailedByHandler", "callsFailedMalformedResponse",
            "callsFailedByKernel", "callsFailedProcessRemoved"))
      #expect(try count("callsAccepted") == count("callsReplied"))
      #expect(try count("violations") == 0)
      // Every call that has no reply was lost on the wire, on one of its two ways.
      let lost = Int(calls) - answered.count
      #expect(
        try lost
          <= sum(
            "faultReceivedDropped", "faultReceivedCorrupted", "faultSentDropped",
            "faultSentCorrupted"))
      #expect(
        try replies
          <= count("callsReplied") + count("faultSentDuplicated"), "replies from nowhere")
      #expect(answered.count > Int(calls) * 9 / 10)
      // 200 of them by the kernel.
      let preemptions = try count("preemptions")
      #expect(preemptions >= 200)
      for fault in [
        "faultReceivedDropped", "faultReceivedCorrupted", "faultReceivedReordered",
        "faultReceivedDuplicated", "faultSentDropped", "faultSentCorrupted",
        "faultSentReordered", "faultSentDuplicated", "faultEvictions", "faultEarlyTryAgains",
        "faultDelayedRequests", "faultAnswersFirst",
      ] {
        #expect(try count(fault) > 0, "\(fault)")
      }
      print(
        "\(answered.count) of \(calls) calls answered, \(replies) replies, \(lost) lost, "
          + "\(preemptions) preemptions")
    }
  }
}
