// How long handlers run: the distributions that the literature on microsecond scheduling uses.

/// One way in which times of handlers are distributed.
public enum ServiceTime: Hashable, Sendable {
  case fixed(nanoseconds: Double)
  case exponential(meanNanoseconds: Double)

  public var meanNanoseconds: Double {
    switch self {
    case .fixed(let nanoseconds): nanoseconds
    case .exponential(let mean): mean
    }
  }

  func draw(_ random: inout RandomSource) -> Double {
    switch self {
    case .fixed(let nanoseconds): nanoseconds
    case .exponential(let mean): random.nextExponential(mean: mean)
    }
  }
}

/// Kinds of calls with their shares: what one service's calls are made of.
public struct ServiceTimeMix: Hashable, Sendable {
  public struct Kind: Hashable, Sendable {
    public let name: String
    /// Of all calls; a mix's shares add up to 1.
    public let share: Double
    public let time: ServiceTime

    public init(_ name: String, share: Double, _ time: ServiceTime) {
      self.name = name
      self.share = share
      self.time = time
    }
  }

  /// As command lines name it.
  public let name: String
  public let kinds: [Kind]

  public init(_ name: String, _ kinds: [Kind]) {
    precondition(!kinds.isEmpty && abs(kinds.reduce(-1) { $0 + $1.share }) < 1e-9)
    self.name = name
    self.kinds = kinds
  }

  public var meanNanoseconds: Double {
    kinds.reduce(0) { $0 + $1.share * $1.time.meanNanoseconds }
  }

  /// The kind of the next call and how long its handler runs, in whole nanoseconds, at least one.
  public func draw(_ random: inout RandomSource) -> (kind: Int, nanoseconds: UInt64) {
    var kind = 0
    if kinds.count > 1 {
      var rest = random.nextUnit()
      while kind < kinds.count - 1, rest > kinds[kind].share {
        rest -= kinds[kind].share
        kind += 1
      }
    }
    return (kind, UInt64(max(1, kinds[kind].time.draw(&random).rounded())))
  }
}

extension ServiceTimeMix {
  public static func fixed(microseconds: Double) -> ServiceTimeMix {
    ServiceTimeMix(
      "fixed:\(microseconds)", [Kind("all", share: 1, .fixed(nanoseconds: microseconds * 1000))])
  }

  public static func exponential(microseconds: Double) -> ServiceTimeMix {
    ServiceTimeMix(
      "exponential:\(microseconds)",
      [Kind("all", share: 1, .exponential(meanNanoseconds: microseconds * 1000))])
  }

  private static func fixedKinds(
    _ name: String, _ kinds: [(name: String, share: Double, microseconds: Double)]
  ) -> ServiceTimeMix {
    ServiceTimeMix(
      name,
      kinds.map { Kind($0.name, share: $0.share, .fixed(nanoseconds: $0.microseconds * 1000)) })
  }

  // The mixes of Demoulin et al., "When Idling is Ideal: Optimizing Tail-Latency for Heavy-Tailed
  // Datacenter Workloads with Perséphone", SOSP'21, as its load generator has them (psp/loader.py):
  // high and extreme bimodal, TPC-C, RocksDB. Bimodal 1 and 2, with a mean of 1 µs, are in the load
  // generators of Shinjuku (client/dist.h) and Caladan.

  public static let bimodal1 = fixedKinds("bimodal1", [("short", 0.9, 0.5), ("long", 0.1, 5.5)])
  public static let bimodal2 = fixedKinds(
    "bimodal2", [("short", 0.999, 0.5), ("long", 0.001, 500.5)])
  public static let highBimodal = fixedKinds("high", [("short", 0.5, 1), ("long", 0.5, 100)])
  public static let extremeBimodal = fixedKinds(
    "extreme", [("short", 0.995, 0.5), ("long", 0.005, 500)])
  /// 50 % GET, 50 % SCAN of 5,000 keys.
  public static let rocksDB = fixedKinds("rocksdb", [("GET", 0.5, 1.5), ("SCAN", 0.5, 635)])
  public static let tpcC = fixedKinds(
    "tpcc",
    [
      ("Payment", 0.44, 5.7), ("OrderStatus", 0.04, 6), ("NewOrder", 0.44, 20),
      ("Delivery", 0.04, 88), ("StockLevel", 0.04, 100),
    ])

  /// Those without a parameter.
  public static let named = [bimodal1, bimodal2, highBimodal, extremeBimodal, rocksDB, tpcC]

  /// What a command line says: a name of `named`, `fixed:MICROSECONDS` or
  /// `exponential:MICROSECONDS`. Nil when it is none of these.
  public init?(parsing text: String) {
    if let mix = Self.named.first(where: { $0.name == text }) {
      self = mix
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let microseconds = Double(parts[1]),
      (0.001...1_000_000).contains(microseconds)
    else { return nil }
    switch parts[0] {
    case "fixed": self = .fixed(microseconds: microseconds)
    case "exponential": self = .exponential(microseconds: microseconds)
    default: return nil
    }
  }
}
