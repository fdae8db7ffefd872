// The machines that are explored: small ones through and through, large ones at random.

import Interface

public enum Scenarios {
  /// Two cores, two processes, up to three calls, one of them with overflow lines or refused.
  private static func twoByTwo(
    _ name: String, _ budget: Budget, _ calls: [CallKind] = [.int, .int],
    storesFirst: Bool = false, fetches: FetchPlan = .atOnce
  ) -> Scenario {
    Scenario(
      "2 cores, 2 processes, \(calls.count + 1) calls, \(name)", cores: 2,
      processes: [ProcessPlan(calls: calls), ProcessPlan(calls: [.int])], budget: budget,
      storesFirst: storesFirst, fetches: fetches)
  }

  /// Fetches that take time: the answer follows (R4), or need not (R17).
  private static let fetching: [Scenario] = [
    twoByTwo("fetches before answers", Budget(), [.echo, .int], fetches: .beforeAnswer),
    twoByTwo(
      "fetches behind answers, overflow lines", Budget(), [.echo, .int], fetches: .behindAnswer),
    twoByTwo("fetches behind answers, an eviction", Budget(evictions: 1), fetches: .behindAnswer),
    twoByTwo("fetches behind answers, a kill", Budget(kills: 1), fetches: .behindAnswer),
    Scenario(
      "1 core, 2 processes, 4 calls, fetches behind answers, the first touch is a store, a preemption",
      cores: 1, processes: [ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int, .int])],
      budget: Budget(preemptions: 1), storesFirst: true, fetches: .behindAnswer),
    Scenario(
      "1 core, 1 process, 3 calls, fetches behind answers, everything once", cores: 1,
      processes: [ProcessPlan(calls: [.int, .echo, .int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1),
      fetches: .behindAnswer),
    Scenario(
      "2 cores, 1 process with 2 workers, 3 calls, fetches behind answers, a preemption", cores: 2,
      processes: [ProcessPlan(workers: 2, calls: [.int, .duplicate, .int])],
      budget: Budget(preemptions: 1), fetches: .behindAnswer),
  ]

  /// The same with more that happens.
  private static let largeFetching: [Scenario] = [
    twoByTwo(
      "fetches before answers, a preemption", Budget(preemptions: 1), fetches: .beforeAnswer),
    twoByTwo("fetches before answers, a kill", Budget(kills: 1), fetches: .beforeAnswer),
    twoByTwo(
      "fetches behind answers, 2 with overflow lines", Budget(), [.echo, .int, .echo],
      fetches: .behindAnswer),
    twoByTwo(
      "fetches behind answers, a stall limit", Budget(stallLimits: 1), fetches: .behindAnswer),
    twoByTwo("fetches behind answers, an interrupt", Budget(interrupts: 1), fetches: .behindAnswer),
    twoByTwo(
      "fetches behind answers, a preemption", Budget(preemptions: 1), fetches: .behindAnswer),
    twoByTwo(
      "fetches behind answers, the first touch is a store, a preemption", Budget(preemptions: 1),
      storesFirst: true, fetches: .behindAnswer),
    Scenario(
      "1 core, 1 process, 4 calls, fetches behind answers, everything once", cores: 1,
      processes: [ProcessPlan(calls: [.int, .echo, .refused, .int])],
      budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1),
      fetches: .behindAnswer),
    Scenario(
      "2 cores, 2 processes with 1 core each and 3 workers, 4 calls, fetches behind answers",
      cores: 2,
      processes: [
        ProcessPlan(workers: 2, maximumCores: 1, calls: [.int, .int]),
        ProcessPlan(calls: [.int, .int]),
      ], fetches: .behindAnswer),
  ]

  /// Explored exhaustively by `make test`.
  public static let exhaustive: [Scenario] =
    [
      Scenario(
        "1 core, 2 processes that start, 2 calls, everything once", cores: 1,
        processes: [ProcessPlan(calls: [.int]), ProcessPlan(calls: [.refused])],
        budget: Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1),
        startsThreads: true),
      twoByTwo("overflow lines", Budget(), [.echo, .int]),
      twoByTwo("a stall limit", Budget(stallLimits: 1)),
      twoByTwo("an eviction", Budget(evictions: 1)),
      twoByTwo("an interrupt", Budget(interrupts: 1)),
      twoByTwo("a kill", Budget(kills: 1)),
      twoByTwo("a preemption", Budget(preemptions: 1)),
      Scenario(
        "2 cores, 1 process with 2 workers, 3 calls, a preemption", cores: 2,
        processes: [ProcessPlan(workers: 2, calls: [.int, .duplicate, .int])],
        budget: Budget(preemptions: 1)),
      Scenario(
        "2 cores, 2 processes, 3 calls, the first touch is a store, a preemption", cores: 2,
        processes: [ProcessPlan(calls: [.int, .int]), ProcessPlan(calls: [.int])],
        budget: Budget(preemptions: 1), storesFirst: true),
      Scenario(
        "1 core, 2 processes, one with 2 classes, 5 calls, a preemption", cores: 1,
        processes: [
          ProcessPlan(intClass: .bulk, calls: [.int, .int, .echo, .echo]),
          ProcessPlan(calls: [.int]),
        ], budget: Budget(preemptions: 1)),
      twoByTwo("a change of limits", Budget(limitChanges: 1), [.int]),
      twoByTwo("two loads read", Budget(loadReads: 2), [.int]),
      Scenario(
        "2 cores, 2 processes with 1 core each and 3 workers, 4 calls", cores: 2,
        processes: [
          ProcessPlan(workers: 2, maximumCores: 1, calls: [.int, .int]),
          ProcessPlan(calls: [.int, .int]),
        ]),
    ] + fetching

  /// Explored exhaustively by `make explore`.
  public static let large: [Scenario] =
    [
      twoByTwo("a preemption and an eviction", Budget(preemptions: 1, evictions: 1)),
      twoByTwo("a preemption and a kill", Budget(preemptions: 1, kills: 1)),
      twoByTwo("a preemption and a stall limit", Budget(stallLimits: 1, preemptions: 1)),
      twoByTwo("two preemptions", Budget(preemptions: 2)),
      twoByTwo(
        "everything once",
        Budget(stallLimits: 1, interrupts: 1, preemptions: 1, evictions: 1, kills: 1)),
    ] + largeFetching

  /// Explored at random.
  public static let random: [Scenario] = [
    Scenario(
      "4 cores, 4 processes, 400 calls, everything often", cores: 4,
      processes: [
        ProcessPlan(workers: 3, maximumCores: 2, intClass: .background, calls: mixed(150)),
        ProcessPlan(workers: 4, maximumCores: 4, calls: mixed(100)),
        ProcessPlan(workers: 1, calls: mixed(50)),
        ProcessPlan(workers: 2, maximumCores: 1, queueLimit: 8, calls: mixed(100)),
      ],
      budget: Budget(
        stallLimits: 60, interrupts: 200, preemptions: 200, evictions: 200, kills: 0,
        limitChanges: 100, loadReads: 200),
      startsThreads: true, window: 12),
    Scenario(
      "4 cores, 4 processes, 400 calls, fetches behind answers, everything often", cores: 4,
      processes: [
        ProcessPlan(workers: 3, maximumCores: 2, intClass: .background, calls: mixed(150)),
        ProcessPlan(workers: 4, maximumCores: 4, calls: mixed(100)),
        ProcessPlan(workers: 1, calls: mixed(50)),
        ProcessPlan(workers: 2, maximumCores: 1, queueLimit: 8, calls: mixed(100)),
      ],
      budget: Budget(
        stallLimits: 60, interrupts: 200, preemptions: 200, evictions: 200, kills: 0,
        limitChanges: 100, loadReads: 200),
      startsThreads: true, storesFirst: true, fetches: .behindAnswer, window: 12),
    Scenario(
      "3 cores, 4 processes of which 2 die, 200 calls", cores: 3,
      processes: [
        ProcessPlan(calls: mixed(50)), ProcessPlan(calls: mixed(50)),
        ProcessPlan(calls: mixed(50)), ProcessPlan(workers: 2, calls: mixed(50)),
      ],
      budget: Budget(stallLimits: 20, interrupts: 50, preemptions: 50, evictions: 50, kills: 2),
      window: 10),
    Scenario(
      "2 cores, 4 processes, 200 calls, calm", cores: 2,
      processes: Array(repeating: ProcessPlan(calls: mixed(50)), count: 4), window: 8),
  ]

  private static func mixed(_ count: Int) -> [CallKind] {
    let pattern: [CallKind] = [.int, .echo, .int, .duplicate, .refused, .int, .echo, .duplicate]
    return (0..<count).map { pattern[$0 % pattern.count] }
  }
}
