// ④ From the dispatch thread into a process and back: the causes of return.
//
// Order matters twice (R11). Going in: the state line names the endpoint before the worker's
// first load. Coming out: the thread's registers are saved and visible to all cores before the
// state line says that the worker is gone, since from that store on the NIC may name the worker
// to another core.

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
    thread.become(.running)
    core.running = thread.identifier
    core.activate(userTable: thread.userTable)
    publish(
      CoreState(
        mode: .user, process: thread.process, endpoint: thread.endpoint,
        runQueueLength: core.runQueueLength))
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
        publish(CoreState(mode: .dispatch, runQueueLength: core.runQueueLength))
        return
      }
    }
  }

  /// The thread waits for the NIC.
  private func park(_ thread: ThreadReference) {
    core.running = nil
    let wasStarting = thread.takeStarting()
    thread.become(.parked)
    barrier_stores()
    publish(CoreState(mode: .dispatch, runQueueLength: core.runQueueLength))
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

  /// Tells the NIC what this core does: one store, no round trip (R15).
  func publish(_ state: CoreState) {
    guard core.stateLine != 0 else { return }
    KernelLines().store(state.word, at: core.stateLine)
  }
}
