// What a thread can be, and what it can become.

/// The state of a thread, as the core that owns its record sees it.
///
/// | from ╲ to | runnable | running | sleeping | blocked | parked | migrating | ended |
/// |---|---|---|---|---|---|---|---|
/// | created   | admitted |         |          |         |        | placed on another core | killed |
/// | runnable  |          | picked  |          |         |        | stolen, or affinity changed | killed |
/// | running   | preempted, yielded | | asked to | waits for a wake-up | waits for the NIC | affinity changed | exited, killed |
/// | sleeping  | time is over, woken | | |         |        | affinity changed | killed |
/// | blocked   | woken    |         |          |         |        | affinity changed | killed |
/// | parked    | the kernel wants it to run | named in CALL or RESUME | | | | admitted where it may not run | killed |
/// | migrating | received |         |          |         |        |           | killed |
/// | ended     |          |         |          |         |        |           |       |
public enum ThreadState: UInt8, Hashable, Sendable, CaseIterable {
  /// Has a context, was never in a run queue.
  case created
  /// In exactly one run queue.
  case runnable
  /// On exactly one core.
  case running
  /// In the sleep queue of exactly one core.
  case sleeping
  /// Waits for somebody to wake it; only its core's records say so.
  case blocked
  /// Waits for the NIC to want it on a core (paper §6): its endpoint has no core (R11).
  case parked
  /// On its way from one core's queues to another's; in exactly one mailbox or list of emigrants.
  case migrating
  /// Will never run again.
  case ended

  /// Whether the change is legal.
  public func canBecome(_ next: ThreadState) -> Bool {
    switch (self, next) {
    case (.created, .runnable), (.created, .migrating),
      (.runnable, .running), (.runnable, .migrating),
      (.running, .runnable), (.running, .sleeping), (.running, .blocked), (.running, .parked),
      (.running, .migrating),
      (.sleeping, .runnable), (.sleeping, .migrating),
      (.blocked, .runnable), (.blocked, .migrating),
      (.parked, .running), (.parked, .runnable), (.parked, .migrating),
      (.migrating, .runnable):
      true
    case (.ended, _): false
    case (_, .ended): true
    default: false
    }
  }
}
