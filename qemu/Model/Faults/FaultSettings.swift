// What goes wrong on purpose: every nuisance of the real world, each off unless asked for.

/// What happens to frames in one direction. Probabilities per million, each drawn for each frame
/// in this order.
public struct WireFaults: Hashable, Sendable {
  /// The frame is lost.
  public var dropPerMillion: UInt32 = 0
  /// One bit of it is wrong.
  public var corruptPerMillion: UInt32 = 0
  /// It comes after the next frame, or after `FaultSettings.reorderNanoseconds`.
  public var reorderPerMillion: UInt32 = 0
  /// It comes twice.
  public var duplicatePerMillion: UInt32 = 0

  public init() {}

  var areOff: Bool {
    dropPerMillion == 0 && corruptPerMillion == 0 && reorderPerMillion == 0
      && duplicatePerMillion == 0
  }

  fileprivate var areProbabilities: Bool {
    dropPerMillion <= 1_000_000 && corruptPerMillion <= 1_000_000
      && reorderPerMillion <= 1_000_000 && duplicatePerMillion <= 1_000_000
  }
}

/// What a core that waits at its load sees first when it is preempted (R9, R10).
public enum InterruptOrder: UInt8, Hashable, Sendable, CaseIterable {
  /// The interrupt, at its load; the load is executed again after it.
  case interruptFirst
  /// The answer; the interrupt comes right after.
  case answerFirst
  case random
}

/// How often, and how much. All is drawn from one generator, so a run with the same seed and the
/// same inputs has the same faults.
public struct FaultSettings: Hashable, Sendable {
  public var seed: UInt64 = 0
  /// A load that misses waits this long before the home sees it.
  public var lineLatencyNanoseconds: UInt64 = 0
  /// An access of an endpoint's lines is preceded by the eviction of a line there.
  public var evictionsPerMillion: UInt32 = 0
  /// A load that would be held gets TRYAGAIN at once.
  public var earlyTryAgainsPerMillion: UInt32 = 0
  public var interruptOrder = InterruptOrder.interruptFirst
  public var received = WireFaults()
  public var sent = WireFaults()

  public init() {}

  /// How long a frame that is reordered waits for the one that overtakes it.
  static var reorderNanoseconds: UInt64 { 1_000_000 }

  /// Whether a load can be held at all: a latency that never ends, or TRYAGAIN for ever, is none.
  var arePossible: Bool {
    lineLatencyNanoseconds <= 1_000_000_000 && evictionsPerMillion <= 1_000_000
      && earlyTryAgainsPerMillion <= 1_000_000 && received.areProbabilities
      && sent.areProbabilities
  }
}
