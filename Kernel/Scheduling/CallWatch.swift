// Notices a call that keeps its core too long.
//
// A worker that answers calls never enters the kernel, so from outside a busy one and a stuck one
// look the same. The difference shows when the worker is taken off its core: the NIC then names it
// in a RESUME with the tag of the call that stands in its line (R11). The same tag again and again
// is one call that does not end.

/// What is known of the call in a worker's line.
public struct CallWatch: Hashable, Sendable {
  /// Watch periods after which a call has had its time. The first one may have begun before it.
  public static var limit: UInt16 { 3 }
  /// Rounds in which a worker may be found at the same line. One that really waits changes lines
  /// with every TRYAGAIN; a program that pretends to wait need not.
  public static var sameLineLimit: UInt16 { 4 }

  private var tag: UInt64 = 0
  /// Those that the call has used up. Before its tag is known, the latest.
  private var periods: UInt16 = 0
  /// Whether a period has ended since the worker was resumed last: its call's, whatever its tag.
  private var hasPeriod = false
  /// Whether the worker runs because of a RESUME, so that it has a call.
  private var wasResumed = false
  private var line: UInt64 = 0
  private var sameLineRounds: UInt16 = 0

  public init() {}

  /// The worker was found at a load of this control line of its own.
  /// - Returns: whether to believe that it waits there for a call. Who is not believed is taken
  ///   off the core; that does an honest worker no harm but for a cold next call.
  public mutating func noteWaiting(at line: UInt64) -> Bool {
    sameLineRounds = line == self.line ? sameLineRounds + 1 : 0
    self.line = line
    guard sameLineRounds < Self.sameLineLimit else {
      sameLineRounds = 0
      return false
    }
    return !wasResumed
  }

  /// The worker has used up a watch period and was taken off its core.
  public mutating func notePeriod() {
    wasResumed = false
    hasPeriod = true
    if periods < .max { periods += 1 }
  }

  /// The NIC names the worker for a call that it has not seen. Need not be told when no period has
  /// ended since the last resume.
  public mutating func noteCall() {
    wasResumed = false
    hasPeriod = false
  }

  /// The NIC asks to resume the worker.
  /// - Parameter tag: of the call in its line.
  /// - Returns: whether that call has had its time.
  public mutating func noteResume(tag: UInt64) -> Bool {
    wasResumed = true
    // It is the call that the worker had when it was taken off its core, for a period or for others.
    if tag != self.tag { periods = hasPeriod ? 1 : 0 }
    self.tag = tag
    hasPeriod = false
    return periods >= Self.limit
  }
}
