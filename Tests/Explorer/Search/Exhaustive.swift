// Every path of a small machine: depth first, over all states that were not seen before.

/// What an exploration found.
public struct Report: Sendable, CustomStringConvertible {
  /// Different ones; 0: one path was walked and states were not told apart.
  public var states = 0
  public var transitions = 0
  public var maximumDepth = 0
  /// Paths that came to an end.
  public var ends = 0
  /// States from which every core went on in turn until all calls had ended.
  public var settlements = 0
  /// False: the limit came first.
  public var isComplete = true
  public var failure: Failure?

  public init() {}

  public var description: String {
    let extent = isComplete ? "all" : "the first"
    let text =
      states == 0
      ? "a path of \(transitions) steps"
      : "\(extent) \(states) states, \(transitions) transitions, depth \(maximumDepth), "
        + "\(ends) ends, \(settlements) settlements"
    return failure.map { "\(text)\n\($0)" } ?? text
  }
}

/// A broken rule and how to get there.
public struct Failure: Sendable, CustomStringConvertible {
  public let fault: Fault
  public let trace: [Action]
  /// The trace in words.
  public let story: [String]

  public var description: String {
    var lines = ["\(fault)", "after \(trace.count) steps:"]
    for (number, step) in story.enumerated() { lines.append("  \(number + 1). \(step)") }
    return lines.joined(separator: "\n")
  }
}

/// Explores a scenario exhaustively.
public struct ExhaustiveSearch {
  let scenario: Scenario
  /// States after which the search stops.
  let limit: Int
  /// Of so many states, one is settled (liveness).
  let settlementInterval: UInt64

  /// Called now and then, with what was found so far.
  public var progress: (@Sendable (Report) -> Void)?

  public init(_ scenario: Scenario, limit: Int = .max, settlementInterval: UInt64 = 64) {
    self.scenario = scenario
    self.limit = limit
    self.settlementInterval = settlementInterval
  }

  /// A state on the current path.
  private struct Visit {
    /// Nil when its last action has been taken.
    var world: World?
    let actions: [Action]
    var next = 0

    /// The next action and the world in which it happens; the last one takes the world away, so
    /// that nothing is copied.
    mutating func takeNext() -> (World, Action)? {
      guard next < actions.count, let world else { return nil }
      next += 1
      if next == actions.count { self.world = nil }
      return (world, actions[next - 1])
    }
  }

  public func run() -> Report {
    var report = Report()
    var path: [Visit] = []
    var isSettling = false
    do throws(Fault) {
      let start = try World(scenario)
      var seen: Set<Digest> = [start.digest]
      report.states = 1
      path.append(Visit(world: start, actions: start.actions()))
      while !path.isEmpty {
        guard case (var world, let action)? = path[path.count - 1].takeNext() else {
          path.removeLast()
          continue
        }
        try world.perform(action)
        report.transitions += 1
        let digest = world.digest
        guard seen.insert(digest).inserted else { continue }
        report.states += 1
        if let progress, report.states % 500_000 == 0 { progress(report) }
        if digest.sample % settlementInterval == 0 {
          isSettling = true
          var settled = world
          try settled.settle()
          isSettling = false
          report.settlements += 1
        }
        let actions = world.actions()
        guard !actions.isEmpty else {
          report.ends += 1
          try world.checkEnd()
          continue
        }
        guard report.states < limit else {
          report.isComplete = false
          return report
        }
        path.append(Visit(world: world, actions: actions))
        report.maximumDepth = max(report.maximumDepth, path.count)
      }
    } catch {
      let trace = path.map { $0.actions[$0.next - 1] } + (isSettling ? [.settle] : [])
      report.failure = Shortening(scenario).shorten(Failure(fault: error, trace: trace, story: []))
      report.isComplete = false
    }
    return report
  }
}
