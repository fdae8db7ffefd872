// How long a span of requests took, from the NIC's buckets.

/// Percentiles in nanoseconds; each is the end of its bucket, so up to half too large.
public struct SpanTimes: Hashable, Sendable {
  public private(set) var count: UInt64 = 0
  public private(set) var median: UInt64 = 0
  public private(set) var percentile99: UInt64 = 0
  public private(set) var percentile999: UInt64 = 0
  public private(set) var longest: UInt64 = 0

  /// Nil without values.
  /// - Parameter buckets: counts, as `NICStatistics.bucket(of:)` numbers them.
  public init?(_ buckets: Span<UInt64>) {
    for index in buckets.indices { count &+= buckets[index] }
    guard count > 0 else { return nil }
    // The ranks, rounded up, without overflow.
    func rank(_ thousandths: UInt64) -> UInt64 {
      max(1, count / 1000 * thousandths + (count % 1000 * thousandths + 999) / 1000)
    }
    let ranks = (median: rank(500), percentile99: rank(990), percentile999: rank(999))
    var seen: UInt64 = 0
    for index in buckets.indices where buckets[index] > 0 {
      let before = seen
      seen &+= buckets[index]
      let end = NICStatistics.upperBound(ofBucket: index)
      if (before + 1...seen).contains(ranks.median) { median = end }
      if (before + 1...seen).contains(ranks.percentile99) { percentile99 = end }
      if (before + 1...seen).contains(ranks.percentile999) { percentile999 = end }
      longest = end
    }
  }
}
