// The workloads of the figures and of the tests that guard them: 16 cores, as the papers that these
// mixes come from have 14 to 16 workers.

public import Workload

public enum StandardWorkloads {
  public static let cores = 16
  public static let services = 4

  /// TPC-C's transactions, four services with the same share each, or one alone.
  public static func steady(
    load: Double, services: Int = services, seed: UInt64 = 1, cores: Int = cores
  ) -> Workload {
    make(load, .even(services: services), .steady, [.tpcC], seed, cores)
  }

  /// The same calls, but seven of ten are for one service, each 5 ms for another one.
  public static func shifting(load: Double, seed: UInt64 = 1) -> Workload {
    make(
      load, Popularity(shares: [7, 1, 1, 1]), .rotating(periodNanoseconds: 5_000_000), [.tpcC],
      seed,
      cores)
  }

  /// RocksDB's GET and SCAN, each a service of its own with half of the calls.
  public static func dispersed(load: Double, seed: UInt64 = 1) -> Workload {
    make(
      load, .even(services: 2), .steady,
      [.fixed(microseconds: 1.5), .fixed(microseconds: 635)], seed, cores)
  }

  /// One service with such calls.
  public static func oneService(
    _ mix: ServiceTimeMix, load: Double, seed: UInt64 = 1
  ) -> Workload {
    make(load, .even(services: 1), .steady, [mix], seed, cores)
  }

  /// Mixes that papers about calls of microseconds measure with.
  public static let publishedMixes: [ServiceTimeMix] =
    [
      .fixed(microseconds: 1), .fixed(microseconds: 10), .exponential(microseconds: 1),
      .exponential(microseconds: 10), .exponential(microseconds: 50),
    ] + ServiceTimeMix.named

  private static func make(
    _ load: Double, _ popularity: Popularity, _ shift: Workload.Shift, _ mixes: [ServiceTimeMix],
    _ seed: UInt64, _ cores: Int
  ) -> Workload {
    var workload = Workload(
      seed: seed, arrivals: Arrivals(.poisson, callsPerSecond: 1), popularity: popularity,
      shift: shift, mixes: mixes)
    workload.arrivals = Arrivals(
      .poisson,
      callsPerSecond: Experiment.callsPerSecond(
        load: load, cores: cores, meanServiceNanoseconds: workload.meanServiceNanoseconds))
    return workload
  }
}
