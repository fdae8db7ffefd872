// Notices a call that keeps its core too long.
//
// A worker that answers calls never enters the kernel, so from outside a busy one and a stuck one
// look the same. The difference shows when the worker is taken off its core: the NIC then names it
// in a RESUME with the tag of the call that stands in its line (R11). The same tag again and again
// is one call that does not end.

/// What is known of the call in a worker's line.
public struct CallWatch: Hashable, Sendable {
  /// Watch periods that a call may use up after the one in which it was first seen.
  public static var limit: UInt16 { 2 }

  private var tag: UInt64 = 0
  private var periods: UInt16 = 0

  public init() {}

  /// The worker has used up a watch period and was taken off its core.
  public mutating func notePeriod() {
    if periods < .max { periods += 1 }
  }

  /// The NIC asks to resume the worker.
  /// - Parameter tag: of the call in its line.
  /// - Returns: whether that call has had its time.
  public mutating func noteResume(tag: UInt64) -> Bool {
    guard tag == self.tag else {
      self.tag = tag
      periods = 0
      return false
    }
    return periods >= Self.limit
  }
}
