// Waiting until every core has passed a quiescent state.

public import Interface

/// One grace period: from an epoch's begin until every core has reported it.
///
/// A core that has passed need not pass again, so the cores are looked at until each has passed
/// once, not until all have at the same time; and the wait ends when each has.
public struct GracePeriod: Sendable {
  public let epoch: Epoch
  public let startNanoseconds: UInt64
  /// Cores that have not passed yet.
  public private(set) var laggards: CoreSet

  /// After this time the laggards are asked to schedule. Half of the 30 ms in which grace periods
  /// end; the stall limit (15 ms) makes most cores pass before.
  public static var patienceNanoseconds: UInt64 { 15_000_000 }

  /// - Parameters:
  ///   - epoch: the shared word after it was incremented, after the unlinking.
  ///   - cores: those that were ever started.
  public init(epoch: Epoch, cores: CoreSet, at nowNanoseconds: UInt64) {
    self.epoch = epoch
    startNanoseconds = nowNanoseconds
    laggards = cores
  }

  public var isOver: Bool { laggards.isEmpty }

  /// Looks at the cores that have not passed yet.
  ///
  /// - Parameter report: loads a core's word, acquire. Before the first look there was a DMB ISH.
  /// - Returns: whether the grace period is over.
  public mutating func look(_ report: (CoreIdentifier) -> QuiescentReport) -> Bool {
    var remaining = laggards
    while let core = remaining.popFirst() {
      if report(core).hasPassed(epoch) { laggards.remove(core) }
    }
    return isOver
  }

  /// Cores to ask for a reschedule (`Mailbox.postReschedule`) since they take too long.
  public func overdue(at nowNanoseconds: UInt64) -> CoreSet {
    nowNanoseconds >= startNanoseconds + Self.patienceNanoseconds ? laggards : .none
  }
}
