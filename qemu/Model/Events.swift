// What happens in the NIC, as events of the trace: stages ①, ② and ⑧, ⑨, and every line that a core
// takes or gives back.
//
// The last are the evidence of the user loop, too: a handler begins when its load returns (⑤) and
// has answered when it loads the other line (⑦). So a trace shows each handler, and how many
// instructions its core executed meanwhile, without one instruction of its own.

public import Interface
public import Tracing

/// An event; the simulator knows the time.
public struct NICEvent: Hashable, Sendable {
  public let event: TraceEvent
  /// Nil when it belongs to none.
  public let core: CoreIdentifier?
  /// Nil when it belongs to no call.
  public let tag: CallTag?
  public let first: UInt32
  public let second: UInt64
}

extension Lauberhorn {
  private mutating func trace(
    _ event: TraceEvent, core: CoreIdentifier? = nil, tag: CallTag? = nil, _ first: UInt32 = 0,
    _ second: UInt64 = 0
  ) {
    outputs.append(
      .event(NICEvent(event: event, core: core, tag: tag, first: first, second: second)))
  }

  private var isTraced: Bool { configuration.isTraced }

  /// The argument `message` of events.
  private func messageArgument(_ kind: MessageKind?, _ endpoint: EndpointIdentifier) -> UInt32 {
    UInt32(kind?.rawValue ?? 0) << 16 | UInt32(endpoint.number)
  }

  /// ① and ② of an accepted call. The model spends no time between the two.
  mutating func traceArrival(of call: CallIndex, frameBytes: Int) {
    guard isTraced else { return }
    let tag = calls[call].tag
    let procedure = calls[call].procedure
    trace(.frameReceived, tag: tag, UInt32(frameBytes))
    trace(
      .callAccepted, tag: tag, calls[call].transaction,
      UInt64(procedure.program) << 32 | UInt64(procedure.procedure))
  }

  /// A message stands in a line. TRYAGAIN is left out: an idle core would fill the trace.
  mutating func traceDelivery(_ kind: MessageKind, to endpoint: EndpointIdentifier, tag: CallTag?) {
    guard isTraced, kind != .tryAgain else { return }
    let queued = processes[self[endpoint].process].queue.count
    trace(
      .messageDelivered, core: self[endpoint].core, tag: tag, messageArgument(kind, endpoint),
      UInt64(queued))
  }

  mutating func traceHeldLoad(of endpoint: EndpointIdentifier, _ access: Access) {
    guard isTraced else { return }
    trace(.loadHeld, core: access.core, UInt32(endpoint.number), access.instructions)
  }

  /// The core has the message that stands in the line.
  mutating func traceTaking(from endpoint: EndpointIdentifier, _ access: Access) {
    guard isTraced, let kind = self[endpoint].message, kind != .tryAgain else { return }
    trace(
      .messageTaken, core: access.core, tag: tag(at: endpoint, on: access.core),
      messageArgument(kind, endpoint), access.instructions)
  }

  /// The core loads the other line: what it left in this one is its answer.
  mutating func traceAcknowledgement(of endpoint: EndpointIdentifier, _ access: Access) {
    guard isTraced, let kind = self[endpoint].message, kind != .tryAgain else { return }
    trace(
      .lineAcknowledged, core: access.core, tag: tag(at: endpoint, on: access.core),
      messageArgument(kind, endpoint), access.instructions)
  }

  mutating func traceInterrupt(of core: CoreIdentifier) {
    guard isTraced else { return }
    trace(.coreInterrupted, core: core, UInt32(Lauberhorn.preemptionInterrupt))
  }

  /// The NIC learns what a core does (interface §7.1): who has which core, and when that changes.
  mutating func traceState(of core: CoreIdentifier) {
    guard isTraced else { return }
    let state = self[core].state
    trace(.coreStateSeen, core: core, UInt32(state.mode.rawValue), state.word)
  }

  /// ⑧ and ⑨. The reply is the frame that was appended last.
  mutating func traceEnd(of call: CallIndex, failed: Bool) {
    guard isTraced else { return }
    let tag = calls[call].tag
    let cost = calls[call].cost
    let frameBytes = outputs.lastFrameLength
    trace(.callEnded, core: cost.core, tag: tag, failed ? 1 : 0, cost.instructions)
    trace(.frameSent, tag: tag, UInt32(frameBytes))
  }

  /// The call that the message in an endpoint's line is about.
  private func tag(at endpoint: EndpointIdentifier, on core: CoreIdentifier) -> CallTag? {
    if let call = self[endpoint].call { return calls[call].tag }
    guard self[endpoint].isKernelEndpoint else { return nil }
    if let call = self[core].pendingCall { return calls[call].tag }
    return self[core].resumingEndpoint.flatMap { self[$0].call }.map { calls[$0].tag }
  }
}
