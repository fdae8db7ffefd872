// Which endpoint runs where: the cores' state lines (R11).

import Interface

extension Lauberhorn {
  /// Word 0 of a core's state line came home, as stored by `access`.
  mutating func publish(
    _ word: UInt64, of core: CoreIdentifier, _ access: Access, at offset: UInt64
  ) {
    guard let state = CoreState(word: word) else {
      report(.unknownCoreMode, access, at: offset)
      return
    }
    // Tables are looked up by these numbers from now on.
    guard hasRoom(for: state) else {
      report(.unknownWorkerInState, access, at: offset)
      return
    }
    let left = attachedEndpoint(of: core)
    var came = endpoint(named: state, of: core)
    // Also when the core has it already: by its state it works for another process now.
    if state.mode == .user, let named = came, !isWorker(named, of: state.process) {
      report(.foreignEndpointInState, access, at: offset)
      came = nil
    }
    let before = self[core].state
    self[core].state = state
    traceState(of: core)
    // Something changed, so what a kernel declined may be right now. But not because the core that
    // declined runs a general thread: that may be what the call waits for, and would be interrupted for
    // it before its next instruction, for ever.
    for index in cores.indices where index != core.index || state.mode != .general {
      cores[index].declinedProcess = nil
    }
    if left != came, let left { detach(left, from: core, access) }
    switch state.mode {
    case .offline, .general:
      self[core].refusals = 0
      // Interrupted for a process, and still general: not again before something changes.
      if let process = self[core].wantedBy { self[core].declinedProcess = process }
      self[core].wantedBy = nil
      retractOffer(of: core, access)
    case .dispatch: break
    case .user:
      self[core].refusals = 0
      if left != came { self[core].wantedBy = nil }
    }
    if left != came, let came { attach(came, to: core, access, at: offset) }
    dispatch()
    if before.mode == .user { noteLoad(of: before.process) }
    if state.mode == .user { noteLoad(of: state.process) }
  }

  /// The core will not act now on a CALL or RESUME in its kernel line. One that it never got is
  /// replaced, and asked of another. One that it got may be acted on when the core comes back
  /// (R3), so its worker stays with it until then (R1); but a call need not wait for that.
  private mutating func retractOffer(of core: CoreIdentifier, _ access: Access) {
    guard let endpoint = self[core].kernelEndpoint,
      self[endpoint].message == .call || self[endpoint].message == .resume,
      self[endpoint].fetch == nil || self[endpoint].isMessageTaken
    else { return }
    if self[endpoint].isMessageTaken {
      guard let call = self[core].pendingCall else { return }
      self[core].pendingCall = nil
      calls[call].cost.endSpan(access)
      requeue(call)
    } else {
      abandonKernelWork(of: core, access)
      clean(endpoint)
      deliver(.tryAgain, to: endpoint)
    }
  }

  /// Whether the NIC was built with as many processes and endpoints as `state` names. A state that
  /// names none may have anything in their place.
  private func hasRoom(for state: CoreState) -> Bool {
    state.mode != .user
      || state.process.index < processes.capacity && state.endpoint.index < endpoints.count
  }

  func attachedEndpoint(of core: CoreIdentifier) -> EndpointIdentifier? {
    endpoint(named: self[core].state, of: core).flatMap { self[$0].core == core ? $0 : nil }
  }

  /// The endpoint that a core serves in this state. A state may name a worker endpoint that is
  /// not installed yet: its thread runs already and will ask for it.
  func endpoint(named state: CoreState, of core: CoreIdentifier) -> EndpointIdentifier? {
    switch state.mode {
    case .offline, .general: return nil
    case .dispatch: return self[core].kernelEndpoint
    case .user:
      return self[state.endpoint].isInstalled ? state.endpoint : nil
    }
  }

  private mutating func attach(
    _ endpoint: EndpointIdentifier, to core: CoreIdentifier, _ access: Access, at offset: UInt64
  ) {
    // The other core may have left it by a store that was not seen yet.
    if let other = self[endpoint].core { fetchUnseenState(of: other) }
    guard self[endpoint].core == nil else {
      report(.endpointOnTwoCores, access, at: offset)
      return
    }
    attach(endpoint, to: core, access)
  }

  func isWorker(_ endpoint: EndpointIdentifier, of process: ProcessIdentifier) -> Bool {
    !self[endpoint].isKernelEndpoint && self[endpoint].process == process
  }

  mutating func attach(
    _ endpoint: EndpointIdentifier, to core: CoreIdentifier, _ access: Access?
  ) {
    self[endpoint].core = core
    makeWay(for: endpoint)
    if let other = self[endpoint].reservedBy, other != core {
      // It runs already; a call that it was named for is for any worker.
      self[other].offeredEndpoint = nil
    }
    self[endpoint].reservedBy = nil
    // It has a core: nobody need resume it, whoever was asked.
    if self[endpoint].needsResume {
      self[endpoint].needsResume = false
      processes[self[endpoint].process].resumesWaiting -= 1
      processes.updateWaiting(self[endpoint].process)
    }
    if let resumer = self[endpoint].resumedBy {
      self[resumer].resumingEndpoint = nil
      self[endpoint].resumedBy = nil
      fetchIdleLine(ofKernelOf: resumer)
    }
    guard let call = self[endpoint].call else { return }
    if calls[call].cost.core != core { calls[call].cost.endSpan(nil) }
    if let access, access.core == core {
      calls[call].cost.beginSpan(access)
      self[core].handlerStart = access.nowNanoseconds
    }
  }

  /// Nothing is delivered to `endpoint` any more; a call that stands in it will come back.
  private mutating func detach(
    _ endpoint: EndpointIdentifier, from core: CoreIdentifier, _ access: Access
  ) {
    self[endpoint].core = nil
    self[core].handlerStart = nil
    raiseInterruptAfterAnswer(at: core)
    if self[core].heldEndpoint == endpoint || self[core].awaitedFetch == endpoint {
      // The core executes another instruction now, so it does not wait: no wake-up.
      self[core].heldEndpoint = nil
      self[core].awaitedFetch = nil
      self[core].wasPreemptedAtFetch = false
      self[core].isStalled = false
    }
    switch self[endpoint].message {
    // Its load had left when it was answered: nobody has that, and the next load, or a store that comes
    // first (R8), is for what there is then.
    case .tryAgain where !self[endpoint].isMessageTaken,
      .yieldNow where !self[endpoint].isMessageTaken:
      clean(endpoint)
    // It has left after YIELDNOW, and goes on with the other line.
    case .yieldNow: fetchIdleLine(of: endpoint)
    default: break
    }
    if let call = self[endpoint].call {
      calls[call].cost.endSpan(access)
      self[endpoint].detachOrder = nextOrder()
      askForResume(of: endpoint)
    }
  }

  mutating func askForResume(of worker: EndpointIdentifier) {
    self[worker].needsResume = true
    processes[self[worker].process].resumesWaiting += 1
    processes.updateWaiting(self[worker].process)
  }
}
