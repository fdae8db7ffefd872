// One core's scheduler as a reference, since `#expect` copies what it looks at.

import Interface
import Scheduling

final class TestCore {
  let records: RecordTable
  var core: CoreScheduler

  init(
    records: RecordTable = RecordTable(), core: CoreIdentifier = core0,
    rules: KernelRules = .firstCome, duty: CoreDuty = .general
  ) {
    self.records = records
    self.core = CoreScheduler(core: core, rules: rules, duty: duty)
  }

  var running: ThreadIdentifier? { core.running }
  var readyCount: Int { core.readyCount }
  var sleepingCount: Int { core.sleepingCount }
  var isSliceOwed: Bool { core.isSliceOwed }
  var deadline: UInt64? { core.deadlineNanoseconds(in: records) }

  func isSliceOver(at now: UInt64) -> Bool { core.isSliceOver(at: now, in: records) }

  @discardableResult
  func admit(_ thread: ThreadIdentifier, at now: UInt64 = 0) -> Bool {
    core.admit(thread, at: now, in: records)
  }

  @discardableResult
  func receive(_ thread: ThreadIdentifier, at now: UInt64 = 0) -> Bool {
    core.receive(thread, at: now, in: records)
  }

  @discardableResult
  func schedule(at now: UInt64, _ hints: SchedulingHints = SchedulingHints()) -> Decision {
    core.schedule(at: now, hints: hints, in: records)
  }

  @discardableResult
  func stop(_ reason: StopReason, at now: UInt64) -> ThreadState {
    core.stop(reason, at: now, in: records)
  }

  func wake(_ thread: ThreadIdentifier, at now: UInt64) -> WakeOutcome {
    core.wake(thread, at: now, in: records)
  }

  func end(_ thread: ThreadIdentifier) -> ThreadState { core.end(thread, in: records) }

  func give(to thief: CoreIdentifier) -> ThreadIdentifier? {
    core.giveThread(to: thief, in: records)
  }
}
