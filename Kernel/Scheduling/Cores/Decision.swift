// What `schedule` is told and what it answers.

public import Interface

/// What a core is for at the moment (`CoreAllocation` decides).
public enum CoreDuty: UInt8, Hashable, Sendable, CaseIterable {
  /// Waits on its kernel endpoint when it has nothing to run; calls come before general threads.
  case rpc
  /// Retired (paper §6): runs general threads, and never waits for the NIC.
  case general
}

/// What the NIC says, as far as it concerns one decision. Read from coherent lines: a hint, true
/// a moment ago.
public struct SchedulingHints: Hashable, Sendable {
  /// Calls that wait in the NIC for a core.
  public var callsWaiting: UInt32
  /// Whether this core may hold a load now: the directory's limit on held lines (R16).
  public var mayHoldLoad: Bool

  public init(callsWaiting: UInt32 = 0, mayHoldLoad: Bool = true) {
    self.callsWaiting = callsWaiting
    self.mayHoldLoad = mayHoldLoad
  }
}

/// What a core shall do next. A deadline is when the generic timer shall interrupt; without one
/// it is off (no tick when one thread runs). Times are on the clock that the caller passes in.
public enum Decision: Hashable, Sendable {
  /// Run this thread; it is `running` now.
  case run(ThreadIdentifier, deadlineNanoseconds: UInt64?)
  /// Load the kernel endpoint, and wait there for the NIC.
  case dispatchLoop(deadlineNanoseconds: UInt64?)
  /// Wait for an interrupt.
  case idle(deadlineNanoseconds: UInt64?)
}

/// Why a thread leaves its core.
public enum StopReason: Hashable, Sendable {
  /// It would go on: its slice is over, or something else is more urgent.
  case preempted
  /// It lets others go first.
  case yielded
  case sleeps(untilNanoseconds: UInt64)
  /// Until `wake`.
  case blocks
  /// Until the NIC names it (R11); RPC workers only.
  case parks
  case ends
}

/// What became of a wake-up.
public enum WakeOutcome: Hashable, Sendable {
  /// The thread is ready here, or an emigrant (`CoreScheduler.emigrant`); whether it should run before
  /// the one that runs now.
  case ready(preempts: Bool)
  /// The thread is not waiting, or has not arrived yet: its next wait ends at once.
  case remembered
  /// The thread is known to another core: post the wake-up there.
  case elsewhere(CoreIdentifier)
}
