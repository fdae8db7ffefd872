// Cores that follow the load: they retire from RPC duty for general threads, and are hired back.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct HiringTests {
    /// Six threads that compute, beside services, on four cores.
    private func makeGuest() throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "spin", "batch"],
        manifest: "echo\ncalculator\nspin argument=4406 threads=6\nbatch argument=4300 threads=8\n")
      return try Guest(archive: archive, ports: [4300, 4406]) { $0.coreCount = 4 }
    }

    private struct Moves {
      var retired = 0
      var retirements = 0
      var hires = 0
    }

    private func moves(_ guest: Guest) throws -> Moves {
      guest.machine.type("cores\n")
      let words = try guest.machine.expectLine(containing: " cores retired; ")
        .split(separator: " ").compactMap { Int($0) }
      #expect(words.count == 3)
      return Moves(retired: words[0], retirements: words[1], hires: words[2])
    }

    /// Waits until that many cores are retired.
    private func expectRetired(
      _ guest: Guest, _ when: Comment, where isRight: (Int) -> Bool
    ) throws {
      let limit = ContinuousClock.now + .seconds(20)
      var latest = try moves(guest)
      while !isRight(latest.retired), ContinuousClock.now < limit { latest = try moves(guest) }
      #expect(isRight(latest.retired), when)
    }

    /// Calls of the spin service, all under way at once.
    private final class Burst {
      let socket: UDPSocket
      let rounds: UInt64
      let count: Int

      init(_ guest: Guest, count: Int, rounds: UInt64) throws {
        socket = try UDPSocket(boundTo: .loopback(port: 0))
        self.count = count
        self.rounds = rounds
        for transaction in 0..<UInt32(count) {
          let call = RPCCall(
            transaction: transaction, target: SpinService.spin,
            arguments: SpinService.spinArguments(seed: UInt64(transaction), rounds: rounds))
          try socket.send(call.bytes, to: .loopback(port: guest.hostPort(ofGuestPort: 4406)))
        }
      }

      func expectAnswers() throws {
        for _ in 0..<count {
          let reply = try RPCReply(
            try #require(try socket.receive(within: .seconds(20))).datagram)
          var result = XDREncoder()
          result.encode(
            Int64(
              bitPattern: SpinService.result(seed: UInt64(reply.transaction), rounds: rounds)))
          #expect(reply.outcome == .success(result.bytes))
        }
      }
    }

    /// Paper §6: cores run batch threads while there are few calls, all serve when many come, and go
    /// back.
    @Test func coresFollowTheLoad() throws {
      let guest = try makeGuest()
      for round in 0..<3 {
        try expectRetired(guest, "before burst \(round)") { $0 >= 2 }
        let burst = try Burst(guest, count: 4, rounds: 10_000_000)
        try expectRetired(guest, "in burst \(round)") { $0 == 0 }
        try burst.expectAnswers()
      }
      try expectRetired(guest, "after the bursts") { $0 >= 2 }
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectBothServicesAnswer("beside retired cores")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Under a load that stays the same cores come to rest: with every core that comes back soon the
    /// window doubles, up to 1.28 s (`CoreAllocation`).
    @Test func steadyLoadMovesNoCores() throws {
      let guest = try makeGuest()
      try expectRetired(guest, "at first") { $0 >= 2 }
      var echo = try guest.echoClient()
      func movesDuring(_ duration: Duration) throws -> Int {
        let before = try moves(guest)
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
          #expect(try echo.call(EchoService.null) == .success([]))
        }
        let after = try moves(guest)
        return after.retirements + after.hires - before.retirements - before.hires
      }
      let first = try movesDuring(.seconds(3))
      let second = try movesDuring(.seconds(3))
      #expect(first <= 24, "\(first) moves, then \(second)")
      #expect(second <= 8, "\(first) moves, then \(second)")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
