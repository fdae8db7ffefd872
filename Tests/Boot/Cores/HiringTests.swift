// Cores that follow the load: they retire from RPC duty for general threads, and are hired back. In the
// host's time, so without bounds: what a client sends is as steady as its host. Those are in
// HiringTimesTests.

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

    /// Paper §6: cores run batch threads while there are few calls, all serve when many come, and go
    /// back.
    @Test func coresFollowTheLoad() throws {
      let guest = try makeGuest()
      for round in 0..<3 {
        try guest.expectCores("before burst \(round)") { $0.retired >= 2 }
        let burst = try Burst(guest, count: 4, rounds: 10_000_000)
        try guest.expectCores("in burst \(round)") { $0.retired == 0 }
        try burst.expectAnswers()
      }
      try guest.expectCores("after the bursts") { $0.retired >= 2 }
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectBothServicesAnswer("beside retired cores")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
