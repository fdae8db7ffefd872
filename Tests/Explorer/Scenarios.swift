// The machines that are explored: small ones through and through, large ones at random.

public enum Scenarios {
  private static func twoByTwo(_ name: String, _ budget: Budget) -> Scenario {
    Scenario(
      "2 cores, 2 processes, 3 calls, \(name)", cores: 2,
      processes: [ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int])], budget: budget)
  }

  /// Explored exhaustively by `make test`.
  public static let exhaustive: [Scenario] = [
    Scenario(
      "1 core, 2 processes that start, 3 calls, everything once", cores: 1,
      processes: [ProcessPlan(calls: [.int, .refused]), ProcessPlan(calls: [.int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1),
      startsThreads: true),
    twoByTwo("nothing goes wrong", Budget()),
    twoByTwo("a stall limit", Budget(stallLimits: 1)),
    twoByTwo("a preemption", Budget(preemptions: 1)),
    twoByTwo("an eviction", Budget(evictions: 1)),
    twoByTwo("an interrupt", Budget(interrupts: 1)),
    twoByTwo("a kill", Budget(kills: 1)),
    twoByTwo("a preemption and an eviction", Budget(preemptions: 1, evictions: 1)),
    twoByTwo("a preemption and a kill", Budget(preemptions: 1, kills: 1)),
    twoByTwo(
      "everything once",
      Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1)),
  ]
}
