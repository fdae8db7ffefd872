// Reading the tables of processes and services without a lock, and freeing what was unlinked from
// them: read-copy-update (Kernel/Scheduling/RCU, whose Epoch.swift says which access needs what).
//
// A core is in an extended quiescent state everywhere but in a *section*, in which it may hold
// references into the tables. So nobody waits for a user loop, a held load or WFI; the way of a
// call, which reads no such table, pays nothing; and a grace period is as long as the longest
// section that is under way, which is the handling of a part of one system call.

internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Synchronization

/// What a core says about its sections; other cores read the report.
struct ReaderState: ~Copyable {
  /// Only its own core.
  private var states = QuiescentStates()
  private let report = Atomic<UInt64>(QuiescentReport.offline.word)

  /// - Returns: false when the core is in a section already.
  mutating func enter() -> Bool {
    guard let left = states.leaveExtended() else { return false }
    report.store(left.word, ordering: .relaxed)
    // The report comes before the first read: either who frees sees it, or this core sees what
    // was unlinked.
    barrier_full()
    return true
  }

  mutating func leave() {
    guard let entered = states.enterExtended() else { return }
    report.store(entered.word, ordering: .releasing)
  }

  /// As other cores see it.
  var latest: QuiescentReport { QuiescentReport(word: report.load(ordering: .acquiring)) }
}

/// Sections of readers, and grace periods.
enum Reading {
  private static let epoch = Atomic<UInt64>(Epoch.first.number)

  /// Lets the caller follow references into tables; none may leave the closure. Sections may lie
  /// in each other.
  @inline(__always)
  static func section<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let core = CoreReference.current
    let isOutermost = core.enterSection()
    defer { if isOutermost { core.leaveSection() } }
    return try body()
  }

  /// Begins a grace period for all that was unlinked before.
  static func beginGracePeriod(atNanoseconds now: UInt64) -> GracePeriod {
    let number = epoch.add(1, ordering: .acquiringAndReleasing).newValue
    barrier_full()
    return GracePeriod(epoch: Epoch(number), cores: Kernel.onlineCores, at: now)
  }
}

/// What has been unlinked and not yet freed: processes. Under `Kernel.withTables`.
enum Unlinked {
  // Safety: reached under `Kernel.withTables` only.
  nonisolated(unsafe) private static var frees = DeferredFrees<ProcessIdentifier>()
  nonisolated(unsafe) private static var finished: UInt64 = 0
  nonisolated(unsafe) private static var longest: UInt64 = 0

  static func append(_ process: ProcessIdentifier) {
    // There are no more processes than places.
    guard unsafe frees.append(process) else { Panic.stop("more was unlinked than there is") }
  }

  /// Whether something waits for a grace period that is not over.
  static var isWaiting: Bool { unsafe frees.gracePeriod != nil }

  /// Begins a grace period when none is under way, and looks whether it is over; cores that make it
  /// long are asked to look up.
  static func poll() {
    if unsafe frees.wantsGracePeriod {
      unsafe frees.begin(Reading.beginGracePeriod(atNanoseconds: Log.uptimeNanoseconds))
    }
    guard let period = unsafe frees.gracePeriod else { return }
    unsafe frees.poll { Kernel.cores[$0].readerReport }
    let now = Log.uptimeNanoseconds
    if unsafe frees.gracePeriod == nil {
      unsafe finished += 1
      unsafe longest = max(longest, now - period.startNanoseconds)
      return
    }
    var laggards = period.overdue(at: now)
    while let core = laggards.popFirst() { Kernel.cores[core].post { $0.postReschedule() } }
  }

  /// A process whose memory no core can reach any more.
  static func takeFree() -> ProcessIdentifier? { unsafe frees.takeFree() }

  /// Grace periods that are over, and how long the longest was.
  static var gracePeriods: (count: UInt64, longestNanoseconds: UInt64) {
    unsafe (finished, longest)
  }
}
