// Shares of a core by weight, as `services.conf` says them.

import Harness
import Testing

extension BootTests {
  @Suite struct WeightTests {
    static let weights: [UInt64] = [1, 2, 4]

    static var manifest: String {
      "echo\ncalculator\n"
        + weights.enumerated().map { index, weight in
          "batch name=batch-\(weight) argument=\(4300 + index) threads=3 weight=\(weight)\n"
        }.joined()
    }

    /// What `ps` says of the batch processes, by weight: milliseconds that they have run.
    private func milliseconds(_ guest: Guest) throws -> [UInt64: UInt64] {
      var times: [UInt64: UInt64] = [:]
      for line in try guest.processes() where line.contains(": batch-") {
        let words = line.split { $0 == " " || $0 == "," }.map(String.init)
        let said = words.firstIndex(of: "weight").flatMap { UInt64(words[$0 + 1]) }
        let weight = try #require(said)
        let time = words.firstIndex(of: "ms").flatMap { UInt64(words[$0 + 1]) }
        let milliseconds: UInt64 = try #require(time)
        times[weight] = milliseconds
      }
      #expect(Set(times.keys) == Set(Self.weights))
      return times
    }

    /// Three processes that compute on one core: within 5 % of their shares over half a second of
    /// the guest's time, which counts instructions.
    @Test func coresAreSharedByWeight() throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "batch"], manifest: Self.manifest)
      let guest = try Guest(archive: archive, ports: [4300, 4301, 4302]) {
        $0.coreCount = 1
        $0.deterministic = true
      }
      let before = try milliseconds(guest)
      var ran: [UInt64: UInt64] = [:]
      var sum: UInt64 = 0
      let limit = ContinuousClock.now + .seconds(30)
      while sum < 500, ContinuousClock.now < limit {
        ran = try milliseconds(guest).merging(before) { after, before in after - before }
        sum = ran.values.reduce(0, +)
      }
      #expect(sum >= 500)
      let weightSum = Double(Self.weights.reduce(0, +))
      for weight in Self.weights {
        let expected = Double(sum) * Double(weight) / weightSum
        let share = Double(ran[weight, default: 0])
        #expect(abs(share - expected) <= 0.05 * expected, "weight \(weight): \(ran)")
      }
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
