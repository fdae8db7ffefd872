// What a core waits for by time: what its scheduler wants, the end of a look at the kernel endpoint
// while general threads wait, work of the supervisor, and on the boot core the watch over workers and
// a serial port without an interrupt.
//
// One timer serves all; it is silent while none is due (tickless): a thread alone on its core, of
// either class, sees no tick. Nothing here is on the way of a call.

internal import ArchAArch64
internal import Boot

/// The times of a core, in ticks of the counter; `never` when there is none.
struct CoreAlarms {
  static var never: UInt64 { .max }

  /// How often a serial port without an interrupt is looked at: while nobody types and nothing waits
  /// to be written, and otherwise. A PL011 has room for 32 bytes, which take 2.8 ms at 115200 baud.
  static var consoleIdleNanoseconds: UInt64 { 100_000_000 }
  static var consoleBusyNanoseconds: UInt64 { 2_000_000 }
  /// From one round of the watch to the next.
  static var watchNanoseconds: UInt64 { 500_000_000 }
  /// How long the dispatch thread waits for the NIC while general threads want the core.
  static var lookNanoseconds: UInt64 { 50_000 }
  /// How much longer it waits when that is over. The core may not have run meanwhile (an emulator's, or
  /// one whose load takes no interrupt): then the answer is there, and the load gets it first.
  static var lastLookNanoseconds: UInt64 { 5_000 }
  /// From a load that was left out to the next look, at first; it doubles with every look that is
  /// left out, too, this often: up to 0.64 s.
  static var firstRestNanoseconds: UInt64 { 5_000_000 }
  static var mostRestDoublings: UInt8 { 7 }
  /// How often a core looks whether the worker on it waits, while general threads want the core.
  static var idleCheckNanoseconds: UInt64 { 1_000_000 }

  var endOfLook = never
  var isLastLook = false
  var nextLook = never
  var restDoublings: UInt8 = 0
  var general = never
  var supervision = never
  var watch = never
  var allocation = never
  var console = never
}

extension CoreReference {
  /// The boot core's next round of the watch. Only on its own core, as all of this.
  func scheduleWatch() {
    alarms.watch =
      GenericTimer.now + GenericTimer.ticks(nanoseconds: CoreAlarms.watchNanoseconds)
    program()
  }

  /// The boot core's next look at a serial port without an interrupt.
  func scheduleConsole(isBusy: Bool) {
    alarms.console =
      GenericTimer.now
      + GenericTimer.ticks(
        nanoseconds: isBusy
          ? CoreAlarms.consoleBusyNanoseconds : CoreAlarms.consoleIdleNanoseconds)
    program()
  }

  /// Ends the wait at the kernel endpoint soon.
  func beginLook() {
    alarms.endOfLook =
      GenericTimer.now + GenericTimer.ticks(nanoseconds: CoreAlarms.lookNanoseconds)
    alarms.isLastLook = false
    program()
  }

  /// A message has come: the timer may still ring, for nothing.
  func endLook() { alarms.endOfLook = CoreAlarms.never }

  /// Whether the wait at the kernel endpoint, which general threads want to end, goes on.
  var isLooking: Bool { alarms.endOfLook != CoreAlarms.never }

  /// A load was left out for a general thread. The NIC may have answered it at that moment, and then
  /// keeps the message for the core (R3) without another interrupt: so the core comes back for it.
  /// Never inlined: its constants would be loaded after every message.
  @inline(never)
  func scheduleLook() {
    alarms.nextLook =
      GenericTimer.now
      + GenericTimer.ticks(
        nanoseconds: CoreAlarms.firstRestNanoseconds << UInt64(alarms.restDoublings))
    alarms.restDoublings = min(alarms.restDoublings + 1, CoreAlarms.mostRestDoublings)
    program()
  }

  /// The NIC has asked for the core: looks are close together again.
  func expectMessages() { alarms.restDoublings = 0 }

  /// The next round over all cores (CoreHiring).
  func scheduleAllocation(afterNanoseconds nanoseconds: UInt64) {
    alarms.allocation = GenericTimer.now + GenericTimer.ticks(nanoseconds: nanoseconds)
    program()
  }

  /// Runs the supervisor on this core at `tick`, unless something earlier does.
  func superviseAt(_ tick: UInt64) {
    guard tick < alarms.supervision else { return }
    alarms.supervision = tick
    program()
  }

  /// Asks the scheduler at that time; nil: not by time.
  /// - Parameter isAtLatest: an alarm that is set already stays when it is earlier.
  func setAlarm(forGeneral nanoseconds: UInt64?, isAtLatest: Bool = false) {
    var tick = nanoseconds.map { GenericTimer.ticks(nanoseconds: $0) } ?? CoreAlarms.never
    if isAtLatest { tick = min(tick, alarms.general) }
    guard tick != alarms.general else { return }
    alarms.general = tick
    program()
  }

  /// What the timer's interrupt was for.
  struct DueAlarms {
    var general: Bool
    var look: Bool
    var supervision: Bool
    var watch: Bool
    var allocation: Bool
    var console: Bool
  }

  /// The timer's interrupt: what has come is unset. The end of a look needs no word: the interrupt
  /// has ended it.
  func takeAlarms() -> DueAlarms {
    let now = GenericTimer.now
    var alarms = alarms
    let due = DueAlarms(
      general: alarms.general <= now, look: alarms.nextLook <= now,
      supervision: alarms.supervision <= now, watch: alarms.watch <= now,
      allocation: alarms.allocation <= now, console: alarms.console <= now)
    if alarms.endOfLook <= now {
      alarms.endOfLook =
        alarms.isLastLook
        ? CoreAlarms.never
        : now + GenericTimer.ticks(nanoseconds: CoreAlarms.lastLookNanoseconds)
      alarms.isLastLook = true
    }
    if due.general { alarms.general = CoreAlarms.never }
    if due.look { alarms.nextLook = CoreAlarms.never }
    if due.supervision { alarms.supervision = CoreAlarms.never }
    if due.watch { alarms.watch = CoreAlarms.never }
    if due.allocation { alarms.allocation = CoreAlarms.never }
    if due.console { alarms.console = CoreAlarms.never }
    self.alarms = alarms
    program()
    return due
  }

  private func program() {
    let next = min(
      min(min(alarms.endOfLook, alarms.nextLook), alarms.general),
      min(
        min(alarms.supervision, alarms.watch), min(alarms.allocation, alarms.console)))
    if next == CoreAlarms.never { GenericTimer.stop() } else { GenericTimer.setAlarm(at: next) }
  }
}
