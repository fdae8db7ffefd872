// More calls than a process can serve: which go first, and which are refused.

import Harness
import Testing

extension BootTests {
  @Suite struct OverloadTests {
    /// Calls of one process, which one thread on one core serves, sent without waiting.
    private final class Burst {
      let socket: UDPSocket
      let server: SocketAddress
      private(set) var sent: UInt32 = 0
      /// Transactions in the order of their replies, and whether the answer was right.
      private(set) var replies: [(transaction: UInt32, outcome: RPCOutcome)] = []

      init(_ guest: Guest) throws {
        server = .loopback(port: try guest.hostPort(ofGuestPort: SpinService.port))
        socket = try UDPSocket(boundTo: SocketAddress(address: 0, port: 0))
      }

      func send(_ procedure: RPCProcedure, rounds: UInt64, count: Int = 1) throws {
        for _ in 0..<count {
          sent += 1
          let arguments = SpinService.spinArguments(seed: UInt64(sent), rounds: rounds)
          let call = RPCCall(transaction: sent, target: procedure, arguments: arguments)
          try socket.send(call.bytes, to: server)
        }
      }

      /// - Returns: whether so many have come.
      func receive(_ count: Int, within limit: Duration = .seconds(20)) throws -> Bool {
        let end = ContinuousClock.now + limit
        while replies.count < count, ContinuousClock.now < end {
          guard let (datagram, _) = try socket.receive(within: .milliseconds(100)) else { continue }
          let reply = try RPCReply(datagram)
          replies.append((reply.transaction, reply.outcome))
        }
        return replies.count >= count
      }

      func count(_ outcome: RPCOutcome) -> Int { replies.count { $0.outcome == outcome } }
    }

    private func makeGuest(_ settings: String) throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["spin"], manifest: "spin threads=1 \(settings)\n")
      return try Guest(archive: archive, ports: [SpinService.port]) { $0.coreCount = 1 }
    }

    /// Interface §11: a short call of an urgent class does not wait behind long ones.
    @Test func r14AnUrgentCallGoesBeforeThoseThatWait() throws {
      let guest = try makeGuest("queue=64")
      let burst = try Burst(guest)
      // From here on a worker waits at its load, so the next call is in its hands when it comes.
      try burst.send(SpinService.short, rounds: 10)
      #expect(try burst.receive(1))
      // Keeps the core until all others have come.
      try burst.send(SpinService.spin, rounds: 20_000_000)
      try burst.send(SpinService.spin, rounds: 1_000, count: 20)
      try burst.send(SpinService.short, rounds: 10)
      #expect(try burst.receive(23))
      let order = burst.replies.map(\.transaction)
      #expect(order == [1, 2, 23] + Array(3...22))
      guest.machine.type("services\n")
      try guest.machine.expectLine(containing: "program 0x20000106 version 1 UDP port 4006")
      #expect(guest.machine.console.text.contains("classes 0 to 3"))
    }

    /// Interface §11, R7: a call that would wait longer than `wait=` is refused when it comes, and
    /// every call has exactly one end.
    @Test(arguments: [false, true]) func r7CallsThatWouldWaitTooLongAreRefused(drops: Bool) throws {
      let guest = try makeGuest("queue=1000 wait=20000 drop=\(drops ? "yes" : "no")")
      let burst = try Burst(guest)
      // The NIC learns how fast the queue gets shorter.
      try burst.send(SpinService.spin, rounds: 500_000, count: 10)
      #expect(try burst.receive(10))
      // Far more than two of 20 ms, at any speed that a machine for this has.
      let excess = 200
      try burst.send(SpinService.spin, rounds: 2_000_000)
      try burst.send(SpinService.spin, rounds: 500_000, count: excess)
      let all = 11 + excess
      var statistics: [String: UInt64] = [:]
      let limit = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < limit {
        _ = try burst.receive(all, within: .milliseconds(200))
        statistics = try guest.statistics()
        let refused =
          statistics["rejectedExpectedWait", default: 0] + statistics["droppedOverload", default: 0]
        if statistics["callsReplied", default: 0] + refused == UInt64(all) { break }
      }
      _ = try burst.receive(all, within: .milliseconds(200))
      let accepted = Int(statistics["callsAccepted", default: 0])
      #expect(statistics["callsReplied"] == UInt64(accepted))
      let refused = statistics[drops ? "droppedOverload" : "rejectedExpectedWait", default: 0]
      #expect(accepted + Int(refused) == all)
      #expect(statistics[drops ? "rejectedExpectedWait" : "droppedOverload"] == nil)
      #expect(statistics["rejectedOverload"] == nil)
      #expect(Int(refused) > excess / 2, "\(statistics)")
      #expect(burst.count(.acceptedError(.systemError)) == (drops ? 0 : Int(refused)))
      #expect(burst.replies.count == (drops ? accepted : all))
    }
  }
}
