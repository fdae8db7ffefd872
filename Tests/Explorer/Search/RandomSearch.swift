// One long path through a large machine, chosen by a seed that reproduces it.

internal import Randomness

/// Walks through a scenario at random.
public struct RandomSearch {
  let scenario: Scenario
  /// Steps after which a path that has not ended is stuck.
  let limit: Int

  public init(_ scenario: Scenario, limit: Int = 1_000_000) {
    self.scenario = scenario
    self.limit = limit
  }

  public func run(seed: UInt64) -> Report {
    var generator = SplitMix(seed: seed)
    var report = Report()
    var trace: [Action] = []
    do throws(Fault) {
      var world = try World(scenario)
      while true {
        let actions = world.actions()
        guard !actions.isEmpty else {
          try world.checkEnd()
          report.ends = 1
          break
        }
        guard report.transitions < limit else {
          throw Fault(.liveness, "the path did not end after \(limit) steps")
        }
        let action = choose(actions, &generator)
        trace.append(action)
        try world.perform(action)
        report.transitions += 1
      }
    } catch {
      report.failure = Shortening(scenario).shorten(Failure(fault: error, trace: trace, story: []))
    }
    report.maximumDepth = report.transitions
    return report
  }

  /// Progress is likelier than trouble: all nuisances together have one chance in sixteen.
  private func choose(_ actions: [Action], _ generator: inout SplitMix) -> Action {
    let nuisances = actions.filter(\.isNuisance)
    let others = actions.filter { !$0.isNuisance }
    let chosen =
      nuisances.isEmpty || !others.isEmpty && generator.next() % 16 != 0 ? others : nuisances
    return chosen[Int(generator.next() % UInt64(chosen.count))]
  }
}

extension Action {
  var isNuisance: Bool {
    switch self {
    case .step, .drain, .fetchState, .fetchProcessState, .loseFetchedLine, .completeFetch, .arrive,
      .settle:
      false
    case .stallLimit, .interrupt, .preempt, .evict, .reload, .kill, .changeLimit, .readLoad: true
    }
  }
}
