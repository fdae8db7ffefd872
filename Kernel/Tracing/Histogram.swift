// How long things take: counts in fixed buckets, so that recording is a shift and an addition.
//
// Four buckets for each power of two: a value is known to within a quarter of itself, from one
// tick to 2⁶³, in 2 KiB. (The idea of HdrHistogram, with the fewest useful bits.)

/// A distribution of durations or sizes.
public struct Histogram: Sendable {
  /// Buckets 0…3 hold the values 0…3; then four for each power of two.
  public static var bucketCount: Int { 4 + 4 * 62 }

  private var buckets = InlineArray<252, UInt64>(repeating: 0)
  /// Values recorded.
  public private(set) var count: UInt64 = 0
  public private(set) var largest: UInt64 = 0

  public init() {}

  /// The bucket of a value.
  @inline(__always)
  public static func bucket(of value: UInt64) -> Int {
    guard value >= 4 else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    return (exponent - 1) << 2 + Int(value >> UInt64(exponent - 2)) & 3
  }

  /// The smallest value of a bucket.
  public static func lowerBound(ofBucket bucket: Int) -> UInt64 {
    guard bucket >= 4 else { return UInt64(bucket) }
    return UInt64(4 + bucket & 3) << UInt64(bucket >> 2 - 1)
  }

  /// The largest value of a bucket.
  public static func upperBound(ofBucket bucket: Int) -> UInt64 {
    bucket + 1 < bucketCount ? lowerBound(ofBucket: bucket + 1) - 1 : .max
  }

  @inline(__always)
  public mutating func record(_ value: UInt64) {
    buckets[Self.bucket(of: value)] &+= 1
    count &+= 1
    largest = max(largest, value)
  }

  public subscript(bucket: Int) -> UInt64 { buckets[bucket] }

  /// Adds what another histogram has counted.
  public mutating func add(_ other: Histogram) {
    for index in 0..<Self.bucketCount { buckets[index] &+= other.buckets[index] }
    count &+= other.count
    largest = max(largest, other.largest)
  }

  /// The value that `thousandths` of 1000 recorded values do not exceed, rounded up to its
  /// bucket's end: 500 gives the median, 999 the 99.9th percentile. Nil without values.
  public func percentile(thousandths: UInt64) -> UInt64? {
    guard count > 0 else { return nil }
    // Rounded up without overflow; not on the path of anything.
    let wanted = min(thousandths, 1000)
    let rank = max(1, count / 1000 * wanted + (count % 1000 * wanted + 999) / 1000)
    var seen: UInt64 = 0
    for index in 0..<Self.bucketCount {
      seen &+= buckets[index]
      if seen >= rank { return min(Self.upperBound(ofBucket: index), largest) }
    }
    return largest
  }
}
