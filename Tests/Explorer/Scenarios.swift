// The machines that are explored: small ones through and through, large ones at random.

public enum Scenarios {
  /// Explored exhaustively by `make test`.
  public static let exhaustive: [Scenario] = [
    Scenario(
      "one core, threads start, two processes", cores: 1,
      processes: [ProcessPlan(calls: [.int, .refused]), ProcessPlan(calls: [.int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, reloads: 1, kills: 1),
      startsThreads: true),
    Scenario(
      "two cores, two processes, three calls", cores: 2,
      processes: [ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, reloads: 1, kills: 1)),
  ]
}
