// Workloads: moments, shapes, and that a seed repeats them.

import Testing
import Workload

@Suite struct WorkloadTests {
  private static let draws = 200_000

  @Test func generatorIsXoshiro() {
    // A fixed sequence: figures of an old seed can be drawn again.
    var random = RandomSource(seed: 0)
    #expect(random.next() == 0x99EC_5F36_CB75_F2B4)
    #expect(random.next() == 0xBF6E_1F78_4956_452A)
  }

  @Test func unitsAreEvenAndNeverZero() {
    var random = RandomSource(seed: 7)
    var sum = 0.0
    var squares = 0.0
    var isWithin = true
    for _ in 0..<Self.draws {
      let unit = random.nextUnit()
      isWithin = isWithin && unit > 0 && unit <= 1
      sum += unit
      squares += unit * unit
    }
    #expect(isWithin)
    let mean = sum / Double(Self.draws)
    #expect(abs(mean - 0.5) < 0.003)
    #expect(abs(squares / Double(Self.draws) - mean * mean - 1.0 / 12) < 0.001)
  }

  @Test(
    arguments: ServiceTimeMix.named + [.fixed(microseconds: 5), .exponential(microseconds: 10)])
  func mixHasItsSharesAndItsMean(mix: ServiceTimeMix) {
    var random = RandomSource(seed: 3)
    var counts = Array(repeating: 0, count: mix.kinds.count)
    var sums = counts.map { _ in 0.0 }
    for _ in 0..<Self.draws {
      let (kind, nanoseconds) = mix.draw(&random)
      counts[kind] += 1
      sums[kind] += Double(nanoseconds)
    }
    for (index, kind) in mix.kinds.enumerated() {
      let share = Double(counts[index]) / Double(Self.draws)
      // Four standard deviations.
      let limit = 4 * (kind.share * (1 - kind.share) / Double(Self.draws)).squareRoot() + 1e-12
      #expect(abs(share - kind.share) <= limit, "\(kind.name)")
      let mean = sums[index] / Double(counts[index])
      #expect(abs(mean / kind.time.meanNanoseconds - 1) < 0.015, "\(kind.name)")
    }
  }

  @Test func publishedMeans() {
    #expect(abs(ServiceTimeMix.bimodal1.meanNanoseconds - 1000) < 1e-6)
    #expect(abs(ServiceTimeMix.bimodal2.meanNanoseconds - 1000) < 1e-6)
    #expect(abs(ServiceTimeMix.extremeBimodal.meanNanoseconds - 2997.5) < 1e-6)
    #expect(abs(ServiceTimeMix.highBimodal.meanNanoseconds - 50_500) < 1e-6)
    #expect(abs(ServiceTimeMix.tpcC.meanNanoseconds - 19_068) < 1e-6)
  }

  @Test func exponentialTimesHaveTheirTail() {
    var random = RandomSource(seed: 5)
    let mix = ServiceTimeMix.exponential(microseconds: 10)
    var sample = Sample((0..<Self.draws).map { _ in Double(mix.draw(&random).nanoseconds) })
    // ln 2 and ln 100 means.
    #expect(abs((sample.percentile(0.5) ?? 0) / 6931 - 1) < 0.02)
    #expect(abs((sample.percentile(0.99) ?? 0) / 46_052 - 1) < 0.03)
  }

  @Test func mixesAreParsed() {
    #expect(ServiceTimeMix(parsing: "tpcc") == .tpcC)
    #expect(ServiceTimeMix(parsing: "fixed:2.5") == .fixed(microseconds: 2.5))
    #expect(ServiceTimeMix(parsing: "exponential:10") == .exponential(microseconds: 10))
    for wrong in [
      "", "tpc", "fixed", "fixed:", "fixed:0", "fixed:-1", "fixed:nan", "gauss:3", "fixed:1:2",
    ] {
      #expect(ServiceTimeMix(parsing: wrong) == nil, "\(wrong)")
    }
  }

  @Test(arguments: [
    Arrivals.Pattern.poisson, .bursty(meanSize: 8, gapNanoseconds: 100),
    .bursty(meanSize: 1, gapNanoseconds: 0),
  ])
  func arrivalsHaveTheirRate(pattern: Arrivals.Pattern) {
    var arrivals = Arrivals(pattern, callsPerSecond: 1e6)
    var random = RandomSource(seed: 11)
    var last: UInt64 = 0
    var isInOrder = true
    for _ in 0..<Self.draws {
      let next = arrivals.next(&random)
      isInOrder = isInOrder && next >= last
      last = next
    }
    #expect(isInOrder)
    #expect(abs(Double(last) / Double(Self.draws) / 1000 - 1) < 0.03)
  }

  @Test func poissonGapsVaryAsTheirMeanAndBurstsVaryMore() {
    func variation(_ pattern: Arrivals.Pattern) -> Double {
      var arrivals = Arrivals(pattern, callsPerSecond: 1e5)
      var random = RandomSource(seed: 13)
      var gaps: [Double] = []
      var last: UInt64 = 0
      for _ in 0..<Self.draws {
        let next = arrivals.next(&random)
        gaps.append(Double(next - last))
        last = next
      }
      let mean = gaps.reduce(0, +) / Double(gaps.count)
      let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
      return variance / (mean * mean)
    }
    #expect(abs(variation(.poisson) - 1) < 0.03)
    #expect(variation(.bursty(meanSize: 10, gapNanoseconds: 50)) > 10)
  }

  @Test(arguments: [
    (MessageSizes.w1, 0.545, 0.673, 0.967), (.w2, 0.271, 0.342, 0.958), (.w3, 0.132, 0.352, 0.863),
  ])
  func sizesHaveTheirShares(sizes: MessageSizes, upTo48: Double, upTo128: Double, upTo1024: Double)
  {
    var random = RandomSource(seed: 17)
    let drawn = (0..<Self.draws).map { _ in sizes.draw(&random, limit: 4000) }
    for (limit, share) in [(48, upTo48), (128, upTo128), (1024, upTo1024)] {
      let found = Double(drawn.count { $0 <= limit }) / Double(Self.draws)
      #expect(abs(found - share) < 0.01, "\(sizes.name), \(limit)")
    }
    #expect(drawn.allSatisfy { (1...4000).contains($0) })
  }

  @Test func popularityIsThePapers() {
    let shares = Popularity.google(services: 10_000).shares
    #expect(abs(shares[0] - 0.28) < 1e-9)
    #expect(abs(shares.prefix(10).reduce(0, +) - 0.58) < 1e-9)
    #expect(abs(shares.prefix(100).reduce(0, +) - 0.91) < 1e-9)
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    // Fewer services share in the same ratio.
    let few = Popularity.google(services: 10).shares
    #expect(abs(few[0] - 0.28 / 0.58) < 1e-9)
    #expect(few == few.sorted(by: >))
  }

  @Test func servicesAreDrawnByPopularity() {
    let popularity = Popularity(shares: [7, 0, 1, 2])
    var random = RandomSource(seed: 19)
    var counts = [0, 0, 0, 0]
    for _ in 0..<Self.draws { counts[popularity.draw(&random)] += 1 }
    #expect(counts[1] == 0)
    for (count, share) in zip(counts, [0.7, 0, 0.1, 0.2]) {
      #expect(abs(Double(count) / Double(Self.draws) - share) < 0.005)
    }
  }

  private func workload(seed: UInt64, shift: Workload.Shift = .steady) -> Workload {
    Workload(
      seed: seed, arrivals: Arrivals(.poisson, callsPerSecond: 1e6),
      popularity: Popularity(shares: [7, 1, 1, 1]), shift: shift, mixes: [.tpcC], sizes: .w1)
  }

  @Test func aSeedRepeatsAWorkloadAndAnotherOneDoesNot() {
    let first = Array(workload(seed: 1).calls.prefix(1000))
    #expect(Array(workload(seed: 1).calls.prefix(1000)) == first)
    #expect(Array(workload(seed: 2).calls.prefix(1000)) != first)
  }

  @Test func anotherMixLeavesTheArrivalsAsTheyWere() {
    var other = workload(seed: 1)
    other.mixes = [.fixed(microseconds: 1)]
    let times = workload(seed: 1).calls.prefix(1000).map(\.arrivalNanoseconds)
    #expect(other.calls.prefix(1000).map(\.arrivalNanoseconds) == times)
  }

  @Test func theHotServiceMovesOn() {
    let calls = workload(seed: 4, shift: .rotating(periodNanoseconds: 10_000_000)).calls
    var hot = Array(repeating: Array(repeating: 0, count: 4), count: 5)
    for call in calls {
      let period = Int(call.arrivalNanoseconds / 10_000_000)
      guard period < 5 else { break }
      hot[period][call.service] += 1
    }
    for (period, counts) in hot.enumerated() {
      #expect(counts.firstIndex(of: counts.max() ?? 0) == period % 4)
    }
  }

  @Test(arguments: [
    (1.0, 1000.0), (0.999, 999), (0.99, 990), (0.5, 500), (0.001, 1), (0.0001, 1),
  ])
  func percentileIsTheNearestRank(share: Double, value: Double) {
    var sample = Sample((1...1000).reversed().map(Double.init))
    #expect(sample.percentile(share) == value)
    sample.add(2000)
    #expect(sample.percentile(1) == 2000)
  }

  @Test func anEmptySampleHasNoPercentile() {
    var sample = Sample()
    #expect(sample.percentile(0.5) == nil)
  }
}
