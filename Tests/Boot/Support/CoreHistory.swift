// What all cores did over a run, by their state lines (interface §7.1).

import Interface

struct CoreHistory {
  struct Change {
    let nanoseconds: UInt64
    let core: Int
    let state: CoreState
  }

  private let cores: Int
  /// In order of time.
  private let changes: [Change]

  init(cores: Int, changes: [Change]) {
    self.cores = cores
    self.changes = changes
  }

  /// Goes through the spans between two changes, with what the cores did in each, until `visit`
  /// wants no more.
  private func forEachSpan(
    _ visit: (_ start: UInt64, _ end: UInt64, _ states: [CoreState]) -> Bool
  ) {
    var states = [CoreState](repeating: CoreState(mode: .offline), count: cores)
    var start: UInt64 = 0
    for change in changes {
      guard visit(start, change.nanoseconds, states) else { return }
      states[change.core] = change.state
      start = change.nanoseconds
    }
    _ = visit(start, .max, states)
  }

  /// The first time at or after another when so many cores did something at once.
  func firstTime(
    atOrAfter time: UInt64, whenAtLeast count: Int, _ isRight: (CoreState) -> Bool
  ) -> UInt64? {
    var first: UInt64?
    forEachSpan { start, end, states in
      guard end > time, states.count(where: isRight) >= count else { return true }
      first = max(start, time)
      return false
    }
    return first
  }

  /// How long cores did something between two times, summed over the cores.
  func nanoseconds(
    from begin: UInt64, to end: UInt64, _ isRight: (CoreState) -> Bool
  ) -> UInt64 {
    var sum: UInt64 = 0
    forEachSpan { spanStart, spanEnd, states in
      let (start, stop) = (max(spanStart, begin), min(spanEnd, end))
      if start < stop { sum += (stop - start) * UInt64(states.count(where: isRight)) }
      return spanEnd < end
    }
    return sum
  }

  /// How often a core began or ceased to do something between two times.
  func changes(from begin: UInt64, to end: UInt64, of isRight: (CoreState) -> Bool) -> Int {
    var number = 0
    var before = [Bool](repeating: false, count: cores)
    forEachSpan { start, _, states in
      let now = states.map(isRight)
      if start >= begin, start < end { number += zip(before, now).count { $0 != $1 } }
      before = now
      return start < end
    }
    return number
  }
}

extension CoreState {
  /// A worker of the process has the core.
  func serves(_ wanted: ProcessIdentifier) -> Bool { mode == .user && process == wanted }

  /// A thread of the process that has nothing to do with RPC has the core.
  func computes(for wanted: ProcessIdentifier) -> Bool { mode == .general && process == wanted }

  /// The core runs a general thread, and the NIC shall leave it alone.
  var isRetired: Bool { mode == .general && process != .kernel && !isPreemptible }
}
