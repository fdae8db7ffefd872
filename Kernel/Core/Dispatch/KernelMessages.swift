// Where messages on a kernel endpoint jump to.
//
// The NIC is told these addresses when the endpoint is installed; the loop in DispatchThread
// branches to them without looking at what kind of message came (interface §3.2).

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling
internal import Tracing

/// CALL: a call for `process` waits; the worker at `endpoint` shall take it on this core (R8).
/// The call itself comes when the worker loads its own line.
@c(kernel_message_call)
func kernelMessageCall(
  data: UInt64, process: UInt64, endpoint: UInt64, line: UInt64
) {
  let core = CoreReference.current
  guard let thread = takeWorker(process: process, endpoint: endpoint) else {
    decline(core, line: line, process: process, endpoint: endpoint)
    return
  }
  UserDispatch(core: core).runWorker(thread, messageAt: line, isResumed: false)
}

/// RESUME: a worker whose call stands in its line, not acknowledged, needs a core (R11).
@c(kernel_message_resume)
func kernelMessageResume(
  data: UInt64, process: UInt64, endpoint: UInt64, line: UInt64
) {
  let core = CoreReference.current
  guard let thread = takeWorker(process: process, endpoint: endpoint) else {
    decline(core, line: line, process: process, endpoint: endpoint)
    return
  }
  let tag = line_load(line + UInt64(ControlLineWord.tag * LineGeometry.wordBytes))
  guard !thread.watch.noteResume(tag: tag) else {
    // The call fails with the process (R12).
    ProcessEnd.killStuck(thread)
    return
  }
  UserDispatch(core: core).runWorker(thread, messageAt: line, isResumed: true)
}

/// The parked worker that the message names, which is this core's from here on; nil when it is
/// gone or not parked (yet).
@inline(__always)
private func takeWorker(process: UInt64, endpoint: UInt64) -> ThreadReference? {
  let named = EndpointIdentifier(UInt16(truncatingIfNeeded: endpoint))
  let thread = Kernel.threads[named]
  guard
    // Its state is looked at once, and changed by that: whoever ends the process may be faster.
    DispatchDecision.forMessage(naming: process, state: .parked, owner: thread.process) == .enter,
    thread.take(from: .parked, to: .running)
  else { return nil }
  return thread
}

/// Never inlined: the way of a call shall not pay for its stack frame.
@inline(never)
private func decline(
  _ core: CoreReference, line: UInt64, process: UInt64, endpoint: UInt64
) {
  core.count(.requeued)
  core.trace(
    .callDeclined, tag: core.noteTag(ofMessageAt: line),
    Trace.worker(
      process: UInt16(truncatingIfNeeded: process),
      endpoint: UInt16(truncatingIfNeeded: endpoint)))
  var operations = CoreOperations(core: core, message: line)
  DispatchSequence.decline(&operations)
}

/// TRYAGAIN: nothing came before the stall limit. The loop schedules after every message, so
/// there is nothing to do here.
@c(kernel_message_try_again)
func kernelMessageTryAgain(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) {
  let core = CoreReference.current
  core.count(.tryAgain)
  core.trace(.tryAgainTaken)
}

/// RETIRE: the core shall not wait at its kernel endpoint, where loads of others are held that must
/// not share a colour with it (R16), or somebody has asked for it (R9). It does what else there is,
/// or sleeps, until the NIC wants it again; then the next load acknowledges this message.
@c(kernel_message_retire)
func kernelMessageRetire(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) {
  let core = CoreReference.current
  core.trace(.rescheduleTaken)
  core.count(.retirements)
  core.noteRetired()
  DispatchThread(core: core).reschedule()
}

/// YIELDNOW on a kernel endpoint: back to the loop, which schedules.
@c(kernel_message_reschedule)
func kernelMessageReschedule(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) {
  CoreReference.current.trace(.rescheduleTaken)
}
