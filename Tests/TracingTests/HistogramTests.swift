import Randomness
import Testing
import Tracing

/// Buckets against sorting.
@Suite struct HistogramTests {
  @Test func bucketsFollowEachOtherWithoutGaps() {
    for bucket in 0..<Histogram.bucketCount {
      let low = Histogram.lowerBound(ofBucket: bucket)
      let high = Histogram.upperBound(ofBucket: bucket)
      #expect(Histogram.bucket(of: low) == bucket)
      #expect(Histogram.bucket(of: high) == bucket)
      if bucket > 0 { #expect(low == Histogram.upperBound(ofBucket: bucket - 1) + 1) }
      // A quarter of the value, at most.
      #expect(high - low <= low / 4)
    }
    #expect(Histogram.upperBound(ofBucket: Histogram.bucketCount - 1) == .max)
  }

  @Test func percentilesAreWithinTheirBucket() {
    let seed = printedSeed("percentilesAreWithinTheirBucket")
    var random = SplitMix(seed: seed)
    for _ in 0..<100 {
      let values = (0..<Int.random(in: 1...3000, using: &random)).map { _ in
        UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
      }.sorted()
      var histogram = Histogram()
      for value in values.shuffled(using: &random) { histogram.record(value) }
      #expect(histogram.count == UInt64(values.count))
      #expect(histogram.largest == values.last)
      for thousandths in [1, 500, 900, 990, 999, 1000] as [UInt64] {
        // Nearest rank: the smallest value that so many do not exceed.
        let rank = (values.count * Int(thousandths) + 999) / 1000
        let exact = values[max(rank, 1) - 1]
        let found = histogram.percentile(thousandths: thousandths)
        #expect(
          found.map(Histogram.bucket(of:)) == Histogram.bucket(of: exact), "seed \(seed)")
        #expect(found ?? 0 >= exact, "seed \(seed)")
      }
    }
  }

  @Test func nothingRecordedHasNoPercentile() {
    #expect(Histogram().percentile(thousandths: 500) == nil)
  }

  @Test func sumsAreLikeOneHistogram() {
    var left = Histogram()
    var right = Histogram()
    var both = Histogram()
    for value in 0..<1000 as Range<UInt64> {
      if value % 3 == 0 { left.record(value * value) } else { right.record(value * value) }
      both.record(value * value)
    }
    left.add(right)
    #expect(left.count == both.count)
    #expect(left.largest == both.largest)
    for bucket in 0..<Histogram.bucketCount { #expect(left[bucket] == both[bucket]) }
  }
}
