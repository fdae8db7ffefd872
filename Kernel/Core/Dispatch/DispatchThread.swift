// ③ The dispatch thread: one per core, waits on the kernel endpoint for work of any process.
//
// Paper §6: it loads the core's own pair of control lines; CALL makes it switch to the process
// that the NIC named (UserDispatch.swift); after every message it schedules. The loop is the
// same `MessageLoop` that user programs run.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling

/// A core's dispatch thread. Lives on the core's kernel stack.
struct DispatchThread {
  private let core: CoreReference
  private var lines = KernelLines()

  init(core: CoreReference) { self.core = core }

  /// Runs for ever.
  mutating func run() -> Never {
    var operations = CoreOperations(core: core)
    DispatchSequence.start(&operations)
    if core.core.number == 0, Interrupts.hasWatch { core.scheduleWatch() }
    schedule()
    guard var loop = core.loop else { waitWithoutNIC() }
    DispatchSequence.beginLoads(&operations)
    while true {
      let message = loop.loadMessage(&lines)
      guard message.code != 0 else {
        // An interrupt found work for this core: the load was left out (Vectors.S).
        schedule()
        continue
      }
      _ = line_jump(
        message.code, message.data, message.argument0, message.argument1,
        UInt64(loop.currentLine))
      loop.finishMessage(&lines)
      schedule()
    }
  }

  /// Gives the next general thread a turn. While one is ready, the NIC is asked after each, for a
  /// moment.
  @inline(__always)
  private func schedule() {
    if core.readyCount > 0 { runGeneral() }
  }

  @inline(never)
  private func runGeneral() {
    guard let next = core.takeGeneral() else { return }
    UserDispatch(core: core).runGeneral(
      next.thread, deadlineNanoseconds: next.deadlineNanoseconds)
    if core.readyCount > 0 { core.beginLook() }
    var operations = CoreOperations(core: core)
    DispatchSequence.beginLoads(&operations)
  }

  /// A machine without NIC still runs its threads and its console.
  private func waitWithoutNIC() -> Never {
    while true {
      schedule()
      guard core.readyCount == 0 else { continue }
      // An interrupt that is pending ends WFI although it is masked, so none can be missed.
      wait_for_interrupt()
      interrupts_unmask()
      barrier_context()
      interrupts_mask()
    }
  }
}
