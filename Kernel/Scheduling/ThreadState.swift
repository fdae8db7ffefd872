// What a thread can be, and what it can become.

/// The state of a thread, as its owner sees it.
///
///     created ──▶ runnable ──▶ running ──▶ parked ──▶ running …
///                    ▲            │  │        │
///                    └────────────┘  └──▶ ended ◀┘
public enum ThreadState: UInt8, Hashable, Sendable, CaseIterable {
  /// Has a context, was never in a run queue.
  case created
  /// In exactly one run queue.
  case runnable
  /// On exactly one core.
  case running
  /// Waits for the NIC to want it on a core (paper §6): its endpoint has no core.
  case parked
  /// Will never run again.
  case ended

  /// Whether the change is legal.
  public func canBecome(_ next: ThreadState) -> Bool {
    switch (self, next) {
    case (.created, .runnable), (.runnable, .running), (.parked, .running),
      (.running, .runnable), (.running, .parked), (.running, .ended),
      (.created, .ended), (.runnable, .ended), (.parked, .ended):
      true
    default: false
    }
  }
}
