// Long paths through larger machines.

import Explorer
import Foundation
import Testing

@Suite struct RandomTests {
  /// Two seeds that never change and a fresh one; WENGEN_TEST_SEED replaces them all.
  static let seeds: [UInt64] = {
    if let text = ProcessInfo.processInfo.environment["WENGEN_TEST_SEED"], let seed = UInt64(text) {
      return [seed]
    }
    return [1, 2, UInt64.random(in: 3...(.max))]
  }()

  @Test(arguments: Scenarios.random.indices, seeds)
  func everyRuleHoldsAndEveryCallEnds(index: Int, seed: UInt64) {
    let scenario = Scenarios.random[index]
    let report = RandomSearch(scenario).run(seed: seed)
    print("WENGEN_TEST_SEED=\(seed) \(scenario.name): \(report)")
    #expect(report.failure == nil, "WENGEN_TEST_SEED=\(seed)")
    #expect(report.ends == 1)
  }

  @Test func aSeedReproduces() {
    let scenario = Scenarios.random[2]
    #expect(
      RandomSearch(scenario).run(seed: 5).transitions
        == RandomSearch(scenario).run(seed: 5).transitions)
  }
}
