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
) -> UInt64 {
  let core = CoreReference.current
  let named = EndpointIdentifier(UInt16(truncatingIfNeeded: endpoint))
  guard let thread = Kernel.threads[named],
    DispatchDecision.forMessage(naming: process, state: thread.state, owner: thread.process)
      == .enter
  else {
    core.count(.requeued)
    core.trace(
      .callDeclined, tag: core.noteTag(ofMessageAt: line),
      Trace.worker(process: UInt16(truncatingIfNeeded: process), endpoint: named.number))
    var operations = CoreOperations(core: core, message: line)
    DispatchSequence.decline(&operations)
    return 0
  }
  core.count(.dispatches)
  core.trace(.callTaken, tag: core.noteTag(ofMessageAt: line), thread.traceWorker)
  UserDispatch(core: core).run(thread)
  return 0
}

/// RESUME: a worker whose call stands in its line, not acknowledged, needs a core (R11).
@c(kernel_message_resume)
func kernelMessageResume(
  data: UInt64, process: UInt64, endpoint: UInt64, line: UInt64
) -> UInt64 {
  kernelMessageCall(data: data, process: process, endpoint: endpoint, line: line)
}

/// TRYAGAIN: nothing came before the stall limit. The loop schedules after every message, so
/// there is nothing to do here.
@c(kernel_message_try_again)
func kernelMessageTryAgain(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) -> UInt64 {
  let core = CoreReference.current
  core.count(.tryAgain)
  core.trace(.tryAgainTaken)
  return 0
}

/// YIELDNOW and RETIRE on a kernel endpoint: back to the loop, which schedules.
@c(kernel_message_reschedule)
func kernelMessageReschedule(
  data: UInt64, argument0: UInt64, argument1: UInt64, line: UInt64
) -> UInt64 {
  CoreReference.current.trace(.rescheduleTaken)
  return 0
}
