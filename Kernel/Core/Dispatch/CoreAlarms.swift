// What a core waits for by time: the end of a thread's turn, the end of a look at the kernel
// endpoint between two turns, and work of the supervisor.
//
// One timer serves all; it is silent while none is due (tickless).

internal import ArchAArch64
internal import Boot

/// The times of a core, in ticks of the counter; `never` when there is none.
struct CoreAlarms {
  static var never: UInt64 { .max }

  /// How long a worker may run before it is looked at, and how long a general thread's turn is
  /// while others wait.
  static var watchNanoseconds: UInt64 { 500_000_000 }
  static var turnNanoseconds: UInt64 { 10_000_000 }

  /// How long the dispatch thread waits for the NIC while general threads want the core.
  static var lookNanoseconds: UInt64 { 50_000 }

  var endOfTurn = never
  var endOfLook = never
  var supervision = never

  /// Whether the end of a turn is set: what the dispatch path asks.
  @inline(__always) var hasEndOfTurn: Bool { endOfTurn != Self.never }
}

extension CoreReference {
  /// Sets the end of the turn that begins now. Only on its own core, as all of this. Never inlined:
  /// it is on the way of a call that finds the timer silent, and no other.
  @inline(never)
  func beginTurn(nanoseconds: UInt64) {
    alarms.endOfTurn = GenericTimer.now + GenericTimer.ticks(nanoseconds: nanoseconds)
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

  /// The timer's interrupt.
  /// - Returns: what has come, which is unset then. The end of a look needs no word: the interrupt
  ///   has ended it.
  func takeAlarms() -> (endOfTurn: Bool, supervision: Bool) {
    let now = GenericTimer.now
    var alarms = alarms
    let (isTurnOver, isSupervisionDue) = (alarms.endOfTurn <= now, alarms.supervision <= now)
    if alarms.endOfLook <= now { alarms.endOfLook = CoreAlarms.never }
    if isTurnOver { alarms.endOfTurn = CoreAlarms.never }
    if isSupervisionDue { alarms.supervision = CoreAlarms.never }
    self.alarms = alarms
    program()
    return (isTurnOver, isSupervisionDue)
  }

  private func program() {
    let next = min(alarms.endOfTurn, alarms.endOfLook, alarms.supervision)
    if next == CoreAlarms.never { GenericTimer.stop() } else { GenericTimer.setAlarm(at: next) }
  }
}
