// What a core waits for by time: the end of a general thread's turn, the end of a look at the kernel
// endpoint after it, what its scheduler wants, work of the supervisor, and on the boot core the
// watch over workers.
//
// One timer serves all; it is silent while none is due (tickless). Nothing here is on the way of a
// call: a worker gets no turn that would have to be timed, the watch comes round to it.

internal import ArchAArch64
internal import Boot

/// The times of a core, in ticks of the counter; `never` when there is none.
struct CoreAlarms {
  static var never: UInt64 { .max }

  /// From one round of the watch to the next.
  static var watchNanoseconds: UInt64 { 500_000_000 }
  /// How long a general thread may run before the NIC is asked, on a core that it could use.
  static var turnNanoseconds: UInt64 { 10_000_000 }
  /// How long the dispatch thread waits for the NIC while general threads want the core.
  static var lookNanoseconds: UInt64 { 50_000 }

  var endOfTurn = never
  var endOfLook = never
  var general = never
  var supervision = never
  var watch = never
}

extension CoreReference {
  /// Sets the end of the turn that begins now. Only on its own core, as all of this.
  func beginTurn() {
    alarms.endOfTurn =
      GenericTimer.now + GenericTimer.ticks(nanoseconds: CoreAlarms.turnNanoseconds)
    program()
  }

  /// What is left of a turn is nobody else's. The timer may still ring, for nothing.
  func endTurn() { alarms.endOfTurn = CoreAlarms.never }

  /// The boot core's next round of the watch.
  func scheduleWatch() {
    alarms.watch =
      GenericTimer.now + GenericTimer.ticks(nanoseconds: CoreAlarms.watchNanoseconds)
    program()
  }

  /// Ends the wait at the kernel endpoint soon.
  func beginLook() {
    alarms.endOfLook =
      GenericTimer.now + GenericTimer.ticks(nanoseconds: CoreAlarms.lookNanoseconds)
    program()
  }

  /// Runs the supervisor on this core at `tick`, unless something earlier does.
  func superviseAt(_ tick: UInt64) {
    guard tick < alarms.supervision else { return }
    alarms.supervision = tick
    program()
  }

  /// Asks the scheduler at that time; nil: not by time.
  func setAlarm(forGeneral nanoseconds: UInt64?) {
    let tick = nanoseconds.map { GenericTimer.ticks(nanoseconds: $0) } ?? CoreAlarms.never
    guard tick != alarms.general else { return }
    alarms.general = tick
    program()
  }

  /// What the timer's interrupt was for.
  struct DueAlarms {
    var endOfTurn: Bool
    var general: Bool
    var supervision: Bool
    var watch: Bool
  }

  /// The timer's interrupt: what has come is unset. The end of a look needs no word: the interrupt
  /// has ended it.
  func takeAlarms() -> DueAlarms {
    let now = GenericTimer.now
    var alarms = alarms
    let due = DueAlarms(
      endOfTurn: alarms.endOfTurn <= now, general: alarms.general <= now,
      supervision: alarms.supervision <= now, watch: alarms.watch <= now)
    if due.endOfTurn { alarms.endOfTurn = CoreAlarms.never }
    if alarms.endOfLook <= now { alarms.endOfLook = CoreAlarms.never }
    if due.general { alarms.general = CoreAlarms.never }
    if due.supervision { alarms.supervision = CoreAlarms.never }
    if due.watch { alarms.watch = CoreAlarms.never }
    self.alarms = alarms
    program()
    return due
  }

  private func program() {
    let next = min(
      min(alarms.endOfTurn, alarms.endOfLook), min(alarms.general, alarms.supervision),
      alarms.watch)
    if next == CoreAlarms.never { GenericTimer.stop() } else { GenericTimer.setAlarm(at: next) }
  }
}
