// ④ From the dispatch thread into a process and back: the causes of return.
//
// Order matters twice (R11): going in, and coming out. `DispatchSequence` is the order; this file
// is what surrounds it.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Tracing

/// Runs user threads on one core.
struct UserDispatch {
  let core: CoreReference

  init(core: CoreReference) { self.core = core }

  /// Runs a thread until it yields, ends or is killed.
  func run(_ thread: ThreadReference) {
    core.running = thread.identifier
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.enter(&operations)
    core.trace(.userEntered, tag: core.takeTag(), thread.traceWorker, thread.programCounter)
    while true {
      let cause = thread.resume()
      if cause == UInt64(TRAP_YIELD) {
        core.count(.yields)
        core.trace(.userYielded, thread.traceWorker)
        park(thread)
        return
      }
      guard goesOn(thread, after: cause) else {
        core.running = nil
        DispatchSequence.leaveEnded(&operations)
        return
      }
    }
  }

  /// The thread waits for the NIC.
  private func park(_ thread: ThreadReference) {
    core.running = nil
    let wasStarting = thread.takeStarting()
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.park(&operations)
    // From here on another core may run the thread.
    if wasStarting { StartUp.noteProcessStarted() }
  }

  /// Handles everything but a yield; false when the thread has ended.
  private func goesOn(_ thread: ThreadReference, after cause: UInt64) -> Bool {
    switch Int32(truncatingIfNeeded: cause) {
    case TRAP_SYSTEM_CALL:
      core.count(.systemCalls)
      core.trace(.systemCallTaken, thread.traceWorker, thread[8])
      let goesOn = SystemCalls.handle(thread)
      if goesOn {
        core.trace(.systemCallAnswered, UInt32(truncatingIfNeeded: thread[0]))
      }
      return goesOn
    case TRAP_INTERRUPT:
      Interrupts.handle(core)
      return true
    case TRAP_FAULT:
      core.count(.faults)
      core.trace(
        .userFaulted, UInt32(truncatingIfNeeded: read_exception_syndrome()), read_fault_address())
      Processes.killAfterFault(
        thread, syndrome: read_exception_syndrome(), address: read_fault_address())
      return false
    default:
      // TRAP_SYSTEM_ERROR: an SError has no address that could be blamed on the thread.
      Panic.stop("system error (SError) in user mode")
    }
  }
}
