// General threads on a core: those that start, compute or sleep, and do not serve calls (yet).
//
// `CoreScheduler` (Scheduling) decides; this file gives it the clock, the timer and the mail. A
// worker is not scheduled here but named by the NIC: a thread's life as a general one ends when
// it parks for the first time.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling
internal import Synchronization

/// A word that several cores change, in ordinary memory.
struct MailboxAtomic: MailboxWord, ~Copyable {
  private let word = Atomic<UInt64>(0)

  init() {}

  borrowing func post(_ bits: UInt64) -> UInt64 {
    word.bitwiseOr(bits, ordering: .acquiringAndReleasing).oldValue
  }

  borrowing func take() -> UInt64 { word.exchange(0, ordering: .acquiring) }
}

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

  /// Makes a new thread ready on this core; unless its process was ended meanwhile.
  func admit(_ thread: ThreadReference) {
    thread.core = core
    guard thread.take(from: .created, to: .runnable) else { return }
    withScheduler { _ = $0.admit(thread.identifier, at: now, in: ThreadRecordTable()) }
    setGeneralAlarm()
  }

  /// Sends a new thread to another core; unless its process was ended meanwhile.
  func send(_ thread: ThreadReference, to destination: CoreIdentifier) {
    guard destination != core else {
      admit(thread)
      requestReschedule()
      return
    }
    guard thread.take(from: .created, to: .runnable) else { return }
    var record = thread.record
    record.become(.migrating)
    thread.record = record
    thread.core = destination
    Kernel.cores[destination].post { $0.postArrival(thread.identifier) }
  }

  /// What other cores want.
  func readMail() {
    guard let mail = takeMail() else { return }
    var arrivals = mail.arrivals
    while let thread = arrivals.popFirst() {
      withScheduler { _ = $0.receive(thread, at: now, in: ThreadRecordTable()) }
    }
    var ends = mail.ends
    while let identifier = ends.popFirst() {
      let thread = Kernel.threads[identifier]
      // Late mail: the block may have another thread by now.
      guard ProcessTable.isEnding(thread.process), thread.core == core else { continue }
      let state = withScheduler { $0.end(identifier, in: ThreadRecordTable()) }
      guard state == .ended,
        thread.take(from: .runnable, to: .ended) || thread.take(from: .sleeping, to: .ended)
      else { continue }
      ProcessTable.noteThreadEnd(of: thread.process)
    }
    setGeneralAlarm()
  }

  /// The next general thread, which runs from now on, and the end of its slice; nil when the core
  /// shall ask the NIC.
  func takeGeneral() -> (thread: ThreadReference, deadlineNanoseconds: UInt64?)? {
    let hints = SchedulingHints(mayHoldLoad: loop != nil)
    let decision = withScheduler { $0.schedule(at: now, hints: hints, in: ThreadRecordTable()) }
    guard case .run(let thread, let deadline) = decision else { return nil }
    return (Kernel.threads[thread], deadline)
  }

  /// The running general thread leaves the core.
  func stopGeneral(_ reason: StopReason) {
    withScheduler { _ = $0.stop(reason, at: now, in: ThreadRecordTable()) }
    setGeneralAlarm()
  }

  /// The timer has come.
  /// - Returns: whether a general thread has waited for the core long enough.
  func wakeGeneral() -> Bool {
    let now = now
    return withScheduler {
      _ = $0.wakeSleepers(at: now, in: ThreadRecordTable())
      guard $0.readyCount > 0, let deadline = $0.deadlineNanoseconds(in: ThreadRecordTable())
      else { return false }
      return deadline <= now
    }
  }

  /// When the scheduler wants to be asked again.
  /// - Parameter delay: a time that is over already is put off that far: whoever is in the way
  ///   has been told.
  func setGeneralAlarm(notBefore delay: UInt64 = 0) {
    let deadline = withScheduler { $0.deadlineNanoseconds(in: ThreadRecordTable()) }
    setAlarm(forGeneral: deadline.map { max($0, now + delay) })
  }
}
