// What is explored: the machine, its processes, the calls, and how much may go wrong.

public import Interface

/// A call that a client will make.
public enum CallKind: UInt8, Hashable, Sendable {
  /// One int, answered with another.
  case int
  /// Bytes that reach into the overflow lines, answered with the same bytes changed.
  case echo
  /// One int, which the handler refuses.
  case refused
  /// The same transaction as the call before: the client sent it twice.
  case duplicate
}

/// How often each nuisance may happen on one path, so that paths end.
public struct Budget: Hashable, Sendable {
  /// The stall limit ends although something could still come (TRYAGAIN).
  public var stallLimits: UInt8
  /// An interrupt is taken at a held load, which is executed again (R10).
  public var interrupts: UInt8
  /// The kernel takes the core from its worker, wherever that is (R11).
  public var preemptions: UInt8
  /// A core evicts a line (R3).
  public var evictions: UInt8
  /// A thread faults and its process is removed (R12).
  public var kills: UInt8
  /// The kernel stores another maximum of cores, 0 and back, into a process's state line.
  public var limitChanges: UInt8
  /// The kernel reads a process's load line.
  public var loadReads: UInt8

  public init(
    stallLimits: UInt8 = 0, interrupts: UInt8 = 0, preemptions: UInt8 = 0, evictions: UInt8 = 0,
    kills: UInt8 = 0, limitChanges: UInt8 = 0, loadReads: UInt8 = 0
  ) {
    self.stallLimits = stallLimits
    self.interrupts = interrupts
    self.preemptions = preemptions
    self.evictions = evictions
    self.kills = kills
    self.limitChanges = limitChanges
    self.loadReads = loadReads
  }

  var code: UInt64 {
    [interrupts, preemptions, evictions, kills, limitChanges, loadReads]
      .reduce(UInt64(stallLimits)) { $0 << 8 | UInt64($1) }
  }
}

/// What a fetch of a control line takes, and whether the next message waits for it.
public enum FetchPlan: UInt8, Hashable, Sendable {
  /// No time: it is over when the load that acknowledges is there.
  case atOnce
  /// Until the explorer ends it; the answer follows (R4).
  case beforeAnswer
  /// The same, but the answer need not follow (R17).
  case behindAnswer
}

/// A process: its threads, its share of the machine, and its clients' calls in their order.
public struct ProcessPlan: Hashable, Sendable {
  public var workers: Int
  public var maximumCores: Int
  public var queueLimit: Int
  /// Of the calls with an int; echoes are urgent.
  public var intClass: ServiceClass
  public var calls: [CallKind]

  public init(
    workers: Int = 1, maximumCores: Int? = nil, queueLimit: Int = 1000,
    intClass: ServiceClass = .urgent, calls: [CallKind]
  ) {
    self.workers = workers
    self.maximumCores = maximumCores ?? workers
    self.queueLimit = queueLimit
    self.intClass = intClass
    self.calls = calls
  }
}

/// Everything that stays the same while a world changes.
public final class Scenario: Sendable {
  public let name: String
  public let cores: Int
  public let processes: [ProcessPlan]
  public let budget: Budget
  /// Threads begin in a run queue and ask for their endpoints; otherwise they are parked already.
  public let startsThreads: Bool
  /// A worker that the kernel enters for a CALL stores before it loads (R8).
  public let storesFirst: Bool
  public let fetches: FetchPlan
  /// Calls that clients have under way at most.
  public let window: Int

  /// All calls of all processes, a process's in one run.
  let calls: [PlannedCall]
  /// Lines of an endpoint that the calls can reach.
  let watchedLines: Int
  /// Per thread: its process, 1…
  let processOfThread: [Int]

  public init(
    _ name: String, cores: Int, processes: [ProcessPlan], budget: Budget = Budget(),
    startsThreads: Bool = false, storesFirst: Bool = false, fetches: FetchPlan = .atOnce,
    window: Int = 64
  ) {
    self.name = name
    self.cores = cores
    self.processes = processes
    self.budget = budget
    self.startsThreads = startsThreads
    self.storesFirst = storesFirst
    self.fetches = fetches
    self.window = window
    processOfThread = processes.indices.flatMap { index in
      Array(repeating: index + 1, count: processes[index].workers)
    }
    var calls: [PlannedCall] = []
    for (index, process) in processes.enumerated() {
      for (number, kind) in process.calls.enumerated() {
        calls.append(
          PlannedCall(
            process: index + 1, number: number, kind: kind, transaction: UInt32(calls.count + 1),
            before: calls.last))
      }
    }
    self.calls = calls
    let overflowLines = calls.contains { $0.kind == .echo } ? 2 : 0
    watchedLines = EndpointLayout.receiveOverflowOffset / LineGeometry.lineBytes + overflowLines
  }

  /// The worker endpoint of a thread; kernel endpoints come first.
  func endpoint(ofThread thread: Int) -> EndpointIdentifier {
    EndpointIdentifier(UInt16(cores + thread))
  }
}
