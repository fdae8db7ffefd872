// The watch over cores: one that does nothing any more is a bug of the kernel, and is reported.
//
// The boot core comes round to all others twice a second (CoreWatch decides); core 1, its deputy, is
// rung in each round and misses the boot core when no ring comes. What lives pays nothing: only a
// core that has counted nothing since the last round is interrupted, and the deputy.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Synchronization

/// Finds cores that have stopped.
enum Watchdog {
  // Safety: only the boot core's rounds use them.
  nonisolated(unsafe) private static var watches = InlineArray<64, CoreWatch>(
    repeating: CoreWatch())

  /// Rounds of the boot core.
  private static let rounds = Atomic<UInt64>(0)
  // Safety (both): only the deputy uses them.
  nonisolated(unsafe) private static var bootWatch = CoreWatch()
  /// When the deputy judges again.
  nonisolated(unsafe) private static var nextJudgement: UInt64 = 0

  /// A core that shall stop, for a test of all this; `none`: none.
  private static let hanging = Atomic<UInt32>(none)
  private static var none: UInt32 { .max }
  /// The lock that it shall have then, as `LockRank`; `none`: none. Stored before.
  private static let hangingLock = Atomic<UInt32>(none)

  private static var deputy: CoreIdentifier { CoreIdentifier(1) }

  /// The boot core has come so far that it makes rounds.
  static func begin() {
    guard Interrupts.hasWatch, Kernel.onlineCores.contains(deputy) else { return }
    Interrupts.requestAttention(of: deputy)
  }

  /// The boot core waits for its serial port, and makes no rounds meanwhile.
  static func noteWaiting(_ core: CoreReference) {
    if core.core.number == 0 { rounds.add(1, ordering: .relaxed) }
  }

  /// The boot core's round.
  static func makeRound() {
    rounds.add(1, ordering: .relaxed)
    for number in 1..<max(1, Kernel.coreCount) {
      let core = Kernel.cores[CoreIdentifier(number)]
      // One that never came up has counted nothing, and was reported when it did not come.
      let activity = core.activity
      guard activity > 0 else { continue }
      switch unsafe watches[Int(number)].judge(activity: activity) {
      case .alive: if number == deputy.number { Interrupts.requestAttention(of: core.core) }
      case .ask: Interrupts.requestAttention(of: core.core)
      case .stopped: report(core)
      }
    }
  }

  /// Another core's look around, rung for or by its own alarm.
  static func visit(_ core: CoreReference) {
    if hanging.load(ordering: .acquiring) == UInt32(core.core.number) { hang(core) }
    guard core.core == deputy, Interrupts.hasWatch else { return }
    // It is rung for other things, too, and may come here many times in a round.
    let now = Log.uptimeNanoseconds
    if unsafe now >= nextJudgement {
      unsafe nextJudgement = now + roundNanoseconds
      if unsafe bootWatch.judge(activity: rounds.load(ordering: .relaxed)) == .stopped {
        report(Kernel.cores[CoreIdentifier(0)])
      }
    }
    core.superviseAt(GenericTimer.ticks(nanoseconds: unsafe nextJudgement))
  }

  private static var roundNanoseconds: UInt64 { CoreAlarms.watchNanoseconds }

  /// Makes a core stop, with or without a lock, to see the report.
  static func stop(_ number: CoreIdentifier, with lock: LockRank?) {
    hangingLock.store(lock.map { UInt32($0.rawValue) } ?? none, ordering: .relaxed)
    hanging.store(UInt32(number.number), ordering: .releasing)
    let core = CoreReference.current
    if number == core.core { hang(core) }
    Interrupts.requestAttention(of: number)
  }

  private static func hang(_ core: CoreReference) {
    Log.warning("core \(core.core.number) stops: asked for", from: .console)
    switch LockRank(rawValue: UInt64(hangingLock.load(ordering: .relaxed))) {
    case nil: spin()
    case .tables: Kernel.withTables { spin() }
    case .console: Console.withOutput { _ in spin() }
    }
  }

  private static func spin() {
    while true { _ = hanging.load(ordering: .relaxed) }
  }

  private static func report(_ core: CoreReference) -> Never {
    let halfSeconds = UInt64(CoreWatch.limit)
    Panic.claim()
    StateDump.print()
    let what: LogText =
      if let running = core.running {
        "thread \(running.number) of process \(Kernel.threads[running].process.number) was on it"
      } else {
        "its dispatch thread was"
      }
    Panic.stopAfterClaim(
      "core \(core.core.number) has stopped: for \(halfSeconds / 2) s it took no interrupt and no message; \(what)"
    )
  }
}

extension CoreReference {
  /// A count of everything that the core does in the kernel.
  fileprivate var activity: UInt64 {
    var sum: UInt64 = 0
    for counter in CoreCounter.allCases { sum &+= self[counter] }
    return sum
  }
}
