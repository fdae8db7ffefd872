// ④ From the dispatch thread into a process and back: the causes of return.
//
// Order matters twice (R11): going in, and coming out. `DispatchSequence` is the order; this file
// is what surrounds it.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import SystemInterface
internal import Tracing

/// Runs user threads on one core.
struct UserDispatch {
  let core: CoreReference

  init(core: CoreReference) { self.core = core }

  /// Runs a thread that the message at `line` named, and that this core has taken, until it leaves the
  /// core. The last thing that the message's handler does.
  @inline(__always)
  func runWorker(_ thread: ThreadReference, messageAt line: UInt64, isResumed: Bool) {
    if core.isUndisturbed, !thread.isElsewhere {
      runUndisturbed(thread)
    } else {
      runDisturbed(thread, messageAt: line, isResumed: isResumed)
    }
  }

  /// The usual case: no general thread is ready, no event is recorded, and the thread will go on at
  /// its loop. Does not return: `kernelWorkerYielded` is the end, unless something else happens first.
  @inline(__always)
  private func runUndisturbed(_ thread: ThreadReference) {
    var operations = CoreOperations(core: core, thread: thread, isUndisturbed: true)
    DispatchSequence.enter(&operations)
    core.running = thread.identifier
    thread.core = core.core
    core.count(.dispatches)
    // Counted now, since there is time for it.
    core.count(.yields)
    thread.enter()
  }

  /// The thread that `runUndisturbed` entered has trapped for something else than a yield.
  func goOn(_ thread: ThreadReference, after cause: UInt64) {
    core.uncount(.yields)
    if goesOn(thread, after: cause) { serve(thread) }
  }

  @inline(never)
  private func runDisturbed(
    _ thread: ThreadReference, messageAt line: UInt64, isResumed: Bool
  ) {
    if !isResumed { thread.watch.noteCall() }
    core.count(.dispatches)
    core.trace(.callTaken, tag: core.noteTag(ofMessageAt: line), thread.traceWorker)
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.enter(&operations)
    core.trace(.userEntered, tag: core.takeTag(), thread.traceWorker, thread.programCounter)
    if core.readyCount > 0 { core.limitWorker() }
    core.running = thread.identifier
    thread.core = core.core
    serve(thread)
  }

  /// Runs a general thread, which the scheduler has chosen, until it leaves the core.
  func runGeneral(_ thread: ThreadReference, deadlineNanoseconds: UInt64?) {
    // The time of a sleeper, and a wake-up, were the scheduler's to notice: here it still waits.
    guard
      thread.take(from: .runnable, to: .running) || thread.take(from: .sleeping, to: .running)
        || thread.take(from: .blocked, to: .running)
    else { Panic.stop("a thread left its core's queue by itself") }
    guard !Processes.isEnding(thread.process) else {
      leave(thread)
      return
    }
    core.activate(userTable: thread.userTable)
    // Not `user`: until it parks, the thread has nothing to do with RPC, and a call on its way to
    // this core must not wait for it.
    CoreOperations(core: core, thread: thread).publish(.general)
    core.setAlarm(forGeneral: deadlineNanoseconds)
    core.running = thread.identifier
    thread.core = core.core
    CoreHiring.noteGeneral(thread, on: core)
    serve(thread)
  }

  private func serve(_ thread: ThreadReference) {
    while true {
      let cause = mayLeaveAtOnce(thread) ? thread.resumeUntilInterrupt() : thread.resume()
      if cause == UInt64(TRAP_YIELD) {
        core.count(.yields)
        core.trace(.userYielded, thread.traceWorker)
        core.forgetFloatingPoint()
        let isNews = thread.isElsewhere && returnToLoop(thread)
        park(thread)
        if isNews { StartUp.noteProcessStarted() }
        return
      }
      if !goesOn(thread, after: cause) { return }
    }
  }

  /// Whether parking is all there is to do when the NIC wants the core of the thread. Workers only:
  /// they run in the handler of a message, which is left then.
  private func mayLeaveAtOnce(_ thread: ThreadReference) -> Bool {
    core.tracedSources == .none && !thread.isStarting
  }

  /// The thread waits for the NIC.
  @inline(__always)
  private func park(_ thread: ThreadReference) {
    core.running = nil
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.park(&operations)
    // From here on another core may run the thread.
  }

  /// A thread yields that its context does not know at its loop; maybe for the first time.
  /// - Returns: whether boot waits for that.
  @inline(never)
  private func returnToLoop(_ thread: ThreadReference) -> Bool {
    thread.returnToLoop()
    guard thread.isStarting else { return false }
    core.stopGeneral(.ends)
    return thread.noteStarted()
  }

  /// A general thread leaves the core and will go on. The state line says so when the core has
  /// something else to do: until then it is not the NIC's.
  private func stop(_ thread: ThreadReference, _ reason: StopReason) {
    core.running = nil
    core.saveFloatingPoint(of: thread)
    switch reason {
    case .sleeps: thread.leave(as: .sleeping)
    case .blocks: thread.leave(as: .blocked)
    default: thread.leave(as: .runnable)
    }
    core.stopGeneral(reason)
  }

  /// Handles everything but a yield; false when the thread has left the core. Never inlined: the
  /// way of a call shall not pay for its stack frame.
  @inline(never)
  private func goesOn(_ thread: ThreadReference, after cause: UInt64) -> Bool {
    thread.isElsewhere = true
    switch Int32(truncatingIfNeeded: cause) {
    case TRAP_SYSTEM_CALL:
      core.count(.systemCalls)
      core.trace(.systemCallTaken, thread.traceWorker, thread[8])
      switch SystemCalls.handle(thread) {
      case .goesOn:
        core.trace(.systemCallAnswered, UInt32(truncatingIfNeeded: thread[0]))
        return true
      case .ends: leave(thread)
      case .stops(let reason): stop(thread, reason)
      }
      return false
    case TRAP_INTERRUPT:
      return goesOnAfterInterrupt(thread)
    case TRAP_FAULT:
      // Read before anything else can take an exception.
      let fault = UserFault(syndrome: read_exception_syndrome(), address: read_fault_address())
      if fault.isFloatingPointTrap, !core.lendsFloatingPoint {
        core.lendFloatingPoint(to: thread)
        return true
      }
      core.count(.faults)
      core.trace(.userFaulted, UInt32(truncatingIfNeeded: fault.syndrome), fault.address)
      ProcessEnd.killAfterFault(thread, fault)
      leave(thread)
      return false
    default:
      // TRAP_SYSTEM_ERROR: an SError has no address that could be blamed on the thread.
      Panic.stop("system error (SError) in user mode")
    }
  }

  private func goesOnAfterInterrupt(_ thread: ThreadReference) -> Bool {
    let taken = Interrupts.handle(core)
    if Processes.isEnding(thread.process) {
      leave(thread)
      return false
    }
    var leaves = core.takeRescheduleRequest()
    if thread.isStarting {
      if core.isSliceOver { leaves = true }
      if taken.contains(.look) { leaves = true }
      if taken.contains(.invitation), !leaves { core.askForThread() }
    } else if shallLeave(thread, taken) {
      leaves = true
    }
    if leaves {
      preempt(thread)
    } else if taken.contains(.timer) {
      core.setGeneralAlarm()
    }
    return !leaves
  }

  /// Whether a worker shall make way: since it does not seem to end, or since general threads want
  /// the core and it only waits, or they have waited long enough.
  private func shallLeave(_ worker: ThreadReference, _ taken: Interrupts.Taken) -> Bool {
    let areWaiting = core.readyCount > 0
    guard areWaiting && taken.contains(.timer) || !taken.isDisjoint(with: [.watch, .invitation])
    else { return false }
    let line = HeldLoad.line(of: worker)
    if taken.contains(.watch), line.map({ worker.watch.noteWaiting(at: $0) }) != true {
      worker.watch.notePeriod()
      return true
    }
    guard areWaiting else {
      // It keeps the core until a thread has come and waited.
      if line != nil, taken.contains(.invitation) { core.askForThread() }
      return false
    }
    return core.hasWaitedSinceCheck(at: line) || core.isPatienceOver
  }

  /// Takes the core from a thread that could go on. A worker is parked, wherever it was stopped:
  /// when a call stands in its line, the NIC asks for it at once with RESUME (R11); when none
  /// does, it goes on with the next one. Other threads stay runnable.
  private func preempt(_ thread: ThreadReference) {
    core.count(.preemptions)
    if thread.isStarting {
      stop(thread, .preempted)
    } else {
      core.saveFloatingPoint(of: thread)
      park(thread)
    }
  }

  /// The thread will never run again.
  private func leave(_ thread: ThreadReference) {
    core.running = nil
    core.forgetFloatingPoint()
    core.activate(userTable: KernelMemory.noProcessTable)
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.end(&operations)
    DispatchSequence.leaveEnded(&operations)
    if thread.isStarting { core.stopGeneral(.ends) }
    let isNews = thread.noteStarted()
    ProcessEnd.noteThreadEnd(thread)
    if isNews { StartUp.noteProcessStarted() }
  }
}

/// Threads.S: the end of `runUndisturbed`. No general thread has become ready since: what makes one
/// ready here interrupts the worker, and then `kernelWorkerTrapped` is the end. An event is missed when
/// tracing was turned on meanwhile.
@c(kernel_worker_yielded)
func kernelWorkerYielded(thread: UInt64, core: UInt64) {
  let core = CoreReference(address: core)
  core.running = nil
  var operations = CoreOperations(
    core: core, thread: ThreadReference(address: thread), isUndisturbed: true)
  DispatchSequence.park(&operations)
}

/// Threads.S: the thread that `runUndisturbed` entered has trapped, and neither a yield nor the NIC's
/// wish for the core has ended it. Returns when the thread has left the core.
@c(kernel_worker_trapped)
func kernelWorkerTrapped(cause: UInt64, core: UInt64) {
  let core = CoreReference(address: core)
  guard let thread = core.running else { Panic.stop("a trap of no thread") }
  UserDispatch(core: core).goOn(Kernel.threads[thread], after: cause)
}

/// Threads.S: an interrupt of a worker that may leave at once. If it is the NIC's wish for the core (R9),
/// the worker is parked, wherever it was stopped, as `UserDispatch.preempt` does; what else may be pending
/// interrupts the next load.
/// - Parameter isEntered: not 0 in `runUndisturbed`, which has counted a yield.
/// - Returns: 1 if the worker has left, and the way goes on as after a yield.
@c(kernel_worker_interrupted)
func kernelWorkerInterrupted(thread: UInt64, core: UInt64, isEntered: UInt64) -> UInt64 {
  let core = CoreReference(address: core)
  guard Interrupts.takeWorkerRequest(core) else { return 0 }
  let thread = ThreadReference(address: thread)
  thread.isElsewhere = true
  if isEntered != 0 { core.uncount(.yields) }
  core.count(.interrupts)
  core.count(.preemptions)
  core.running = nil
  core.saveFloatingPoint(of: thread)
  var operations = CoreOperations(core: core, thread: thread, isServing: true)
  DispatchSequence.park(&operations)
  return 1
}

/// Whether an interrupted worker waits for the NIC, as far as its registers tell.
enum HeldLoad {
  /// The thread's own control line that the interrupted instruction loads from; nil when it does
  /// something else. A program may lie with such a load in a loop: see `CallWatch`.
  static func line(of thread: ThreadReference) -> UInt64? {
    var instruction: UInt32 = 0
    do throws(SystemError) {
      try UserMemory.read(of: thread.process, from: thread.programCounter, count: 4) {
        index, byte in
        instruction |= UInt32(byte) << UInt32(8 * index)
      }
    } catch { return nil }
    // LDP of two 64-bit registers with a signed offset, and LDR of one with an unsigned offset
    // (ARM ARM C4.1.94): imm7 × 8 or imm12 × 8 from the register in bits 5…9.
    let base = instruction >> 5 & 31
    guard base != 31 else { return nil }
    let offset: UInt64
    if instruction & 0xffc0_0000 == 0xa940_0000 {
      offset = UInt64(bitPattern: Int64(Int32(bitPattern: instruction << 10) >> 25) * 8)
    } else if instruction & 0xffc0_0000 == 0xf940_0000 {
      offset = UInt64(instruction >> 10 & 0xfff) * 8
    } else {
      return nil
    }
    let lines =
      UserAddressSpace.lines(ofThread: thread.index)
    let address = thread[base] &+ offset
    let end = lines + UInt64(EndpointLayout.receiveOverflowOffset)
    guard address >= lines, address < end else { return nil }
    return address & ~UInt64(LineGeometry.lineBytes - 1)
  }
}
