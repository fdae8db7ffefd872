// Who gets which call: the decision of the design's §3.6, in its order.
//
// `dispatch` runs after every event that could let a waiting call go on, until nothing moves
// any more; so a call waits only while no core may take it (R14, work conservation).

import Interface

extension Lauberhorn {
  /// Gives waiting calls, and workers that need a core, to cores that may take them.
  mutating func dispatch() {
    // Warm deliveries first: they need no kernel, and they decide who is idle.
    scanWaiting { model, process in model.deliverWarm(process) }
    scanWaiting { model, process in
      model.sendToKernel(process) || model.yieldIdleWorker(for: process)
        || model.interruptGeneralCore(for: process)
    }
    deliverFrames()
  }

  /// Offers every waiting process a turn, in the order of the ring, until none takes one. Who takes
  /// none keeps its place and its turns: nothing that is free now would help it.
  private mutating func scanWaiting(_ serve: (inout Lauberhorn, ProcessIdentifier) -> Bool) {
    var next = processes.firstWaiting
    while let process = next {
      if serve(&self, process) {
        processes.finishTurn(of: process)
        next = processes.firstWaiting
      } else {
        next = processes.waiting(after: process)
      }
    }
  }

  // MARK: - 1: a held load of a worker of the process

  private mutating func deliverWarm(_ process: ProcessIdentifier) -> Bool {
    guard !processes[process].queue.isEmpty, let held = heldLoad(of: process),
      let call = takeWaitingCall(of: process)
    else { return false }
    deliver(call, warmTo: held)
    return true
  }

  /// A call that has just come, to a worker that waits for it. It stands in no queue on the way, and
  /// takes no turn, since nobody else could have this worker; and as a load fewer is held after it,
  /// nothing that waits can go on.
  mutating func deliverAtOnce(_ call: CallIndex, of process: ProcessIdentifier) -> Bool {
    guard processes[process].queue.isEmpty, let held = heldLoad(of: process) else {
      return false
    }
    deliver(call, warmTo: held)
    return true
  }

  private typealias HeldLoad = (core: CoreIdentifier, worker: EndpointIdentifier)

  private mutating func deliver(_ call: CallIndex, warmTo held: HeldLoad) {
    counters.count(.deliveredToUserLoop)
    statistics.count(.warmCalls, of: held.core)
    statistics.count(.warm, of: calls[call].process, calls[call].service)
    deliver(call, toWorker: held.worker)
  }

  @inline(__always)
  private func heldLoad(of process: ProcessIdentifier) -> HeldLoad? {
    for core in cores.indices {
      if let held = cores[core].heldEndpoint, self[held].process == process {
        return (CoreIdentifier(UInt16(core)), held)
      }
    }
    return nil
  }

  mutating func takeWaitingCall(of process: ProcessIdentifier) -> CallIndex? {
    let call = processes[process].queue.popFirst(in: &calls)
    if call != nil { noteUnqueued(process) }
    processes.updateWaiting(process)
    return call
  }

  /// Back to the head of its class: it has waited longest (R8).
  mutating func requeue(_ call: CallIndex) {
    let process = calls[call].process
    counters.count(.callsRequeued)
    processes[process].queue.prepend(call, in: &calls)
    noteQueued(process)
    processes.updateWaiting(process)
  }

  // MARK: - 3: a held load of a kernel endpoint

  private mutating func sendToKernel(_ process: ProcessIdentifier) -> Bool {
    for index in cores.indices {
      let core = CoreIdentifier(UInt16(index))
      if let held = self[core].heldEndpoint, self[held].isKernelEndpoint,
        sendToKernel(process, of: core)
      {
        return true
      }
    }
    return false
  }

  /// Lets the kernel of `core`, whose kernel endpoint load is held, run a worker of `process`:
  /// one that has a call and lost its core before one that will get a new call.
  mutating func sendToKernel(_ process: ProcessIdentifier, of core: CoreIdentifier) -> Bool {
    guard let kernelEndpoint = self[core].heldEndpoint,
      self[core].declinedProcess != process, allows(process, core),
      // One that was asked and does not come keeps nothing waiting (R14); it is counted when it comes.
      coresInUse(by: process, except: core, asked: false) < processes[process].maximumCores
    else { return false }
    if processes[process].resumesWaiting > 0,
      let worker = findEndpoint(of: process, where: { $0.needsResume })
    {
      self[worker].needsResume = false
      self[worker].resumedBy = core
      self[core].resumingEndpoint = worker
      processes[process].resumesWaiting -= 1
      processes.updateWaiting(process)
      deliver(.resume, to: kernelEndpoint, naming: worker)
      forgetNeedlessRequest(for: process)
      return true
    }
    guard !processes[process].queue.isEmpty,
      let worker = findEndpoint(of: process, where: { $0.isParked }),
      let call = takeWaitingCall(of: process)
    else { return false }
    self[worker].reservedBy = core
    self[core].offeredEndpoint = worker
    self[core].pendingCall = call
    if self[core].isStalled { calls[call].cost.heldLoads += 1 }
    deliver(.call, to: kernelEndpoint, naming: worker, tag: calls[call].tag)
    forgetNeedlessRequest(for: process)
    return true
  }

  /// A core that was asked for `process` and did not come: another came before it, and a call that
  /// arrives shall not wait for it.
  private mutating func forgetNeedlessRequest(for process: ProcessIdentifier) {
    guard let asked = cores.firstIndex(where: { $0.wantedBy == process }),
      coresAsked(for: process) > processes[process].waitingCount
        || coresInUse(by: process, except: nil) > processes[process].maximumCores
    else { return }
    cores[asked].wantedBy = nil
  }

  /// Cores that were asked to yield for `process`, or interrupted, and are not there yet.
  private func coresAsked(for process: ProcessIdentifier) -> Int {
    cores.reduce(0) { $0 + ($1.wantedBy == process ? 1 : 0) }
  }

  /// Cores that work for a process or are on the way to it.
  /// - Parameter asked: whether those count that were only asked.
  func coresInUse(
    by process: ProcessIdentifier, except excluded: CoreIdentifier?, asked: Bool = true
  ) -> Int {
    var count = 0
    for index in cores.indices where index != excluded?.index {
      let core = cores[index]
      let works = core.state.mode == .user && core.state.process == process
      let willWork =
        asked && core.wantedBy == process
        || core.pendingCall.map { calls[$0].process == process } ?? false
        || core.offeredEndpoint.map { self[$0].process == process } ?? false
        || core.resumingEndpoint.map { self[$0].process == process } ?? false
      if works || willWork { count += 1 }
    }
    return count
  }

  private func findEndpoint(
    of process: ProcessIdentifier, where matches: (Endpoint) -> Bool
  ) -> EndpointIdentifier? {
    var next = processes[process].firstEndpoint
    while let endpoint = next {
      if matches(self[endpoint]) { return endpoint }
      next = self[endpoint].nextOfProcess
    }
    return nil
  }

  // MARK: - 4: an idle worker of another process

  private mutating func yieldIdleWorker(for process: ProcessIdentifier) -> Bool {
    var best: IdleWorker?
    for index in cores.indices {
      guard let held = cores[index].heldEndpoint, !self[held].isKernelEndpoint,
        allows(process, CoreIdentifier(UInt16(index))),
        self[held].process == process || isAboveMinimum(self[held].process),
        helps(process, toTakeCoreOf: self[held].process)
      else { continue }
      let worker = IdleWorker(
        core: index, endpoint: held, idleOfProcess: idleWorkers(of: self[held].process),
        stallLimitEnd: cores[index].heldDeadline)
      if best.map({ worker.isMissedLess(than: $0) }) ?? true { best = worker }
    }
    guard let best else { return false }
    cores[best.core].wantedBy = process
    deliver(.yieldNow, to: best.endpoint)
    return true
  }

  /// A worker that waits for a call, and could make way for another process's.
  private struct IdleWorker {
    let core: Int
    let endpoint: EndpointIdentifier
    /// Workers of its process that wait.
    let idleOfProcess: Int
    /// The earlier, the longer it has waited.
    let stallLimitEnd: UInt64

    /// The next call of a process with more idle workers is more likely to find another; and of two
    /// that have waited, the one that waited longer is less likely to be wanted next.
    func isMissedLess(than other: IdleWorker) -> Bool {
      idleOfProcess != other.idleOfProcess
        ? idleOfProcess > other.idleOfProcess : stallLimitEnd < other.stallLimitEnd
    }
  }

  private func idleWorkers(of process: ProcessIdentifier) -> Int {
    cores.reduce(0) { count, core in
      count + (core.heldEndpoint.map { self[$0].process == process } ?? false ? 1 : 0)
    }
  }

  private func isAboveMinimum(_ process: ProcessIdentifier) -> Bool {
    processes[process].minimumCores == 0
      || coresInUse(by: process, except: nil) > processes[process].minimumCores
  }

  /// Whether `process` would gain from a core that a worker of `owner` has. Cores that were
  /// asked to yield for it already count, so that two calls do not take two cores when one is
  /// on its way.
  func helps(
    _ process: ProcessIdentifier, toTakeCoreOf owner: ProcessIdentifier
  ) -> Bool {
    let wanted = coresAsked(for: process)
    // Among its own workers, only one that has a call already and lost its core is worth a
    // change; it does not make the process use more cores.
    guard owner != process else { return processes[process].resumesWaiting > wanted }
    guard processes[process].waitingCount > wanted,
      coresInUse(by: process, except: nil) < processes[process].maximumCores
    else { return false }
    // Each core needs a worker to run.
    var startable = 0
    var next = processes[process].firstEndpoint
    while let endpoint = next, startable <= wanted {
      let isForCall = self[endpoint].isParked && !processes[process].queue.isEmpty
      if isForCall || self[endpoint].needsResume { startable += 1 }
      next = self[endpoint].nextOfProcess
    }
    return startable > wanted
  }

  /// R14, no starvation: a worker that could go on with its own process's next call gives its
  /// core up when another process waits, no other core can help that one, and the worker's
  /// process was served after the other began to wait. So the other waits for one call at most
  /// per core and per process before it in the ring.
  func processToYieldTo(
    from process: ProcessIdentifier, on core: CoreIdentifier
  ) -> ProcessIdentifier? {
    var next = processes.firstWaiting
    while let other = next {
      if let since = waitingSince(other), since < processes[process].lastDeliveryOrder,
        isWorthASwitch(from: process, to: other), allows(other, core),
        helps(other, toTakeCoreOf: process)
      {
        return other
      }
      next = processes.waiting(after: other)
    }
    return nil
  }

  /// A switch costs as much as several calls. If every call that waits took a core from another
  /// process, those processes' calls would wait and take it back, and under load the cores would do
  /// little else; so a process keeps its cores until the other's first call is older than its own by
  /// its patience. Its own calls get younger with every turn, so that comes.
  private func isWorthASwitch(
    from process: ProcessIdentifier, to other: ProcessIdentifier
  ) -> Bool {
    let patience = processes[process].patienceNanoseconds
    guard patience > 0, let own = processes[process].queue.oldest(in: calls) else { return true }
    let resumed = findEndpoint(of: other, where: { $0.needsResume }).flatMap { self[$0].call }
    guard let waiting = resumed ?? processes[other].queue.oldest(in: calls) else { return true }
    return calls[waiting].arrival.nanoseconds.addingSaturated(patience)
      <= calls[own].arrival.nanoseconds
  }

  private func waitingSince(_ process: ProcessIdentifier) -> UInt64? {
    if let worker = findEndpoint(of: process, where: { $0.needsResume }) {
      return self[worker].detachOrder
    }
    return processes[process].queue.oldest(in: calls).map { calls[$0].arrivalOrder }
  }
}
