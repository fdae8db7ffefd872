// Which service a call is for: as skewed as at Google.
//
// Seemakhupt et al., "A Cloud-Scale Characterization of Remote Procedure Calls", SOSP'23: the
// most popular method takes 28 % of all calls, the first ten 58 %, the first hundred 91 %. Within
// each of these groups a method's share falls with its rank (Zipf, exponent 1).

public struct Popularity: Hashable, Sendable {
  /// Of each service, the most popular first; they add up to 1.
  public let shares: [Double]
  private let cumulative: [Double]

  /// - Precondition: there are shares, none is negative and one is above 0.
  public init(shares: [Double]) {
    let sum = shares.reduce(0, +)
    precondition(sum > 0 && shares.allSatisfy { $0 >= 0 })
    self.shares = shares.map { $0 / sum }
    var reached = 0.0
    cumulative = self.shares.map {
      reached += $0
      return reached
    }
  }

  public static func even(services: Int) -> Popularity {
    Popularity(shares: Array(repeating: 1, count: services))
  }

  /// Fewer services than the paper's have the same ratios.
  public static func google(services: Int) -> Popularity {
    let groups: [(ranks: ClosedRange<Int>, share: Double)] = [
      (1...1, 0.28), (2...10, 0.30), (11...100, 0.33), (101...10_000, 0.09),
    ]
    var shares: [Double] = []
    for group in groups {
      let weights = group.ranks.reduce(0.0) { $0 + 1 / Double($1) }
      shares += group.ranks.map { group.share / Double($0) / weights }
    }
    return Popularity(shares: Array(shares.prefix(services)))
  }

  /// The service of the next call.
  public func draw(_ random: inout RandomSource) -> Int {
    let place = random.nextUnit()
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] >= place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
