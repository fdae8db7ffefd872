// When a process that has ended is started again.
//
// The wait doubles with every end that comes soon after the start, so a program that cannot run
// costs little; a process that ran for a while begins anew.

/// A process's ends, as far as they matter for its next start.
public struct RestartHistory: Hashable, Sendable {
  /// The wait after the first end.
  public static var firstDelayNanoseconds: UInt64 { 10_000_000 }
  public static var longestDelayNanoseconds: UInt64 { 10_000_000_000 }
  /// Who ran so long has not failed to start.
  public static var stableNanoseconds: UInt64 { 10_000_000_000 }
  /// Ends in a row, each before `stableNanoseconds`, after which the process stays ended.
  public static var limit: UInt16 { 12 }

  /// Starts so far, the first included.
  public private(set) var starts: UInt32 = 0
  private var quickEnds: UInt16 = 0
  private var startNanoseconds: UInt64 = 0

  public init() {}

  public mutating func noteStart(nowNanoseconds: UInt64) {
    startNanoseconds = nowNanoseconds
    if starts < .max { starts += 1 }
  }

  /// The process has ended and shall run again.
  /// - Returns: when; nil when it has failed too often.
  public mutating func nextStart(nowNanoseconds: UInt64) -> UInt64? {
    let ran = nowNanoseconds &- startNanoseconds
    if ran >= Self.stableNanoseconds { quickEnds = 0 }
    guard quickEnds < Self.limit else { return nil }
    let doubled = Self.firstDelayNanoseconds << UInt64(quickEnds)
    quickEnds += 1
    return nowNanoseconds + min(doubled, Self.longestDelayNanoseconds)
  }
}
