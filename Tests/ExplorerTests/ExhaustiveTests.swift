// Every path of small machines.

import Explorer
import Testing

@Suite struct ExhaustiveTests {
  @Test func oneCoreOneProcess() {
    let scenario = Scenario(
      "one core", cores: 1, processes: [ProcessPlan(calls: [.int, .int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 0))
    let report = ExhaustiveSearch(scenario).run()
    print("\(scenario.name): \(report)")
    #expect(report.failure == nil)
  }
}
