// Messages into control lines.

import Interface

extension Lauberhorn {
  /// Writes a message without a call for its receiver: TRYAGAIN, YIELDNOW, and on kernel
  /// endpoints RESUME and CALL, which name a worker endpoint.
  mutating func deliver(
    _ kind: MessageKind, to endpoint: EndpointIdentifier,
    naming worker: EndpointIdentifier? = nil, tag: CallTag? = nil
  ) {
    let addresses = self[endpoint].addresses
    let code =
      switch kind {
      case .call: addresses.call
      case .tryAgain: addresses.tryAgain
      case .yieldNow: addresses.yieldNow
      case .retire: addresses.retire
      case .resume: addresses.resume
      case .frame, .reply: addresses.frame
      }
    let process = worker.map { self[$0].process } ?? self[endpoint].process
    let line = self[endpoint].parity
    write(code, data: addresses.data, to: endpoint)
    if let worker {
      let first = ControlLineWord.firstArgument
      lines.setWord(first, of: endpoint, line: line, to: UInt64(process.number))
      lines.setWord(first + 1, of: endpoint, line: line, to: UInt64(worker.number))
    }
    let tail = MessageTail(
      kind: kind, process: process,
      argumentBytes: worker == nil ? 0 : UInt32(2 * LineGeometry.wordBytes))
    switch kind {
    case .tryAgain: counters.count(.messagesTryAgain)
    case .yieldNow: counters.count(.messagesYieldNow)
    case .retire: counters.count(.messagesRetire)
    case .resume: counters.count(.messagesResume)
    case .frame: counters.count(.messagesFrame)
    case .call, .reply: break
    }
    if let core = self[endpoint].core, let statistic = kind.statistic {
      statistics.count(statistic, of: core)
    }
    let namedTag = tag ?? worker.flatMap { self[$0].call }.map { calls[$0].tag }
    finish(tail, tag: namedTag, in: endpoint)
  }

  /// Writes a call with its arguments into a worker's line.
  mutating func deliver(_ call: CallIndex, toWorker endpoint: EndpointIdentifier) {
    let delivered = calls[call]
    let service = services[delivered.service]
    let line = self[endpoint].parity
    write(service.code, data: service.data, to: endpoint)
    lines.writeArguments(calls.areas, calls.arguments(of: call), to: endpoint, line: line)
    let overflowLines = delivered.overflowLineCount
    self[endpoint].place(call, overflowLines: overflowLines)
    processes[delivered.process].noteDelivery(
      order: nextOrder(), waited: clock.nanoseconds &- delivered.arrival.nanoseconds)
    noteLoad(of: delivered.process)
    if let core = self[endpoint].core, self[core].heldEndpoint == endpoint, self[core].isStalled {
      calls[call].cost.heldLoads += 1
    }
    finish(
      MessageTail(
        kind: .call, overflowLineCount: UInt8(overflowLines), process: delivered.process,
        argumentBytes: UInt32(delivered.argumentBytes)),
      tag: delivered.tag, in: endpoint)
  }

  /// Writes the oldest frame for the kernel into a kernel endpoint, if there is one and the
  /// endpoint takes frames.
  @discardableResult
  mutating func deliverFrame(to endpoint: EndpointIdentifier) -> Bool {
    let addresses = self[endpoint].addresses
    guard addresses.frame != 0,
      let bytes = kernelFrames.popFirst(into: &scratch.area, at: ArgumentArea.inlineBytes)
    else { return false }
    let end = ArgumentArea.inlineBytes + bytes
    let line = self[endpoint].parity
    let paddedEnd = ValueLayout.padded(end)
    scratch.area.clear(0..<ArgumentArea.inlineBytes)
    scratch.area.clear(end..<paddedEnd)
    lines.writeArguments(scratch.area, 0..<paddedEnd, to: endpoint, line: line)
    write(addresses.frame, data: addresses.data, to: endpoint)
    lines.setWord(ControlLineWord.firstArgument, of: endpoint, line: line, to: UInt64(bytes))
    let overflowLines = ArgumentArea.overflowLines(forEnd: end)
    self[endpoint].place(nil, overflowLines: overflowLines)
    counters.count(.messagesFrame)
    finish(
      MessageTail(
        kind: .frame, overflowLineCount: UInt8(overflowLines), process: .kernel,
        argumentBytes: UInt32(end)),
      tag: nil, in: endpoint)
    return true
  }

  private mutating func write(_ code: UInt64, data: UInt64, to endpoint: EndpointIdentifier) {
    lines[.control(self[endpoint].parity, of: endpoint)].writeHead(code: code, data: data)
  }

  /// The tail makes the message complete; then the load that waits for it is answered.
  private mutating func finish(
    _ tail: MessageTail, tag: CallTag?, in endpoint: EndpointIdentifier
  ) {
    let line = self[endpoint].parity
    lines[.control(line, of: endpoint)].writeTail(tail, tag: tag)
    traceDelivery(tail.kind, to: endpoint, tag: tag)
    // The consumer's next load of it must miss.
    assert(caches.owner(of: .control(line, of: endpoint)) == nil)
    self[endpoint].setMessage(tail.kind)
    guard let core = self[endpoint].core, self[core].heldEndpoint == endpoint else { return }
    releaseHeldLoad(of: core)
  }

  /// The held load of `core` is answered, or there is nothing any more that could answer it:
  /// in both cases the core executes it again.
  mutating func releaseHeldLoad(of core: CoreIdentifier) {
    self[core].heldEndpoint = nil
    guard self[core].isStalled else { return }
    self[core].isStalled = false
    outputs.append(.wake(core))
  }
}

extension MessageKind {
  /// What a core is counted to have got; nil for calls, which say more when they are bound.
  fileprivate var statistic: CoreStatistic? {
    switch self {
    case .tryAgain: .tryAgain
    case .yieldNow: .yieldNow
    case .retire: .retire
    case .resume: .resumes
    case .call, .frame, .reply: nil
    }
  }
}
