// The service that load generators call.

import Harness
import Testing

extension BootTests {
  @Suite struct SpinTests {
    @Test func spinComputesWhatItsClientExpects() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "spin"], manifest: "echo\ncalculator\nspin argument=4301\n"
      )
      let guest = try Guest(archive: archive, ports: [4301])
      var client = try guest.client(ofGuestPort: 4301)
      #expect(try client.call(SpinService.null) == .success([]))
      for rounds: UInt64 in [0, 1, 2, 1000, 12_345] {
        var expected = XDREncoder()
        expected.encode(Int64(bitPattern: SpinService.result(seed: 7, rounds: rounds)))
        let outcome = try client.call(
          SpinService.spin, SpinService.spinArguments(seed: 7, rounds: rounds))
        #expect(outcome == .success(expected.bytes), "\(rounds) rounds")
      }
      // Three instructions a round, as load generators reckon; little else.
      let record = try guest.record(ofLastCallBy: client)
      #expect(record.path == .warm)
      #expect((37_036...37_066).contains(record.instructions))
      let tooMany = try client.call(
        SpinService.spin,
        SpinService.spinArguments(seed: 7, rounds: SpinService.largestRounds + 1))
      #expect(tooMany == .acceptedError(.garbageArguments))
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
