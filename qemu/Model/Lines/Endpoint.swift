// One endpoint and one core as the NIC sees them.

import Interface

/// Where an endpoint's owner wants each kind of message to jump.
struct MessageAddresses: Hashable {
  var call: UInt64 = 0
  var tryAgain: UInt64 = 0
  var yieldNow: UInt64 = 0
  var retire: UInt64 = 0
  var resume: UInt64 = 0
  var frame: UInt64 = 0
  /// Comes with all of them.
  var data: UInt64 = 0
}

struct Endpoint: Hashable {
  var isInstalled = false
  /// `.kernel` for kernel endpoints.
  var process = ProcessIdentifier.kernel
  var addresses = MessageAddresses()
  /// R1: survives every switch of core.
  var parity = Parity.zero
  /// What stands in C[p] and was not acknowledged yet; nil: nothing was delivered.
  var message: MessageKind?
  /// The core has loaded the message at least once.
  var isMessageTaken = false
  /// Worker endpoints: the call in C[p]. Nil although the message is a call when the call
  /// ended another way meanwhile; then the response is thrown away.
  var call: CallIndex?
  /// Overflow lines that hold anything, one bit each; to be cleaned on acknowledgement (R13).
  var usedOverflowLines: UInt32 = 0
  /// Its consumer marks each line that it has answered, so the next message need not wait until that
  /// is fetched (R17).
  var marksLines = false
  /// One of its control lines is on its way home.
  var fetch: LineFetch?

  /// Where its consumer runs, as the cores' state lines say (R11).
  var core: CoreIdentifier?
  /// A call was sent through this core's kernel endpoint, with this endpoint named (R8).
  var reservedBy: CoreIdentifier?
  /// Its call is in C[p] but it has no core, and no RESUME is under way (R11).
  var needsResume = false
  /// A RESUME that names it is under way on this core's kernel endpoint.
  var resumedBy: CoreIdentifier?
  /// When it lost its core, on the clock of `Call.arrivalOrder`.
  var detachOrder: UInt64 = 0
  var nextOfProcess: EndpointIdentifier?

  /// A message stands in C[p]; nil: none does.
  mutating func setMessage(_ kind: MessageKind?) {
    message = kind
    isMessageTaken = false
  }

  /// What the message that comes has: a call, overflow lines from the first on.
  mutating func place(_ call: CallIndex?, overflowLines: Int) {
    self.call = call
    usedOverflowLines =
      overflowLines == LineGeometry.overflowLines ? .max : 1 << UInt32(overflowLines) - 1
  }

  var isKernelEndpoint: Bool { process == .kernel }

  /// A response is under way that the load of C[p] did not wait for.
  var isAnsweredDuringFetch: Bool { fetch?.purpose == .responseBehindAnswer }

  /// Could serve a call once it gets a core: nobody runs it, no call is in it. A store may be the first
  /// that it does (R8), and must not hit in a line that is still to be fetched (R17).
  var isParked: Bool {
    isInstalled && core == nil && reservedBy == nil && message != .call && !isAnsweredDuringFetch
  }
}

/// The core's state line is in a cache.
struct UnseenState: Hashable {
  /// The last store.
  var access: Access
  /// When the NIC takes the line back.
  var fetchTime: UInt64
  /// It was not only loaded.
  var isStored: Bool
}

struct Core: Hashable {
  /// As the NIC knows it; the core's own view may be newer (`unseenState`).
  var state = CoreState(mode: .offline)
  var kernelEndpoint: EndpointIdentifier?
  /// The endpoint at whose C[p] this core's load waits (R2).
  var heldEndpoint: EndpointIdentifier?
  /// When the stall limit of that load ends.
  var heldDeadline: UInt64 = 0
  /// The simulator was told that the load is held, so the core must be woken.
  var isStalled = false
  /// The line that its last load missed and was not given yet.
  var requestedLine: LineIndex?
  /// When that request reaches the home (a fault: the latency of a line); nil: it is there.
  var requestArrival: UInt64?
  /// Its load has to wait at the home until a line of this endpoint is fetched, and was not executed
  /// again since.
  var awaitedFetch: EndpointIdentifier?
  /// It was preempted meanwhile, so the load is answered as a held one would have been (R9).
  var wasPreemptedAtFetch = false
  /// The store to its state line that the home has not seen yet.
  var unseenState: UnseenState?
  /// The call that its kernel endpoint got and that no worker endpoint has yet (R8).
  var pendingCall: CallIndex?
  /// The endpoint that the CALL in its kernel endpoint names, until it is acknowledged or bound.
  var offeredEndpoint: EndpointIdentifier?
  /// The endpoint that the RESUME in its kernel endpoint names.
  var resumingEndpoint: EndpointIdentifier?
  /// When its worker got the call that it runs, or ran on; nil: it runs none, or was preempted.
  var handlerStart: UInt64?
  /// It was preempted at its held load, and shall be interrupted after the answer (R10).
  var interruptFollowsAnswer = false
  /// Its worker got a YIELDNOW, or it was interrupted, so that this process gets the core (§3.6).
  var wantedBy: ProcessIdentifier?
  /// The kernel answered REQUEUE for this process here: not again before something changed.
  var declinedProcess: ProcessIdentifier?
  /// Loads of its kernel endpoint that were not held (R16) since its kernel did something else.
  var refusals: UInt8 = 0
}
