// General threads on a core: those that start, compute or sleep, and do not serve calls (yet).
//
// `CoreScheduler` (Scheduling) decides; this file gives it the clock and the timer, CoreMail.swift
// what other cores want. A worker is not scheduled here but named by the NIC: a thread's life as a
// general one ends when it parks for the first time.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling

/// The records of all threads, in their blocks.
struct ThreadRecordTable: ThreadRecords {
  subscript(thread: ThreadIdentifier) -> ThreadRecord {
    get { Kernel.threads[thread].record }
    nonmutating set { Kernel.threads[thread].record = newValue }
  }

  func home(of thread: ThreadIdentifier) -> CoreIdentifier { Kernel.threads[thread].core }

  func setHome(_ core: CoreIdentifier, of thread: ThreadIdentifier) {
    Kernel.threads[thread].core = core
  }
}

extension CoreReference {
  private var now: UInt64 { Log.uptimeNanoseconds }

  /// Lets a caller change what is ready here; then threads that may not run here leave, other cores
  /// learn how many are ready, and one that has less is told of it.
  /// - Parameter hasProgressed: whether a slice has ended or a thread was given away.
  func changeThreads<Result>(
    hasProgressed: Bool = false,
    _ body: (inout CoreScheduler, _ now: UInt64, ThreadRecordTable) -> Result
  ) -> Result {
    let result = withScheduler { body(&$0, now, ThreadRecordTable()) }
    sendEmigrants()
    readyGeneral = readyCount
    invite(hasProgressed: hasProgressed)
    return result
  }

  /// Makes a new thread ready on this core; unless its process was ended meanwhile.
  func admit(_ thread: ThreadReference) {
    thread.core = core
    guard thread.take(from: .created, to: .runnable) else { return }
    changeThreads { _ = $0.admit(thread.identifier, at: $1, in: $2) }
    setGeneralAlarm()
  }

  /// What the core does next; nothing runs on it.
  func decide() -> Decision {
    adoptPolicy()
    adoptDuty()
    let isWanted = takeWanted()
    let hints = SchedulingHints(callsWaiting: isWanted ? 1 : 0, mayHoldLoad: mayHoldLoad)
    return changeThreads(hasProgressed: true) { scheduler, now, records in
      let duty = scheduler.duty
      // A retired core takes the looks that it owes, too (`scheduleLook`): a message may be left.
      if isWanted { scheduler.duty = .rpc }
      let decision = scheduler.schedule(at: now, hints: hints, in: records)
      scheduler.duty = duty
      return decision
    }
  }

  /// The running general thread leaves the core.
  func stopGeneral(_ reason: StopReason) {
    changeThreads { _ = $0.stop(reason, at: $1, in: $2) }
  }

  /// The timer has come: threads whose time is over are ready.
  func wakeSleepers() {
    let preempts = changeThreads { $0.wakeSleepers(at: $1, in: $2) }
    if preempts { requestReschedule() }
  }

  /// A worker gets the core although general threads are ready: from now on it is looked at.
  func limitWorker() {
    endLook()
    _ = hasWaitedSinceCheck(at: nil)
    setGeneralAlarm()
  }

  /// Whether the general thread on this core has had its slice, and another waits.
  var isSliceOver: Bool { withScheduler { $0.isSliceOver(at: now, in: ThreadRecordTable()) } }

  /// Whether general threads have waited long enough for a worker that does not wait.
  var isPatienceOver: Bool {
    withScheduler { scheduler in
      guard scheduler.readyGeneral > 0,
        let deadline = scheduler.deadlineNanoseconds(in: ThreadRecordTable())
      else { return false }
      return deadline <= now
    }
  }

  /// When the scheduler wants to be asked again: the end of a slice, a sleeper's time, or another
  /// look whether the worker on this core only waits for calls.
  func setGeneralAlarm() {
    let deadline = withScheduler { $0.deadlineNanoseconds(in: ThreadRecordTable()) }
    guard readyCount > 0, withScheduler({ $0.running == nil }) else {
      setAlarm(forGeneral: deadline)
      return
    }
    // No later than it was to be: all mail leads here, and may come more often than once a check.
    setAlarm(
      forGeneral: min(deadline ?? .max, now + CoreAlarms.idleCheckNanoseconds), isAtLatest: true)
  }
}
