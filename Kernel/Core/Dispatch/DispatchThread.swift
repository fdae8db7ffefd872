// ③ The dispatch thread: one per core, waits on the kernel endpoint for work of any process.
//
// Paper §6: it loads the core's own pair of control lines; CALL makes it switch to the process
// that the NIC named (UserDispatch.swift); after every message it schedules. The loop is the
// same `MessageLoop` that user programs run.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling

/// A core's dispatch thread. Lives on the core's kernel stack.
struct DispatchThread {
  private let core: CoreReference
  private var lines = KernelLines()

  init(core: CoreReference) { self.core = core }

  /// Runs for ever.
  mutating func run() -> Never {
    if core.core.number == 0, Interrupts.hasWatch { core.scheduleWatch() }
    reschedule()
    guard var loop = core.loop else { Panic.stop("a machine without NIC has no calls") }
    line_jumps_begin()
    while true {
      let message = loop.loadMessage(&lines)
      guard message.code != 0 else {
        // An interrupt found work for this core: the load was left out (Vectors.S).
        core.scheduleLook()
        reschedule()
        continue
      }
      line_jump(
        message.code, message.data, message.argument0, message.argument1,
        UInt64(loop.currentLine))
      loop.finishMessage(&lines)
      schedule()
    }
  }

  /// Comes after every message, and leads to the next load. Without general threads it is a few
  /// instructions on the way of a call.
  @inline(__always)
  private func schedule() {
    if core.readyGeneral > 0 { letGeneralThreadsWait() }
  }

  /// The next load acknowledges the message: before it the NIC can give nobody else the worker
  /// that the message named. So the load comes first, for a moment, unless general threads have
  /// waited too long.
  @inline(never)
  private func letGeneralThreadsWait() {
    guard core.isPatienceOver else { return core.beginLook() }
    core.scheduleLook()
    reschedule()
  }

  /// Does what the core's scheduler says, until that is to wait for the NIC.
  @inline(never)
  func reschedule() {
    while true {
      switch core.decide() {
      case .run(let thread, let deadline):
        UserDispatch(core: core).runGeneral(
          Kernel.threads[thread], deadlineNanoseconds: deadline)
      case .dispatchLoop:
        // With general threads ready this is the look that the NIC has asked for.
        if core.readyCount > 0 { core.beginLook() } else { core.setGeneralAlarm() }
        var operations = CoreOperations(core: core)
        DispatchSequence.start(&operations)
        DispatchSequence.beginLoads(&operations)
        return
      case .idle: waitForInterrupt()
      }
    }
  }

  /// A core that does no RPC, or that the NIC has retired, has nothing to run. The NIC interrupts it
  /// when it wants it (interface §11, 5).
  private func waitForInterrupt() {
    CoreOperations(core: core).publish(.general)
    core.setGeneralAlarm()
    core.askForThread()
    // An interrupt that is pending ends WFI although it is masked, so none can be missed.
    wait_for_interrupt()
    interrupts_unmask()
    barrier_context()
    interrupts_mask()
  }
}
