// A workload: which calls come when, for whom, how long they take and how long they are.

/// One call, before it is made.
public struct PlannedCall: Hashable, Sendable {
  public let arrivalNanoseconds: UInt64
  /// From 0.
  public let service: Int
  /// The kind in the service's mix.
  public let kind: Int
  public let serviceNanoseconds: UInt64
  /// 0 when the workload says nothing about sizes.
  public let bytes: Int

  public init(
    arrivalNanoseconds: UInt64, service: Int, kind: Int = 0, serviceNanoseconds: UInt64,
    bytes: Int = 0
  ) {
    self.arrivalNanoseconds = arrivalNanoseconds
    self.service = service
    self.kind = kind
    self.serviceNanoseconds = serviceNanoseconds
    self.bytes = bytes
  }
}

/// Values that say everything about an endless sequence of calls.
public struct Workload: Hashable, Sendable {
  /// How the services' shares change with time.
  public enum Shift: Hashable, Sendable {
    case steady
    /// After each period, what the first service had goes to the second, and so on round.
    case rotating(periodNanoseconds: UInt64)
  }

  public var seed: UInt64
  public var arrivals: Arrivals
  public var popularity: Popularity
  public var shift: Shift
  /// One a service, or one for all.
  public var mixes: [ServiceTimeMix]
  public var sizes: MessageSizes?
  /// Longer messages are cut.
  public var largestBytes = 4000

  public init(
    seed: UInt64, arrivals: Arrivals, popularity: Popularity, shift: Shift = .steady,
    mixes: [ServiceTimeMix], sizes: MessageSizes? = nil
  ) {
    precondition(mixes.count == 1 || mixes.count == popularity.shares.count)
    self.seed = seed
    self.arrivals = arrivals
    self.popularity = popularity
    self.shift = shift
    self.mixes = mixes
    self.sizes = sizes
  }

  public func mix(ofService service: Int) -> ServiceTimeMix {
    mixes.count == 1 ? mixes[0] : mixes[service]
  }

  /// Of all calls.
  public var meanServiceNanoseconds: Double {
    popularity.shares.enumerated().reduce(0) { sum, service in
      sum + service.element * mix(ofService: service.offset).meanNanoseconds
    }
  }

  /// The calls in their order; the same every time.
  public var calls: PlannedCalls { PlannedCalls(self) }
}

/// The calls of a workload. Endless.
public struct PlannedCalls: Sequence, IteratorProtocol, Sendable {
  private let workload: Workload
  private var arrivals: Arrivals
  // Each property of the calls has its numbers to itself: another mix leaves the arrivals as they
  // were, so two runs differ in what was changed and nothing else.
  private var arrivalRandom: RandomSource
  private var serviceRandom: RandomSource
  private var timeRandom: RandomSource
  private var sizeRandom: RandomSource

  init(_ workload: Workload) {
    self.workload = workload
    arrivals = workload.arrivals
    arrivalRandom = RandomSource(seed: workload.seed &* 4)
    serviceRandom = RandomSource(seed: workload.seed &* 4 &+ 1)
    timeRandom = RandomSource(seed: workload.seed &* 4 &+ 2)
    sizeRandom = RandomSource(seed: workload.seed &* 4 &+ 3)
  }

  public mutating func next() -> PlannedCall? {
    let time = arrivals.next(&arrivalRandom)
    var service = workload.popularity.draw(&serviceRandom)
    if case .rotating(let period) = workload.shift {
      let services = workload.popularity.shares.count
      service = (service + Int(time / period % UInt64(services))) % services
    }
    let (kind, nanoseconds) = workload.mix(ofService: service).draw(&timeRandom)
    return PlannedCall(
      arrivalNanoseconds: time, service: service, kind: kind, serviceNanoseconds: nanoseconds,
      bytes: workload.sizes?.draw(&sizeRandom, limit: workload.largestBytes) ?? 0)
  }
}
