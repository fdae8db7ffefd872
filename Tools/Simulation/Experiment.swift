// Who serves a workload, and how well: the same calls for everybody.

public import Interface
public import Scheduling
public import Workload

/// Somebody who serves calls.
public enum Contender: Sendable {
  case policy(SelectedPolicy)
  /// One queue, nothing costs anything.
  case idealQueue
  /// One queue, and each call keeps its core as long as a warm call does: what a machine with these
  /// lines could do at best.
  case idealQueueWithCallCost

  public static var all: [Contender] {
    var all: [Contender] = [.idealQueue, .idealQueueWithCallCost]
    for index in SelectedPolicy.all.indices { all.append(.policy(SelectedPolicy.all[index])) }
    return all
  }

  public var name: String {
    switch self {
    case .policy(let policy): "\(policy.name)"
    case .idealQueue: "ideal"
    case .idealQueueWithCallCost: "ideal-with-call-cost"
    }
  }
}

/// How calls went that were not part of the beginning, when no worker has a core yet.
public struct Measurement: Sendable {
  /// From frame to frame, in microseconds.
  public var latency = Sample()
  /// The same of each service alone.
  private var latencyByService: [Int: Sample] = [:]
  public var answered = 0
  public var refused = 0
  public var withinDeadline = 0
  /// Of the measured calls: from the first to come to the last.
  public var seconds = 0.0
  /// Nil for the ideal queues.
  public var outcome: Outcome?
  /// Of each call, from the first on; nil: none.
  fileprivate(set) var ends: [UInt64?] = []

  /// Calls answered in time, per second.
  public var goodput: Double { seconds > 0 ? Double(withinDeadline) / seconds : 0 }
}

public struct Experiment: Sendable {
  public var cores: Int
  public var workload: Workload
  public var callCount: Int
  /// For `Measurement.withinDeadline`.
  public var deadlineNanoseconds: UInt64 = .max
  public var costs = Costs()
  public var queueLimit = 4096
  public var waitLimitNanoseconds: UInt64 = 0
  public var dropsExcess = false
  public var lookEvery: UInt64?
  /// Of each service; then all are procedures of one process. Nil: each is a process.
  public var classes: [ServiceClass]?

  public init(cores: Int, workload: Workload, callCount: Int) {
    self.cores = cores
    self.workload = workload
    self.callCount = callCount
  }

  /// An open loop with a share of what the cores could do if nothing but handlers took time.
  public static func callsPerSecond(
    load: Double, cores: Int, meanServiceNanoseconds: Double
  ) -> Double {
    load * Double(cores) * 1e9 / meanServiceNanoseconds
  }

  public func run(_ contender: Contender) throws(SimulationFault) -> Measurement {
    let calls = Array(workload.calls.prefix(callCount))
    var measurement = Measurement()
    switch contender {
    case .idealQueue: measurement.ends = serve(calls, overheadNanoseconds: 0)
    case .idealQueueWithCallCost:
      measurement.ends = serve(calls, overheadNanoseconds: costs.warmCallNanoseconds)
    case .policy(let policy):
      var settings = MachineSettings(
        cores: cores, services: workload.popularity.shares.count, policy: policy)
      settings.costs = costs
      for service in settings.services.indices {
        settings.services[service].queueLimit = queueLimit
        settings.services[service].waitLimitNanoseconds = waitLimitNanoseconds
        settings.services[service].dropsExcess = dropsExcess
      }
      if let classes {
        settings.isOneProcess = true
        for service in settings.services.indices {
          settings.services[service].serviceClass = classes[service]
        }
      }
      var machine = try SimulatedMachine(settings)
      let outcome = try machine.run(calls, lookEvery: lookEvery)
      measurement.ends = outcome.replies.map { $0 == 0 || $0 == Outcome.rejected ? nil : $0 }
      measurement.outcome = outcome
    }
    let first = callCount / 20
    for index in first..<calls.count {
      measurement.note(calls[index], end: measurement.ends[index], deadlineNanoseconds)
    }
    if let last = calls.last {
      measurement.seconds =
        Double(last.arrivalNanoseconds - calls[first].arrivalNanoseconds) / 1e9
    }
    return measurement
  }

  private func serve(_ calls: [PlannedCall], overheadNanoseconds: UInt64) -> [UInt64?] {
    var queue = IdealQueue(cores: cores, overheadNanoseconds: overheadNanoseconds)
    return calls.map { queue.serve($0) }
  }
}

extension Measurement {
  fileprivate mutating func note(
    _ call: PlannedCall, end: UInt64?, _ deadlineNanoseconds: UInt64
  ) {
    guard let end else {
      refused += 1
      return
    }
    answered += 1
    let nanoseconds = end - call.arrivalNanoseconds
    if nanoseconds <= deadlineNanoseconds { withinDeadline += 1 }
    latency.add(Double(nanoseconds) / 1000)
    latencyByService[call.service, default: Sample()].add(Double(nanoseconds) / 1000)
  }

  /// Of the latency in microseconds; nil when no call of the service was answered.
  /// - Parameter service: nil: all of them.
  public mutating func percentile(_ share: Double, ofService service: Int? = nil) -> Double? {
    guard let service else { return latency.percentile(share) }
    return latencyByService[service]?.percentile(share)
  }
}
