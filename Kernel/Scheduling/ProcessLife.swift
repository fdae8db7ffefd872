// A process's lives, one after the other: what there is to do about it next.
//
//     begin ──▶ runs ──▶ end, stop ──▶ threads leave ──▶ unlink ──▶ readers leave ──▶ free ──▶ begin …
//
// Whether another life follows is decided in the step that begins the end, not after it: what is left
// to do from then on is done by whatever core comes first, and a process whose end nobody has decided
// about is to that core one that never runs again.

/// What the supervisor does about a process next.
public enum ProcessStep: Hashable, Sendable {
  /// Nothing: it runs.
  case none
  /// Its threads leave their cores; then `unlink`.
  case endThreads
  /// Who found it in a table may still look at it; then `free`.
  case awaitReaders
  /// Nothing before this time.
  case wait(untilNanoseconds: UInt64)
  /// It starts again: `begin` or `noteFailedStart`.
  case start
  /// It will not run again.
  case remove
}

/// What follows the end of a life.
public enum NextLife: Hashable, Sendable {
  /// Another one, at that time.
  case starts(atNanoseconds: UInt64)
  case none
  /// None, since there were too many ends in a row.
  case tooManyEnds
}

/// Where a process is between its first start and its last end.
public struct ProcessLife: Sendable {
  private enum Stage {
    case runs, ends, isUnlinked, isFree
  }

  private var stage = Stage.isFree
  private var history = RestartHistory()
  /// When the next life begins; nil: there is none, or not yet an end.
  private var nextStartNanoseconds: UInt64?

  public init() {}

  /// Lives so far.
  public var starts: UInt32 { history.starts }

  /// Whether its end has not begun.
  public var runs: Bool { stage == .runs }

  public func step(at nowNanoseconds: UInt64) -> ProcessStep {
    switch stage {
    case .runs: return .none
    case .ends: return .endThreads
    case .isUnlinked: return .awaitReaders
    case .isFree:
      guard let start = nextStartNanoseconds else { return .remove }
      return start <= nowNanoseconds ? .start : .wait(untilNanoseconds: start)
    }
  }

  public mutating func begin(atNanoseconds now: UInt64) {
    precondition(stage == .isFree, "a process lives one life at a time")
    stage = .runs
    nextStartNanoseconds = nil
    history.noteStart(nowNanoseconds: now)
  }

  /// It should have begun again, and could not.
  public mutating func noteFailedStart(atNanoseconds now: UInt64) {
    precondition(stage == .isFree, "a process that runs has started")
    nextStartNanoseconds = history.nextStart(nowNanoseconds: now)
  }

  /// The life ends, whoever wants it.
  /// - Returns: what follows; nil when its end has begun already.
  public mutating func end(restarts: Bool, atNanoseconds now: UInt64) -> NextLife? {
    guard stage == .runs else { return nil }
    stage = .ends
    guard restarts else { return NextLife.none }
    nextStartNanoseconds = history.nextStart(nowNanoseconds: now)
    return nextStartNanoseconds.map { .starts(atNanoseconds: $0) } ?? .tooManyEnds
  }

  /// The life ends, or the wait for the next one, and none follows; nor does one follow an end that
  /// has begun.
  /// - Returns: false when its end has begun already.
  public mutating func stop() -> Bool {
    nextStartNanoseconds = nil
    if stage == .runs { stage = .ends } else if stage != .isFree { return false }
    return true
  }

  /// Its last thread has ended, and no table leads to it any more.
  public mutating func unlink() {
    precondition(stage == .ends, "the process runs, or was unlinked before")
    stage = .isUnlinked
  }

  /// Nobody can reach it any more.
  public mutating func free() {
    precondition(stage == .isUnlinked, "somebody may still look at the process")
    stage = .isFree
  }
}
