// Notices a core that has stopped.
//
// A core that lives counts: messages, interrupts, system calls. One in a user loop or at a held load
// need not (to RCU it is in an extended quiescent state), so a core that has not counted is asked, by
// an interrupt, and only one that does not answer several times in a row has stopped.

/// What is known of one core's progress.
public struct CoreWatch: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    case alive
    /// Nothing was counted since the last round: interrupt it, and see in the next one.
    case ask
    case stopped
  }

  /// Rounds without an answer that a core may have, before it counts as stopped.
  public static var limit: UInt16 { 10 }

  private var activity: UInt64 = 0
  public private(set) var silentRounds: UInt16 = 0

  public init() {}

  /// A round comes to the core.
  /// - Parameter activity: a count of everything that the core does; any change is life.
  public mutating func judge(activity: UInt64) -> Verdict {
    guard activity == self.activity else {
      self.activity = activity
      silentRounds = 0
      return .alive
    }
    guard silentRounds < Self.limit else { return .stopped }
    silentRounds += 1
    return .ask
  }
}
