// What interrupts this kernel takes: the console's, the timer's, the NIC's two SGIs and its own.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Tracing

/// Interrupt numbers (INTID). SGIs 0…7 are the kernel's own, 8…15 belong to the FPGA, as on
/// Enzian.
enum Interrupts {
  /// Another core wants this one to look around: a process ends, or a table shall be let go.
  static let attention: UInt32 = 0
  /// The boot core's watch has come round to the worker on this core.
  static let watch: UInt32 = 1
  /// The FPGA wants a worker core (prototype: SGI 8).
  static let worker: UInt32 = 8
  /// The FPGA has something for the boot core that is no RPC (prototype: SGI 15).
  static let bypass: UInt32 = 15

  // Safety: set once by the boot core before it unmasks interrupts or starts another core.
  nonisolated(unsafe) private static var console: UInt32?
  nonisolated(unsafe) private static var timer: UInt32 = 27

  /// Whether the boot core looks after workers that keep their cores too long.
  nonisolated(unsafe) private static var isWatching = true

  static var hasWatch: Bool { unsafe isWatching }
  static func useWatch(_ isWanted: Bool) { unsafe isWatching = isWanted }

  static func useConsole(interrupt: UInt32) { unsafe console = interrupt }
  static func useTimer(interrupt: UInt32) { unsafe timer = interrupt }

  /// What a round of interrupts means for the thread that they interrupted.
  struct Taken: OptionSet {
    let rawValue: UInt8
    /// What the core's scheduler waits for may have come.
    static var timer: Taken { Taken(rawValue: 1 << 0) }
    /// Another core has threads for one that has nothing to do.
    static var invitation: Taken { Taken(rawValue: 1 << 1) }
    static var watch: Taken { Taken(rawValue: 1 << 2) }
    /// A general thread shall make way for a look at the kernel endpoint.
    static var look: Taken { Taken(rawValue: 1 << 3) }
  }

  /// Whether the NIC's wish for this core is all that interrupts it; that is over then. Another
  /// interrupt is kept for `handle`, and so is the wish when others wait: they are about the thread
  /// that is on the core now, as the watch is.
  @inline(__always)
  static func takeWorkerRequest(_ core: CoreReference) -> Bool {
    guard let interrupt = TakenInterrupt() else { return false }
    guard interrupt.number == worker, !TakenInterrupt.isPending else {
      core.keptInterrupt = interrupt.keep()
      return false
    }
    core.noteWanted()
    core.expectMessages()
    return true
  }

  /// Handles every interrupt that waits, a kept one first.
  static func handle(_ core: CoreReference) -> Taken {
    var taken: Taken = []
    while let interrupt = core.takeInterrupt() {
      core.count(.interrupts)
      // The timer comes to idle cores, too, and would fill their rings.
      if unsafe interrupt.number == timer {
        core.trace(.timerTaken)
      } else {
        core.trace(.interruptTaken, interrupt.number)
      }
      switch interrupt.number {
      case unsafe timer:
        core.count(.alarms)
        let due = core.takeAlarms()
        if due.general {
          core.wakeSleepers()
          taken.insert(.timer)
        }
        if due.look {
          taken.insert(.look)
          core.noteLookDue()
        }
        if due.watch, watchWorkers(from: core) { taken.insert(.watch) }
        if due.allocation { CoreHiring.makeRound(on: core) }
        if due.supervision { Supervisor.work(on: core) }
        if due.console {
          Console.transmit()
          let hasInput = ConsoleCommands.receive()
          core.scheduleConsole(isBusy: hasInput || Console.hasOutput)
        }
      case attention:
        core.count(.requests)
        core.adoptPolicy()
        core.adoptDuty()
        if core.readMail() { taken.insert(.invitation) }
        Supervisor.work(on: core)
      case watch: taken.insert(.watch)
      case unsafe console:
        Console.transmit()
        _ = ConsoleCommands.receive()
      // With a held load comes a message that says all (R10). Without one the NIC wants the core
      // itself (R9).
      case worker:
        core.noteWanted()
        core.expectMessages()
        core.requestReschedule()
      case bypass: break
      default: Log.warning("interrupt \(interrupt.number) has no owner")
      }
    }
    return taken
  }

  /// A round of the watch: every core with a worker on it is interrupted, and looks whether the
  /// worker waits for a call (UserDispatch).
  /// - Returns: whether this core has one.
  private static func watchWorkers(from core: CoreReference) -> Bool {
    var hasOwn = false
    Kernel.threads.forEachUsed { thread in
      guard thread.state == .running, !thread.isStarting else { return }
      if thread.core == core.core {
        hasOwn = true
      } else {
        InterruptGenerator.send(watch, affinity: Kernel.cores[thread.core].affinity)
      }
    }
    Watchdog.makeRound()
    TraceLive.show()
    core.scheduleWatch()
    return hasOwn
  }

  /// Makes another core look around, wherever it is: in user mode and at a held load it takes the
  /// interrupt at once or, where a held load is not interruptible, within the stall limit (R9).
  static func requestAttention(of core: CoreIdentifier) {
    InterruptGenerator.send(attention, affinity: Kernel.cores[core].affinity)
  }
}

/// Vectors.S: an interrupt while the kernel waits at a held load or in WFI.
/// - Returns: whether the wait shall end.
@c(kernel_interrupt)
func kernelInterrupt() -> UInt64 {
  let core = CoreReference.current
  if Interrupts.handle(core).contains(.invitation) { core.askForThread() }
  if core.readyCount == 0 { core.setGeneralAlarm() }
  return core.takeRescheduleRequest() || core.readyCount > 0 && !core.isLooking ? 1 : 0
}
