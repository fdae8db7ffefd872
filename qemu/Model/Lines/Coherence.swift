// The coherence protocol between home and caches: fill, clean-invalidate, eviction; and its cost.
//
// A core's load or store that hits its own cache is no event for the NIC. A message of the
// protocol is counted when it crosses the link: a fill is a request and an answer with data; a
// clean-invalidate is a request and an answer, with data when the core had modified the line; an
// eviction is one message, with data when modified (on ECI: RLDX and PEMD, FEVX and VICD or
// VICC). So a warm null call costs four messages, two of them with data.

public import Interface

extension Lauberhorn {
  /// Gives `line` exclusive to `core`; another core that has it loses it first.
  ///
  /// - Parameter call: whom it is charged to.
  mutating func give(_ line: LineIndex, to core: CoreIdentifier, for call: CallIndex?) {
    takeBack(line, for: call)
    caches.give(line, to: core, from: lines)
    self[core].requestedLine = nil
    self[core].wasPreemptedAtFetch = false
    counters.count(.linesFilled)
    charge(call, messages: 2, withData: 1) { $0.lineFills += 1 }
  }

  /// The NIC's clean-invalidate: what a core wrote comes home, and its copy is gone. Nothing
  /// crosses the link for a line that no cache has.
  mutating func takeBack(_ line: LineIndex, for call: CallIndex?) {
    guard caches.owner(of: line) != nil else { return }
    let isModified = caches.isModified(line)
    if isModified { lines.takeBack(line, from: caches) }
    caches.invalidate(line)
    counters.count(.linesFetched)
    charge(call, messages: 2, withData: isModified ? 1 : 0) { $0.lineFetches += 1 }
  }

  /// C[p] and every overflow line that a core may have written.
  mutating func takeBackLines(of endpoint: EndpointIdentifier, for call: CallIndex?) {
    takeBack(.control(self[endpoint].parity, of: endpoint), for: call)
    var used = self[endpoint].usedOverflowLines
    while used != 0 {
      takeBack(.overflow(used.trailingZeroBitCount, of: endpoint), for: call)
      used &= used - 1
    }
  }

  /// Whom a line of an endpoint is charged to.
  @inline(__always)
  func callCharged(for endpoint: EndpointIdentifier, on core: CoreIdentifier) -> CallIndex? {
    guard self[endpoint].isKernelEndpoint else { return self[endpoint].call }
    switch self[endpoint].message {
    case .call: return self[core].pendingCall
    case .resume: return self[core].resumingEndpoint.flatMap { self[$0].call }
    default: return nil
    }
  }

  mutating func charge(
    _ call: CallIndex?, messages: UInt32, withData: UInt32,
    _ change: (inout CallCost) -> Void
  ) {
    counters.count(.coherenceMessages, by: Int(messages))
    counters.count(.coherenceMessagesWithData, by: Int(withData))
    guard let call else { return }
    calls[call].cost.charge(messages: messages, withData: withData, change)
  }

  // MARK: - Evictions

  /// `core` evicts the line at `offset` of the line window, as it may at any time.
  ///
  /// - Returns: false when its cache does not have that line.
  @discardableResult
  public mutating func evict(_ access: Access, offset: UInt64) -> Bool {
    outputs.reclaim()
    let line = offset - offset % UInt64(LineGeometry.lineBytes)
    guard access.core.index < cores.count else { return false }
    if let process = loadLineProcess(at: line) { return evictLoad(of: process, from: access.core) }
    guard let index = lineIndex(at: line), caches.has(index, core: access.core) else {
      return false
    }
    evict(index)
    return true
  }

  /// Offsets in the line window of all lines that `core` has in its cache. For explorers: it
  /// looks at every line there is.
  public func cachedLines(of core: CoreIdentifier) -> [UInt64] {
    (0..<lineMap.count).map { LineIndex(number: $0) }
      .filter { caches.has($0, core: core) }
      .map { lineMap.place(of: $0).offset }
      + (0..<processes.capacity).map { ProcessIdentifier(UInt16($0)) }
      .filter { loadLines.has($0, core: core) }
      .map { LineWindow.processLoadOffset(of: $0) }
  }

  /// Writes `line` back when it is modified; the home sees what was written.
  mutating func evict(_ line: LineIndex) {
    let isModified = caches.isModified(line)
    if isModified { lines.takeBack(line, from: caches) }
    let place = lineMap.place(of: line)
    let owner = caches.owner(of: line)
    caches.invalidate(line)
    var call: CallIndex?
    if case .endpoint(let endpoint, _) = place, let owner {
      call = callCharged(for: endpoint, on: owner)
    }
    if isModified { counters.count(.linesWrittenBack) }
    charge(call, messages: 1, withData: isModified ? 1 : 0) {
      $0.lineWriteBacks += isModified ? 1 : 0
    }
    switch place {
    case .endpoint: break
    case .coreState(let core): stateCameHome(of: core)
    case .processState(let process): stateCameHome(of: process)
    }
  }

  /// Nil: no line that a cache may have alone is at this offset of the window.
  func lineIndex(at offset: UInt64) -> LineIndex? {
    if offset < UInt64(endpoints.count * EndpointLayout.blockBytes) {
      let blockOffset = Int(offset) % EndpointLayout.blockBytes
      guard blockOffset < LineIndex.linesPerEndpoint * LineGeometry.lineBytes else { return nil }
      return LineIndex(
        EndpointIdentifier(UInt16(Int(offset) / EndpointLayout.blockBytes)),
        blockOffset: blockOffset)
    }
    if let process = stateLineProcess(at: offset) { return lineMap.stateLine(of: process) }
    return stateLineCore(at: offset).map { lineMap.stateLine(of: $0) }
  }

  /// A fault: before an access of an endpoint, its core may lose one of the lines that it has
  /// there, or its state line.
  mutating func loseLineByChance(_ core: CoreIdentifier, near endpoint: EndpointIdentifier) {
    guard faults.happens(faultSettings.evictionsPerMillion) else { return }
    let first = endpoint.index * LineIndex.linesPerEndpoint
    let start = faults.below(LineIndex.linesPerEndpoint + 1)
    for step in 0...LineIndex.linesPerEndpoint {
      let choice = (start + step) % (LineIndex.linesPerEndpoint + 1)
      let line =
        choice == LineIndex.linesPerEndpoint
        ? lineMap.stateLine(of: core) : LineIndex(number: first + choice)
      guard caches.has(line, core: core) else { continue }
      faultCounters.count(.faultEvictions)
      evict(line)
      return
    }
  }
}
