// A shorter way to the same fault: steps are left out as long as the same rule still breaks.
//
// Delta debugging (A. Zeller and R. Hildebrandt, Simplifying and Isolating Failure-Inducing
// Input, IEEE TSE 28(2), 2002), with the world itself saying which steps are possible.

struct Shortening {
  private let scenario: Scenario
  /// Replays after which the shortest trace so far is good enough.
  private var replaysLeft = 4_000

  init(_ scenario: Scenario) { self.scenario = scenario }

  /// - Returns: a failure of the same rule with no more steps than `failure`.
  consuming func shorten(_ failure: Failure) -> Failure {
    var best = replay(failure.trace, rule: failure.fault.rule) ?? failure
    var size = best.trace.count / 2
    while size >= 1 {
      var start = 0
      var hasShrunk = false
      while start < best.trace.count, replaysLeft > 0 {
        replaysLeft -= 1
        var candidate = best.trace
        candidate.removeSubrange(start..<min(start + size, candidate.count))
        if let shorter = replay(candidate, rule: best.fault.rule),
          shorter.trace.count < best.trace.count
        {
          best = shorter
          hasShrunk = true
        } else {
          start += size
        }
      }
      if !hasShrunk || replaysLeft == 0 { size /= 2 }
      size = min(size, best.trace.count / 2)
    }
    return best
  }

  /// The trace as far as it can happen, up to the fault; nil when the rule does not break.
  private func replay(_ trace: [Action], rule: Rule) -> Failure? {
    guard var world = try? World(scenario) else { return nil }
    var done: [Action] = []
    var story: [String] = []
    do throws(Fault) {
      for action in trace where world.allows(action) {
        done.append(action)
        story.append(world.describe(action))
        try world.perform(action)
      }
      if world.actions().isEmpty { try world.checkEnd() }
    } catch {
      return error.rule == rule ? Failure(fault: error, trace: done, story: story) : nil
    }
    return nil
  }
}
