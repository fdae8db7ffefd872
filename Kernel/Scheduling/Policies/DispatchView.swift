// What a dispatch policy sees, and what it can decide (interface §11).

public import Interface

/// One process, as a policy sees it.
public struct ProcessView: Hashable, Sendable {
  public var process: ProcessIdentifier
  public var weight: Weight
  /// Cores that run its workers now, and between which numbers that may vary (R14).
  public var runningCores: Int
  public var minimumCores: Int
  public var maximumCores: Int
  /// Calls that wait, and how many may.
  public var queuedCalls: Int
  public var queueLimit: Int
  /// When the call came that waits longest, or that the decision is about.
  public var oldestArrivalNanoseconds: UInt64
  /// Time that its handlers ran, divided by its weight; starts at the others' when it becomes
  /// active, so that nobody saves up.
  public var virtualNanoseconds: UInt64
  /// How long a call that is queued now would wait.
  public var expectedWaitNanoseconds: UInt64
  /// Calls that would wait longer are rejected at once, so that the work goes to calls whose
  /// clients still wait; nil: none.
  public var waitLimitNanoseconds: UInt64?

  public init(
    process: ProcessIdentifier, weight: Weight = .standard, runningCores: Int = 0,
    minimumCores: Int = 0, maximumCores: Int = CoreSet.capacity, queuedCalls: Int = 0,
    queueLimit: Int = .max, oldestArrivalNanoseconds: UInt64 = 0,
    virtualNanoseconds: UInt64 = 0, expectedWaitNanoseconds: UInt64 = 0,
    waitLimitNanoseconds: UInt64? = nil
  ) {
    self.process = process
    self.weight = weight
    self.runningCores = runningCores
    self.minimumCores = minimumCores
    self.maximumCores = maximumCores
    self.queuedCalls = queuedCalls
    self.queueLimit = queueLimit
    self.oldestArrivalNanoseconds = oldestArrivalNanoseconds
    self.virtualNanoseconds = virtualNanoseconds
    self.expectedWaitNanoseconds = expectedWaitNanoseconds
    self.waitLimitNanoseconds = waitLimitNanoseconds
  }

  public var isBelowMaximum: Bool { runningCores < maximumCores }

  /// Whether a call that finds no core may wait.
  public var mayQueue: Bool {
    guard queuedCalls < queueLimit else { return false }
    return waitLimitNanoseconds.map { expectedWaitNanoseconds <= $0 } ?? true
  }
}

/// The cores, as one process's call finds them. A core is in one of the sets at most.
public struct CoreView: Hashable, Sendable {
  /// A worker of this process waits at its held load.
  public var ownWaiting = CoreSet.none
  /// The kernel endpoint's load is held.
  public var kernelWaiting = CoreSet.none
  /// A worker of another process waits, and that process is above its minimum.
  public var reclaimable = CoreSet.none
  /// Runs general threads, and the kernel marked it preemptible.
  public var interruptible = CoreSet.none
  /// Runs a handler of a process that this one `precedes`, for longer than the quantum.
  public var overdue = CoreSet.none

  public init() {}
}

/// What to do with a call.
public enum DispatchChoice: Hashable, Sendable {
  /// To the worker that waits on this core: no kernel (1).
  case deliver(CoreIdentifier)
  /// It waits (2, 7).
  case queue
  /// CALL to the kernel endpoint of this core (3).
  case offer(CoreIdentifier)
  /// YIELDNOW to the worker that waits there; then 3 (4).
  case reclaim(CoreIdentifier)
  /// Interrupt the general thread there; then 3 (5).
  case interrupt(CoreIdentifier)
  /// Interrupt the handler there; then 3 (6).
  case preempt(CoreIdentifier)
  /// The client gets an error, and it is counted (7).
  case reject
}
