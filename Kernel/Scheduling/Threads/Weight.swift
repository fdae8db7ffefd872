// A thread's share of a core, and the time slice that follows from it.

/// A share relative to other threads' in the same queue: twice the weight, twice the time.
public struct Weight: Hashable, Comparable, Sendable {
  public let value: UInt16

  /// 1/16 of the usual share.
  public static var minimum: Weight { Weight(clamping: 64) }
  public static var standard: Weight { Weight(clamping: 1_024) }
  /// 16 times the usual share.
  public static var maximum: Weight { Weight(clamping: 16_384) }

  /// The nearest weight there is.
  public init(clamping value: UInt64) { self.value = UInt16(min(max(value, 64), 16_384)) }

  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

  /// 2^20 ns, about a millisecond: what a thread of standard weight may run at a time.
  public static var standardSliceNanoseconds: UInt64 { 1 << 20 }

  /// How long a thread may run while others wait: in proportion to its weight. So every full
  /// slice costs the same virtual time, which bounds how far tags can be apart (`FairQueue`).
  public var sliceNanoseconds: UInt64 {
    Self.standardSliceNanoseconds * UInt64(value) / UInt64(Self.standard.value)
  }

  /// What running costs: time divided by weight. Saturates after 200 days without a switch.
  public func virtualNanoseconds(running nanoseconds: UInt64) -> UInt64 {
    let (product, overflow) = nanoseconds.multipliedReportingOverflow(
      by: UInt64(Self.standard.value))
    return (overflow ? UInt64.max : product) / UInt64(value)
  }
}
