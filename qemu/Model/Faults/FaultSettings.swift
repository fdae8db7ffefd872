// What goes wrong on purpose: every nuisance of the real world, each off unless asked for.

/// How often, and how much. Probabilities are per million; all are drawn from one generator, so
/// a run with the same seed and the same inputs has the same faults.
public struct FaultSettings: Hashable, Sendable {
  public var seed: UInt64 = 0
  /// A load that misses waits this long before the home sees it.
  public var lineLatencyNanoseconds: UInt64 = 0
  /// An access of an endpoint's lines is preceded by the eviction of a line there.
  public var evictionsPerMillion: UInt32 = 0

  public init() {}
}
