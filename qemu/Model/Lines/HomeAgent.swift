// The home of the lines: what a core's loads and stores mean (R1–R5, R8).
//
// A real FPGA sees an access that misses, and what comes back when it takes a line; the simulator
// forwards every load and store. `CoreCaches` decides which of them miss; hits change nothing but
// the core's own copy. That all are seen also lets the model say which of them broke a rule.

import Interface

/// The answer to a load.
public enum LoadAnswer: Hashable, Sendable {
  case value(UInt64)
  /// The core stops until `Output.wake` names it or an interrupt comes; then it executes the
  /// load again.
  case held
}

extension Lauberhorn {
  /// A load of `size` bytes (1, 2, 4, 8, naturally aligned) at `offset` of the line window. An
  /// access that breaks a rule is reported and reads as zero.
  public mutating func load(_ access: Access, offset: UInt64, size: Int) -> LoadAnswer {
    outputs.reclaim()
    noteTime(access)
    switch locate(access, offset: offset, size: size) {
    case nil: return .value(0)
    case .coreState(let core, _):
      return .value(loadState(of: core, access, at: Int(offset) % LineGeometry.lineBytes, size))
    case .processState(let process, _):
      return .value(
        loadState(of: process, access, at: Int(offset) % LineGeometry.lineBytes, size))
    case .processLoad(let process):
      return .value(
        loadLoad(of: process, access, at: Int(offset) % LineGeometry.lineBytes, size))
    case .endpoint(let endpoint, let blockOffset):
      let line = LineIndex(endpoint, blockOffset: blockOffset)
      if faultSettings.evictionsPerMillion > 0 {
        loseLineByChance(access.core, near: endpoint)
      }
      if fetchesTakeTime { noteLoad(of: line, duringFetchOf: endpoint, access) }
      if !caches.has(line, core: access.core) {
        switch fill(line, of: endpoint, blockOffset, access, at: offset) {
        case .given: break
        case .held: return .held
        case .refused: return .value(0)
        }
      }
      return .value(caches.load(line, at: blockOffset % LineGeometry.lineBytes, size: size))
    }
  }

  /// A store. It is never held: it waits in the core's write buffer while its line comes.
  public mutating func store(_ access: Access, offset: UInt64, size: Int, value: UInt64) {
    outputs.reclaim()
    noteTime(access)
    switch locate(access, offset: offset, size: size) {
    case nil: return
    case .coreState(let core, let word):
      guard word == 0 else {
        report(.reservedStateWord, access, at: offset)
        return
      }
      guard size == LineGeometry.wordBytes else {
        report(.partialStateStore, access, at: offset)
        return
      }
      storeState(value, of: core, access)
    case .processState(let process, let word):
      guard processes[process].isInstalled else {
        report(.noProcess, access, at: offset)
        return
      }
      guard !ProcessStateWord.isReserved(word) else {
        report(.reservedStateWord, access, at: offset)
        return
      }
      guard size == LineGeometry.wordBytes else {
        report(.partialStateStore, access, at: offset)
        return
      }
      storeState(value, word: word, of: process, access)
    case .processLoad: report(.storeToLoadLine, access, at: offset)
    case .endpoint(let endpoint, let blockOffset):
      if fetchesTakeTime,
        storesIntoFetchedLine(value, of: endpoint, blockOffset, size, access)
      {
        return
      }
      bindByStore(to: endpoint, blockOffset, access)
      guard self[endpoint].message != nil else {
        report(.storeWithoutMessage, access, at: offset)
        return
      }
      let isOverflow = blockOffset >= EndpointLayout.receiveOverflowOffset
      guard
        isOverflow
          || blockOffset / LineGeometry.lineBytes == Int(self[endpoint].parity.rawValue)
      else {
        report(.storeToOtherControlLine, access, at: offset)
        return
      }
      if faultSettings.evictionsPerMillion > 0 {
        loseLineByChance(access.core, near: endpoint)
      }
      let line = LineIndex(endpoint, blockOffset: blockOffset)
      if !caches.has(line, core: access.core) { give(line, of: endpoint, blockOffset, access) }
      caches.store(value, in: line, at: blockOffset % LineGeometry.lineBytes, size: size)
    }
  }

  // MARK: - Misses

  private enum FillOutcome {
    case given
    case held
    /// The access broke a rule and was reported.
    case refused
  }

  /// A core's load missed: the home gives it the line, now or later.
  private mutating func fill(
    _ line: LineIndex, of endpoint: EndpointIdentifier, _ blockOffset: Int, _ access: Access,
    at offset: UInt64
  ) -> FillOutcome {
    let isAcknowledgement =
      blockOffset < EndpointLayout.receiveOverflowOffset && self[endpoint].message != nil
      && line != .control(self[endpoint].parity, of: endpoint)
    if isAcknowledgement, access.followsUnorderedStore, self[access.core].requestedLine != line {
      // The fetch that this load starts may overtake the response in the core's write buffer.
      report(.responseNotOrdered, access, at: offset)
    }
    guard hasRequestArrived(line, access) else { return .held }
    guard !fetchesTakeTime || !waitsForFetch(line, of: endpoint, access) else { return .held }
    if blockOffset >= EndpointLayout.receiveOverflowOffset {
      guard self[endpoint].message != nil else {
        report(.overflowWithoutMessage, access, at: offset)
        return .refused
      }
    } else {
      let parity: Parity = blockOffset < LineGeometry.lineBytes ? .zero : .one
      let outcome = loadControlLine(parity, of: endpoint, access, at: offset)
      guard outcome == .given else { return outcome }
    }
    give(line, of: endpoint, blockOffset, access)
    return .given
  }

  private mutating func give(
    _ line: LineIndex, of endpoint: EndpointIdentifier, _ blockOffset: Int, _ access: Access
  ) {
    noteColourWait(of: endpoint, blockOffset, on: access.core)
    let call = callCharged(for: endpoint, on: access.core)
    if blockOffset >= EndpointLayout.receiveOverflowOffset {
      let overflow = (blockOffset - EndpointLayout.receiveOverflowOffset) / LineGeometry.lineBytes
      self[endpoint].usedOverflowLines |= 1 << UInt32(overflow)
    } else if !self[endpoint].isMessageTaken {
      take(endpoint, access)
    }
    give(line, to: access.core, for: call)
  }

  /// A fault, the latency of a line: the request is on its way for that long, and the core waits.
  private mutating func hasRequestArrived(_ line: LineIndex, _ access: Access) -> Bool {
    guard faultSettings.lineLatencyNanoseconds > 0 else { return true }
    let core = access.core
    if self[core].requestedLine != line {
      faultCounters.count(.faultDelayedRequests)
      self[core].requestedLine = line
      self[core].requestArrival =
        access.nowNanoseconds.addingSaturated(faultSettings.lineLatencyNanoseconds)
    }
    guard let arrival = self[core].requestArrival, access.nowNanoseconds < arrival else {
      self[core].requestArrival = nil
      return true
    }
    self[core].isStalled = true
    return false
  }

  /// The request of `core` is at its home now: the core executes its load again.
  mutating func finishRequest(of core: CoreIdentifier) {
    self[core].requestArrival = nil
    guard self[core].isStalled else { return }
    self[core].isStalled = false
    outputs.append(.wake(core))
  }

  // MARK: - Where an access goes

  private enum Place {
    case coreState(CoreIdentifier, word: Int)
    case processState(ProcessIdentifier, word: Int)
    case processLoad(ProcessIdentifier)
    case endpoint(EndpointIdentifier, blockOffset: Int)
  }

  /// Nil when the access breaks a rule; it is reported then. Every access comes through here.
  @inline(__always)
  private mutating func locate(_ access: Access, offset: UInt64, size: Int) -> Place? {
    guard access.core.index < cores.count else { return refuse(.unknownCore, access, offset) }
    // A power of two, so that no division is needed.
    guard size == 1 || size == 2 || size == 4 || size == 8, offset & UInt64(size - 1) == 0 else {
      return refuse(.unalignedAccess, access, offset)
    }
    let endpointsEnd = UInt64(endpoints.count * EndpointLayout.blockBytes)
    if offset < endpointsEnd {
      let endpoint = EndpointIdentifier(UInt16(offset / UInt64(EndpointLayout.blockBytes)))
      let blockOffset = Int(offset % UInt64(EndpointLayout.blockBytes))
      guard self[endpoint].isInstalled else { return refuse(.noEndpoint, access, offset) }
      let receiveEnd = EndpointLayout.receiveOverflowOffset + LineGeometry.overflowBytes
      guard blockOffset < receiveEnd else { return refuse(.reservedLine, access, offset) }
      // A load that the known state does not explain: the state is newer (interface §7).
      if self[endpoint].core != access.core { fetchUnseenState(of: access.core) }
      guard self[endpoint].core == access.core else {
        return refuse(.endpointNotAttached, access, offset)
      }
      return .endpoint(endpoint, blockOffset: blockOffset)
    }
    if let process = stateLineProcess(at: offset) {
      return .processState(
        process, word: Int(offset) % LineGeometry.lineBytes / LineGeometry.wordBytes)
    }
    if let process = loadLineProcess(at: offset) { return .processLoad(process) }
    guard let core = stateLineCore(at: offset) else {
      return refuse(.outsideWindow, access, offset)
    }
    return .coreState(core, word: Int(offset) % LineGeometry.lineBytes / LineGeometry.wordBytes)
  }

  @inline(never)
  private mutating func refuse(
    _ rule: Violation.Rule, _ access: Access, _ offset: UInt64
  ) -> Place? {
    report(rule, access, at: offset)
    return nil
  }

  // MARK: - Control lines

  /// A load anywhere in a control line is a load of that line.
  private mutating func loadControlLine(
    _ line: Parity, of endpoint: EndpointIdentifier, _ access: Access, at offset: UInt64
  ) -> FillOutcome {
    if self[endpoint].message == nil {
      guard line == self[endpoint].parity else {
        // Reads as zero: nothing stands in that line.
        report(.acknowledgeWithoutMessage, access, at: offset)
        return .refused
      }
      request(endpoint, access)
    } else if line != self[endpoint].parity {
      acknowledge(endpoint, access)
      guard
        !fetchesTakeTime || !waitsForFetch(.control(line, of: endpoint), of: endpoint, access)
      else { return .held }
      request(endpoint, access)
    }
    if self[endpoint].message == nil, !self[access.core].isStalled,
      !mayHold(endpoint, on: access.core)
    {
      sendAway(endpoint, access, at: offset)
    }
    guard self[endpoint].message != nil else {
      if !self[access.core].isStalled {
        self[access.core].isStalled = true
        counters.count(.loadsHeld)
        statistics.count(.heldLoads, of: access.core)
        traceHeldLoad(of: endpoint, access)
      }
      return .held
    }
    return .given
  }

  /// The core gets the message, for the first time (R3).
  private mutating func take(_ endpoint: EndpointIdentifier, _ access: Access) {
    self[endpoint].isMessageTaken = true
    traceTaking(from: endpoint, access)
    raiseInterruptAfterAnswer(at: access.core)
    if self[endpoint].isKernelEndpoint {
      // The line comes back when the call has ended, so that is charged now.
      if let call = callCharged(for: endpoint, on: access.core) {
        calls[call].cost.lineFetches += 1
        calls[call].cost.coherenceMessages += 2
      }
      if let call = self[access.core].pendingCall, self[endpoint].message == .call {
        calls[call].cost.beginSpan(access)
        calls[call].times.kernel = calls[call].times.kernel ?? access.nowNanoseconds
      } else if let worker = self[access.core].resumingEndpoint, let call = self[worker].call {
        calls[call].cost.beginSpan(access)
      }
    } else if let call = self[endpoint].call {
      calls[call].cost.beginSpan(access)
      calls[call].times.worker = calls[call].times.worker ?? access.nowNanoseconds
      self[access.core].handlerStart = access.nowNanoseconds
    }
  }

  /// C[p] is empty and its consumer asks for the next message: find one, or hold the load (R2).
  private mutating func request(_ endpoint: EndpointIdentifier, _ access: Access) {
    let core = access.core
    // Executed again without an answer: the stall limit goes on.
    if self[core].heldEndpoint == endpoint { return }
    self[core].heldEndpoint = endpoint
    self[core].heldDeadline = access.nowNanoseconds.addingSaturated(stallLimitNanoseconds)
    self[core].isStalled = false
    if self[endpoint].isKernelEndpoint {
      requestForKernel(core)
    } else {
      requestForWorker(endpoint, core)
    }
    // What this load, or the acknowledgement before it, lets go on.
    dispatch()
    if self[core].wasPreemptedAtFetch {
      self[core].wasPreemptedAtFetch = false
      if self[endpoint].message == nil {
        deliver(self[endpoint].isKernelEndpoint ? .retire : .yieldNow, to: endpoint)
      }
    }
    if self[endpoint].message == nil, faults.happens(faultSettings.earlyTryAgainsPerMillion) {
      faultCounters.count(.faultEarlyTryAgains)
      deliver(.tryAgain, to: endpoint)
    }
  }

  private mutating func requestForKernel(_ core: CoreIdentifier) {
    // A worker of this core made room for a process: that one first.
    guard let process = self[core].wantedBy else { return }
    self[core].wantedBy = nil
    if process == .kernel, let endpoint = self[core].heldEndpoint { deliverFrame(to: endpoint) }
    if processes.isInstalled(process) { _ = sendToKernel(process, of: core) }
  }

  private mutating func requestForWorker(_ endpoint: EndpointIdentifier, _ core: CoreIdentifier) {
    // It did not leave its core, or came back; who still needs one asks again.
    self[core].wantedBy = nil
    let process = self[endpoint].process
    if let call = self[core].pendingCall, calls[call].process == process {
      bind(call, to: endpoint, on: core)
    } else if mustLeave(process, core) {
      deliver(.yieldNow, to: endpoint)
    } else if !processes[process].queue.isEmpty {
      yieldToAnother(than: process, from: endpoint, core)
    }
  }

  /// Apart, for the reason of `countColourWait`.
  @inline(never)
  private mutating func yieldToAnother(
    than process: ProcessIdentifier, from endpoint: EndpointIdentifier, _ core: CoreIdentifier
  ) {
    guard let other = processToYieldTo(from: process, on: core) else { return }
    self[core].wantedBy = other
    deliver(.yieldNow, to: endpoint)
  }

  /// R8: the first touch of a worker's line may be a store, of the response even. It means what a
  /// load there would; then the line is given with the message, and the store goes into that.
  private mutating func bindByStore(
    to endpoint: EndpointIdentifier, _ blockOffset: Int, _ access: Access
  ) {
    guard let call = self[access.core].pendingCall,
      blockOffset < EndpointLayout.receiveOverflowOffset,
      isWorker(endpoint, of: calls[call].process)
    else { return }
    let isCurrent = blockOffset / LineGeometry.lineBytes == Int(self[endpoint].parity.rawValue)
    switch self[endpoint].message {
    case nil: guard isCurrent else { return }
    // A response belongs into the line that brought the call.
    case .call: return
    default:
      guard !isCurrent else { return }
      acknowledge(endpoint, access)
      // The store waits in the core's write buffer until its line comes.
      if self[endpoint].fetch?.purpose == .responseBeforeAnswer { completeFetch(of: endpoint) }
    }
    self[access.core].wantedBy = nil
    bind(call, to: endpoint, on: access.core)
    dispatch()
  }

  /// R8: the call that this core's kernel endpoint got goes to the worker that the kernel ran.
  private mutating func bind(
    _ call: CallIndex, to endpoint: EndpointIdentifier, on core: CoreIdentifier
  ) {
    forgetPendingCall(of: core)
    calls[call].cost.isCold = true
    counters.count(.deliveredThroughKernel)
    statistics.count(.coldCalls, of: core)
    statistics.count(.cold, of: calls[call].process, calls[call].service)
    deliver(call, toWorker: endpoint)
    fetchIdleLine(ofKernelOf: core)
  }

  /// `core` has no pending call any more; the endpoint that it named is free for others.
  mutating func forgetPendingCall(of core: CoreIdentifier) {
    self[core].pendingCall = nil
    if let endpoint = self[core].offeredEndpoint, self[endpoint].reservedBy == core {
      self[endpoint].reservedBy = nil
    }
    self[core].offeredEndpoint = nil
  }

  // MARK: - Acknowledgement (R4)

  /// Takes the lines back, and the response out of them; cleans them and flips p. That takes a while
  /// when a core has one of the lines (`Fetches`).
  private mutating func acknowledge(_ endpoint: EndpointIdentifier, _ access: Access) {
    traceAcknowledgement(of: endpoint, access)
    let call = self[endpoint].call
    if let call {
      self[access.core].handlerStart = nil
      self[endpoint].call = nil
      noteAnswered(call, access)
    }
    if fetchesTakeTime, hasLinesInCaches(endpoint) {
      beginFetch(ofResponseTo: call, in: endpoint, access)
    } else {
      takeResponse(to: call, in: endpoint, access)
    }
  }

  /// The lines come home, and what the consumer left there takes effect.
  /// - Parameter access: the load that acknowledged it.
  @inline(__always)
  mutating func takeResponse(
    to call: CallIndex?, in endpoint: EndpointIdentifier, _ access: Access
  ) {
    takeBackLines(of: endpoint, for: call)
    if self[endpoint].isKernelEndpoint {
      acknowledgeKernelMessage(endpoint, access)
    } else if let call {
      complete(call, withResponseIn: endpoint, line: self[endpoint].parity)
    }
    clean(endpoint)
    self[endpoint].parity = self[endpoint].parity.flipped
  }

  /// R13: the lines go back to zero, so nobody finds an earlier message or response in them. No
  /// cache has any of them.
  mutating func clean(_ endpoint: EndpointIdentifier) {
    lines.clean(.control(self[endpoint].parity, of: endpoint))
    var used = self[endpoint].usedOverflowLines
    while used != 0 {
      lines.clean(.overflow(used.trailingZeroBitCount, of: endpoint))
      used &= used - 1
    }
    self[endpoint].usedOverflowLines = 0
    self[endpoint].setMessage(nil)
  }

  /// The kernel's word on a CALL or a RESUME. It counts only while the call is not bound and
  /// the worker has no core: what has happened says more than what was stored.
  private mutating func acknowledgeKernelMessage(
    _ endpoint: EndpointIdentifier, _ access: Access
  ) {
    let core = access.core
    let word = lines.word(ControlLineWord.tail, of: endpoint, line: self[endpoint].parity)
    let head = ResponseHead(word: word)
    if self[endpoint].message == .frame, let head { sendFrame(from: endpoint, head, access) }
    let status = head?.status
    if let call = self[core].pendingCall {
      forgetPendingCall(of: core)
      calls[call].cost.endSpan(access)
      if status == .fail {
        end(call, .failedByKernel)
      } else {
        if status == .requeue { self[core].declinedProcess = calls[call].process }
        requeue(call)
      }
    } else {
      // The call went elsewhere while the core was in general mode.
      forgetPendingCall(of: core)
    }
    if let worker = self[core].resumingEndpoint {
      self[core].resumingEndpoint = nil
      self[worker].resumedBy = nil
      guard let call = self[worker].call else { return }
      calls[call].cost.endSpan(access)
      if status == .fail {
        self[worker].call = nil
        end(call, .failedByKernel)
      } else {
        if status == .requeue { self[core].declinedProcess = self[worker].process }
        askForResume(of: worker)
      }
    }
  }
}

extension UInt64 {
  /// A stall limit near the largest number means "never".
  func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
