// One core's queues, and the decision what the core does next.
//
// Only the core itself calls this; what others want from it comes through its `Mailbox`. So
// nothing here is locked, and nothing waits. Cost: a pick looks at a constant number of words,
// whatever the number of threads; only sleeping and waking grow, with the logarithm of the
// sleepers.

public import Interface

/// The scheduler of one core: pure state, no clock of its own.
///
/// The order of a stay on a core:
///
///     schedule ──▶ run(thread) ──▶ … ──▶ stop(reason) ──▶ schedule
///
/// A call from the NIC enters with `start` in place of `schedule`. After `admit`, `wake`,
/// `receive` and `wakeSleepers` while a thread runs, `deadlineNanoseconds` may have changed.
///
/// Questions that change nothing are inlined: the compiler hands a value this large to a function of
/// its own by copying it, 1,800 bytes for each.
public struct CoreScheduler: ~Copyable, Sendable {
  public let core: CoreIdentifier
  /// May change at any time: deadlines and choices from then on follow it.
  public var rules: KernelRules
  public var duty: CoreDuty
  /// The thread on this core.
  public private(set) var running: ThreadIdentifier?
  /// General threads had waited for as long as the policy lets them: the one that runs now keeps the
  /// core for its slice, whatever calls come.
  public private(set) var isSliceOwed = false

  private var workers = FairQueue()
  private var general = FairQueue()
  private var sleepers = SleepQueue()
  /// Threads that may not run here any more, until the kernel posts them elsewhere.
  private var emigrants = ThreadList()
  /// Threads whose records are this core's: those that run, wait or sleep here.
  private var members = ThreadSet()
  /// Threads that were woken before they arrived.
  private var earlyWakes = ThreadSet()
  /// Until when the running thread was charged.
  private var chargedNanoseconds: UInt64 = 0
  /// Since when the running thread's slice counts.
  private var sliceStartNanoseconds: UInt64 = 0
  /// Since when a general thread waits while none runs.
  private var generalWaitsSinceNanoseconds: UInt64 = 0

  public init(core: CoreIdentifier, rules: KernelRules, duty: CoreDuty = .rpc) {
    self.core = core
    self.rules = rules
    self.duty = duty
  }

  // MARK: What is here

  /// Threads that are ready but not running; published in the core's state line.
  public var readyCount: Int { workers.count + general.count }
  public var readyWorkers: Int { workers.count }
  public var readyGeneral: Int { general.count }
  public var sleepingCount: Int { sleepers.count }

  // MARK: Threads come

  /// Makes a new or parked thread ready on this core, or an emigrant when it may not run here.
  /// - Returns: whether it should run before the thread that runs now.
  public mutating func admit(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> Bool {
    join(thread, in: records)
    records[thread].startTag = 0
    earlyWakes.remove(thread)
    return makeReady(thread, at: nowNanoseconds, in: records)
  }

  /// Takes over a thread that another core posted to this one.
  /// - Returns: whether it should run before the thread that runs now.
  public mutating func receive(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> Bool {
    precondition(records[thread].state == .migrating, "nobody sent this thread")
    join(thread, in: records)
    if earlyWakes.remove(thread) { records[thread].hasWakePermit = true }
    records[thread].account.migrations += 1
    let tag = virtualNanoseconds(of: records[thread].kind) + records[thread].startTag
    records[thread].startTag = tag
    return makeReady(thread, at: nowNanoseconds, in: records)
  }

  /// Puts a parked worker on the core: the NIC named it in CALL or RESUME (R8).
  public mutating func start(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) {
    precondition(running == nil, "a core runs one thread")
    join(thread, in: records)
    records[thread].startTag = workers.virtualNanoseconds
    put(thread, at: nowNanoseconds, in: records)
  }

  // MARK: The running thread

  /// When the timer shall interrupt: the end of the running thread's slice if others wait, the
  /// first sleeper, the patience of the general threads. Nil: no reason to.
  @inline(__always)
  public func deadlineNanoseconds(in records: some ThreadRecords) -> UInt64? {
    var deadline = sleepers.earliestNanoseconds(in: records)
    if let patience = patienceDeadlineNanoseconds(in: records) {
      deadline = min(deadline ?? patience, patience)
    }
    if let running, let slice = sliceNanoseconds(of: running, in: records) {
      deadline = min(deadline ?? .max, sliceStartNanoseconds + slice)
    }
    return deadline
  }

  /// Whether the running thread's slice is over and somebody waits for the core.
  @inline(__always)
  public func isSliceOver(at nowNanoseconds: UInt64, in records: some ThreadRecords) -> Bool {
    guard let running, let slice = sliceNanoseconds(of: running, in: records) else { return false }
    return nowNanoseconds >= sliceStartNanoseconds + slice
  }

  /// Takes the running thread off the core.
  ///
  /// - Returns: what it is now. `.runnable`: it was preempted, it yielded, or a wake-up had
  ///   already come. `.migrating`: it may not run here any more, see `emigrant`.
  public mutating func stop(
    _ reason: StopReason, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> ThreadState {
    guard let thread = running else { preconditionFailure("no thread runs") }
    running = nil
    isSliceOwed = false
    charge(thread, until: nowNanoseconds, in: records)
    if records[thread].kind.schedulingClass == .general {
      generalWaitsSinceNanoseconds = nowNanoseconds
    }
    switch reason {
    case .preempted:
      records[thread].account.preemptions += 1
      _ = makeReady(thread, at: nowNanoseconds, in: records)
    case .yielded:
      _ = makeReady(thread, at: nowNanoseconds, in: records)
    case .sleeps, .blocks:
      if records[thread].hasWakePermit {
        records[thread].hasWakePermit = false
        _ = makeReady(thread, at: nowNanoseconds, in: records)
      } else if case .sleeps(let wakeNanoseconds) = reason {
        records[thread].become(.sleeping)
        records[thread].wakeNanoseconds = wakeNanoseconds
        sleepers.insert(thread, in: records)
      } else {
        records[thread].become(.blocked)
      }
    case .parks:
      precondition(records[thread].kind == .rpcWorker, "only the NIC wakes a parked thread")
      records[thread].become(.parked)
      members.remove(thread)
    case .ends:
      records[thread].become(.ended)
      members.remove(thread)
    }
    return records[thread].state
  }

  // MARK: Waiting threads

  /// Ends a thread's wait: `blocks`, or `sleeps` before its time.
  public mutating func wake(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> WakeOutcome {
    guard members.contains(thread) else {
      let home = records.home(of: thread)
      if home != core { return .elsewhere(home) }
      // On its way here, or it has ended: its record is not this core's, so it is not touched.
      earlyWakes.insert(thread)
      return .remembered
    }
    switch records[thread].state {
    case .sleeping:
      sleepers.remove(thread, in: records)
    case .blocked: break
    case .created, .runnable, .running, .parked, .migrating, .ended:
      records[thread].hasWakePermit = true
      return .remembered
    }
    return .ready(preempts: makeReady(thread, at: nowNanoseconds, in: records))
  }

  /// Makes the threads ready whose time has come.
  /// - Returns: whether one of them should run before the thread that runs now.
  public mutating func wakeSleepers(
    at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> Bool {
    var preempts = false
    while let thread = sleepers.takeDue(at: nowNanoseconds, in: records) {
      if makeReady(thread, at: nowNanoseconds, in: records) { preempts = true }
    }
    return preempts
  }

  // MARK: The decision

  /// What the core does next; the thread that ran was stopped.
  public mutating func schedule(
    at nowNanoseconds: UInt64, hints: SchedulingHints, in records: some ThreadRecords
  ) -> Decision {
    precondition(running == nil, "stop the running thread first")
    _ = wakeSleepers(at: nowNanoseconds, in: records)
    let mustRunGeneral =
      patienceDeadlineNanoseconds(in: records).map { $0 <= nowNanoseconds } ?? false
    let waitsForCalls = duty == .rpc && hints.mayHoldLoad
    if !mustRunGeneral {
      if let worker = workers.takeFirst(in: records) {
        put(worker, at: nowNanoseconds, in: records)
        return .run(worker, deadlineNanoseconds: deadlineNanoseconds(in: records))
      }
      if waitsForCalls, hints.callsWaiting > 0 {
        return .dispatchLoop(deadlineNanoseconds: deadlineNanoseconds(in: records))
      }
    }
    if let thread = general.takeFirst(in: records) {
      put(thread, at: nowNanoseconds, in: records)
      isSliceOwed = mustRunGeneral
      return .run(thread, deadlineNanoseconds: deadlineNanoseconds(in: records))
    }
    let deadline = deadlineNanoseconds(in: records)
    return waitsForCalls
      ? .dispatchLoop(deadlineNanoseconds: deadline) : .idle(deadlineNanoseconds: deadline)
  }

  // MARK: Threads go

  /// Gives a ready general thread to another core that asked for one; the caller posts it there.
  /// Nil when there is none that may run there.
  public mutating func giveThread(
    to thief: CoreIdentifier, in records: some ThreadRecords
  ) -> ThreadIdentifier? {
    guard let thread = general.takeLast(for: thief, in: records) else { return nil }
    startMigration(of: thread, in: records)
    leave(thread, for: thief, in: records)
    return thread
  }

  /// A thread that may not run here any more; nil when there is none.
  public var emigrant: ThreadIdentifier? { emigrants.first }

  /// Lets an emigrant go; the caller posts it to `destination` (`Placement` chooses), and looks
  /// for the next one.
  public mutating func release(
    emigrant thread: ThreadIdentifier, to destination: CoreIdentifier,
    in records: some ThreadRecords
  ) {
    precondition(records[thread].affinity.contains(destination), "the thread may not run there")
    emigrants.remove(thread, in: records)
    leave(thread, for: destination, in: records)
  }

  /// Changes where a thread of this core may run. A running one goes when it stops.
  public mutating func setAffinity(
    _ affinity: CoreSet, of thread: ThreadIdentifier, in records: some ThreadRecords
  ) {
    precondition(!affinity.isEmpty, "a thread needs a core")
    precondition(members.contains(thread), "another core's thread")
    records[thread].affinity = affinity
    guard records[thread].state == .runnable, !affinity.contains(core) else { return }
    removeReady(thread, in: records)
    emigrate(thread, in: records)
  }

  /// Changes a thread's share. A ready one keeps its turn; the next stay is charged anew.
  public func setWeight(
    _ weight: Weight, of thread: ThreadIdentifier, in records: some ThreadRecords
  ) {
    precondition(members.contains(thread), "another core's thread")
    records[thread].weight = weight
  }

  /// Ends a thread whose process ends.
  ///
  /// - Returns: `.ended`; or `.running`: stop it first; or `.migrating`: it is not here, ask its
  ///   home (`ThreadRecords.home`) or, if that is this core, again when it has arrived. A parked
  ///   thread is nobody's: who has taken it from the NIC ends it.
  public mutating func end(
    _ thread: ThreadIdentifier, in records: some ThreadRecords
  ) -> ThreadState {
    guard members.contains(thread) else { return .migrating }
    switch records[thread].state {
    case .runnable: removeReady(thread, in: records)
    case .sleeping: sleepers.remove(thread, in: records)
    case .running: return .running
    case .migrating: emigrants.remove(thread, in: records)
    case .created, .blocked, .parked, .ended: break
    }
    records[thread].become(.ended)
    members.remove(thread)
    return .ended
  }

  // MARK: Details

  private mutating func join(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    records.setHome(core, of: thread)
    members.insert(thread)
  }

  /// The home changes before the record is given away: a wake-up that still comes here is
  /// forwarded, and one that arrives there first is kept.
  private mutating func leave(
    _ thread: ThreadIdentifier, for destination: CoreIdentifier, in records: some ThreadRecords
  ) {
    members.remove(thread)
    records.setHome(destination, of: thread)
  }

  @inline(__always)
  private func virtualNanoseconds(of kind: ThreadKind) -> UInt64 {
    kind.schedulingClass == .workers ? workers.virtualNanoseconds : general.virtualNanoseconds
  }

  private mutating func put(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) {
    records[thread].become(.running)
    records[thread].account.slices += 1
    running = thread
    chargedNanoseconds = nowNanoseconds
    sliceStartNanoseconds = nowNanoseconds
  }

  /// How long the running thread may stay; nil when nobody else wants the core, as far as is known
  /// here, or when the policy lets a handler finish.
  @inline(__always)
  private func sliceNanoseconds(
    of thread: ThreadIdentifier, in records: some ThreadRecords
  ) -> UInt64? {
    let record = records[thread]
    switch record.kind.schedulingClass {
    case .workers: return workers.isEmpty ? nil : rules.workerSliceNanoseconds(record.weight)
    case .general: return general.isEmpty && !isSliceOwed ? nil : record.weight.sliceNanoseconds
    }
  }

  /// When a general thread must run although calls or workers wait.
  @inline(__always)
  private func patienceDeadlineNanoseconds(in records: some ThreadRecords) -> UInt64? {
    guard !general.isEmpty, let patience = rules.generalPatienceNanoseconds else { return nil }
    if let running, records[running].kind.schedulingClass == .general { return nil }
    return generalWaitsSinceNanoseconds + patience
  }

  private mutating func charge(
    _ thread: ThreadIdentifier, until nowNanoseconds: UInt64, in records: some ThreadRecords
  ) {
    let ran = nowNanoseconds >= chargedNanoseconds ? nowNanoseconds - chargedNanoseconds : 0
    chargedNanoseconds = nowNanoseconds
    let record = records[thread]
    records[thread].account.runNanoseconds += ran
    let isFair = record.kind.schedulingClass == .general || rules.workerOrder == .weightedFair
    guard isFair else { return }
    let (tag, overflow) = record.startTag.addingReportingOverflow(
      record.weight.virtualNanoseconds(running: ran))
    records[thread].startTag = overflow ? .max : tag
    switch record.kind.schedulingClass {
    case .workers: workers.advance(to: tag)
    case .general: general.advance(to: tag)
    }
  }

  /// Into the queue of its class, or among the emigrants.
  /// - Returns: whether it should run before the thread that runs now.
  private mutating func makeReady(
    _ thread: ThreadIdentifier, at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> Bool {
    guard records[thread].affinity.contains(core) else {
      emigrate(thread, in: records)
      return false
    }
    records[thread].become(.runnable)
    if let running {
      // Whoever ran alone until now took nothing from anybody: the virtual time follows, and the
      // slice begins now.
      charge(running, until: nowNanoseconds, in: records)
      let isAlone =
        records[running].kind.schedulingClass == .general ? general.isEmpty : workers.isEmpty
      if isAlone, !isSliceOwed { sliceStartNanoseconds = nowNanoseconds }
    }
    switch records[thread].kind.schedulingClass {
    case .workers:
      if rules.workerOrder == .arrival { records[thread].startTag = workers.virtualNanoseconds }
      workers.insert(thread, in: records)
      guard let running else { return false }
      return records[running].kind.schedulingClass == .general
    case .general:
      if general.isEmpty { generalWaitsSinceNanoseconds = nowNanoseconds }
      general.insert(thread, in: records)
      guard let running, records[running].kind.schedulingClass == .general else { return false }
      // Someone who slept comes before someone who has used up most of a slice.
      return records[thread].startTag + Weight.standardSliceNanoseconds / 2
        < records[running].startTag
    }
  }

  private mutating func removeReady(
    _ thread: ThreadIdentifier, in records: some ThreadRecords
  ) {
    switch records[thread].kind.schedulingClass {
    case .workers: workers.remove(thread, in: records)
    case .general: general.remove(thread, in: records)
    }
  }

  private mutating func emigrate(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    startMigration(of: thread, in: records)
    emigrants.append(thread, in: records)
  }

  /// From here on the tag is what the thread owes (its lead over the virtual time).
  @inline(__always)
  private func startMigration(of thread: ThreadIdentifier, in records: some ThreadRecords) {
    records[thread].become(.migrating)
    let virtual = virtualNanoseconds(of: records[thread].kind)
    let tag = records[thread].startTag
    records[thread].startTag = tag > virtual ? min(tag - virtual, FairQueue.horizonNanoseconds) : 0
  }
}
