// Endpoints and processes come and go; nobody who waits for them waits for ever (R12).

import Interface

extension Lauberhorn {
  mutating func install(
    _ endpoint: EndpointIdentifier, _ addresses: MessageAddresses,
    kernelEndpointOf core: CoreIdentifier
  ) {
    self[endpoint] = Endpoint(isInstalled: true, process: .kernel, addresses: addresses)
    self[core].kernelEndpoint = endpoint
    if self[core].state.mode == .dispatch { attach(endpoint, to: core, nil) }
  }

  mutating func install(
    _ endpoint: EndpointIdentifier, _ addresses: MessageAddresses,
    workerOf process: ProcessIdentifier, marksLines: Bool
  ) {
    var installed = Endpoint(isInstalled: true, process: process, addresses: addresses)
    installed.marksLines = marksLines
    installed.nextOfProcess = processes[process].firstEndpoint
    self[endpoint] = installed
    processes[process].firstEndpoint = endpoint
    // Its thread may run already and have asked for the endpoint itself.
    for index in cores.indices {
      let state = cores[index].state
      if state.mode == .user, state.endpoint == endpoint, state.process == process {
        attach(endpoint, to: CoreIdentifier(UInt16(index)), nil)
        break
      }
    }
    for index in cores.indices { cores[index].declinedProcess = nil }
    dispatch()
  }

  /// A call in the endpoint ends in an error; a load held at it is answered with nothing; its
  /// lines are zero before anyone else gets them (R12, R13).
  mutating func remove(_ endpoint: EndpointIdentifier) {
    // A response that was acknowledged is sent (R6), and its line is nobody else's before (R13).
    completeFetch(of: endpoint)
    let process = self[endpoint].process
    if let core = self[endpoint].core {
      // Nobody will load the answer that it was to follow (R9).
      raiseInterruptAfterAnswer(at: core)
      if self[core].heldEndpoint == endpoint { releaseHeldLoad(of: core) }
    }
    if self[endpoint].isKernelEndpoint {
      for index in cores.indices where cores[index].kernelEndpoint == endpoint {
        let core = CoreIdentifier(UInt16(index))
        self[core].kernelEndpoint = nil
        abandonKernelWork(of: core, nil)
      }
    } else {
      if self[endpoint].needsResume {
        processes[process].resumesWaiting -= 1
        processes.updateWaiting(process)
      }
      if let resumer = self[endpoint].resumedBy { self[resumer].resumingEndpoint = nil }
      for index in cores.indices where cores[index].offeredEndpoint == endpoint {
        cores[index].offeredEndpoint = nil
      }
      unchain(endpoint, from: process)
    }
    let call = self[endpoint].call
    self[endpoint].call = nil
    takeBackLines(of: endpoint, for: call)
    clean(endpoint)
    self[endpoint] = Endpoint()
    if let call { end(call, .processRemoved) }
  }

  /// A core will not do what its kernel endpoint was asked for: it is asked of another.
  mutating func abandonKernelWork(of core: CoreIdentifier, _ access: Access?) {
    if let call = self[core].pendingCall {
      forgetPendingCall(of: core)
      calls[call].cost.endSpan(access)
      requeue(call)
    } else {
      // The call went elsewhere while the core was in general mode; its worker is still reserved.
      forgetPendingCall(of: core)
    }
    if let worker = self[core].resumingEndpoint {
      self[core].resumingEndpoint = nil
      self[worker].resumedBy = nil
      if let call = self[worker].call { calls[call].cost.endSpan(access) }
      askForResume(of: worker)
    }
  }

  private mutating func unchain(_ endpoint: EndpointIdentifier, from process: ProcessIdentifier) {
    if processes[process].firstEndpoint == endpoint {
      processes[process].firstEndpoint = self[endpoint].nextOfProcess
      return
    }
    var before = processes[process].firstEndpoint
    while let candidate = before {
      if self[candidate].nextOfProcess == endpoint {
        self[candidate].nextOfProcess = self[endpoint].nextOfProcess
        return
      }
      before = self[candidate].nextOfProcess
    }
  }

  /// All calls of the process end in errors, wherever they are; its services and endpoints are
  /// removed too.
  mutating func remove(_ process: ProcessIdentifier) {
    services.removeAll(of: process)
    while let call = takeWaitingCall(of: process) { end(call, .processRemoved) }
    for index in cores.indices {
      let core = CoreIdentifier(UInt16(index))
      if let call = self[core].pendingCall, calls[call].process == process {
        forgetPendingCall(of: core)
        end(call, .processRemoved)
      }
      if self[core].wantedBy == process { self[core].wantedBy = nil }
      if self[core].declinedProcess == process { self[core].declinedProcess = nil }
    }
    while let endpoint = processes[process].firstEndpoint { remove(endpoint) }
    cleanState(of: process)
    processes[process] = Process()
    takeBackLoad(of: process)
    dispatch()
  }
}
