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
  core.count(.dispatches)
  core.trace(.callTaken, tag: core.noteTag(ofMessageAt: line), thread.traceWorker)
  UserDispatch(core: core).runWorker(thread)
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
  core.count(.dispatches)
  core.trace(.callTaken, tag: core.noteTag(ofMessageAt: line), thread.traceWorker)
  UserDispatch(core: core).runWorker(thread)
}

/// The parked worker that the message names, which is this core's from here on; nil when it is
/// gone or not parked (yet).
@inline(__always)
private func takeWorker(process: UInt64, endpoint: UInt64) -> ThreadReference? {
  let named = EndpointIdentifier(UInt16(truncatingIfNeeded: endpoint))
  guard let thread = Kernel.threads[named],
    DispatchDecision.forMessage(naming: process, state: thread.state, owner: thread.process)
      == .enter,
    // Whoever ends the process may be faster.
    thread.take(from: .parked, to: .running)
  else { return nil }
  return thread
}

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

/// YIELDNOW and RETIRE on a kernel endpoint: back to the loop, which schedules.
@c(kernel_message_reschedule)
func kernelMessageReschedule(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) {
  CoreReference.current.trace(.rescheduleTaken)
}
