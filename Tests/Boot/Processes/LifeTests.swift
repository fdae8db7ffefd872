// Processes that come and go: what their numbers and identifiers must survive.

import Harness
import Testing

extension BootTests {
  @Suite struct LifeTests {
    /// More lives than there are address space identifiers. One process has the port that all want;
    /// the others are refused it, end, and come back until their history says enough.
    @Test(.timeLimit(.minutes(2))) func identifiersBeginAnewAndNobodyNotices() throws {
      let manifest =
        "echo\ncalculator\n"
        + (0..<48).map { "hostile name=rival-\($0)\n" }.joined()
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "hostile"], manifest: manifest)
      let guest = try Guest(archive: archive)
      let bystander = Bystander(port: guest.echoPort, atLeast: 1_000)
      try guest.machine.expectLine(
        containing: "address space identifiers begin anew", within: .seconds(30))
      let (calls, losses) = bystander.finish()
      #expect(calls >= 1_000)
      #expect(losses == 0)
      try guest.expectBothServicesAnswer("after the identifiers began anew")
      let statistics = try guest.statistics()
      #expect(statistics["faults", default: 0] == 0)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
