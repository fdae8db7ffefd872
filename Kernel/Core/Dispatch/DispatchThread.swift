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
    schedule()
    guard var loop = core.loop else { waitWithoutNIC() }
    DispatchSequence.beginLoads(&operations)
    while true {
      let message = loop.loadMessage(&lines)
      _ = line_jump(
        message.code, message.data, message.argument0, message.argument1,
        UInt64(loop.currentLine))
      loop.finishMessage(&lines)
      schedule()
    }
  }

  /// Runs the threads of this core's run queue until none is ready.
  private func schedule() {
    while let thread = core.takeRunnable() {
      UserDispatch(core: core).run(Kernel.threads[thread])
    }
  }

  /// A machine without NIC still runs its threads and its console.
  private func waitWithoutNIC() -> Never {
    while true {
      schedule()
      interrupts_unmask()
      wait_for_interrupt()
      interrupts_mask()
    }
  }
}
