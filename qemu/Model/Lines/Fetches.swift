// Lines on their way home: what may happen between a clean-invalidate's request and its end.
//
//     request ──▶ the core's copy is gone ──▶ the line is home
//
// Three reasons for one. A load acknowledges C[p]; then the answer waits for the response (R4). Or it
// need not (R17): p is flipped at once, and the worker has its next call while the response of the last
// is still under way. Or nobody will look at what stands in C[p] any more, since the call is bound, or
// the worker has left after YIELDNOW: then the line comes home before somebody waits for it.
//
// Until the core's copy is gone its loads and stores of that line hit, and the home knows nothing of
// them. That is why a consumer marks a line that it has answered: a load that hits finds the mark, and
// is executed again until it misses. A miss waits until the fetch has ended.

public import Interface

/// A clean-invalidate of a control line that is under way.
struct LineFetch: Hashable {
  enum Purpose: UInt8, Hashable {
    /// Nobody acknowledged C[p] yet, and what stands there decides nothing any more.
    case idleLine
    /// Of C[p]: the load that acknowledged it is answered afterwards (R4).
    case responseBeforeAnswer
    /// Of C[1−p]: the load of C[p] need not wait (R17).
    case responseBehindAnswer
  }

  let purpose: Purpose
  let line: Parity
  /// Whose response it brings; nil: that of none, or of a call that ended another way.
  var call: CallIndex?
  /// The load that acknowledged; nil for an idle line.
  let access: Access?
  /// When the core's copy is gone, and when the line is home.
  let invalidation: UInt64
  let end: UInt64
}

extension Lauberhorn {
  /// Without this a fetch is over when it begins, and nothing of what is below happens. Who is on the
  /// way of a call asks first.
  @inline(__always)
  var fetchesTakeTime: Bool { configuration.fetchNanoseconds > 0 }

  /// Whether clean-invalidating what an acknowledgement takes would cross the link.
  func hasLinesInCaches(_ endpoint: EndpointIdentifier) -> Bool {
    if caches.owner(of: .control(self[endpoint].parity, of: endpoint)) != nil { return true }
    var used = self[endpoint].usedOverflowLines
    while used != 0 {
      if caches.owner(of: .overflow(used.trailingZeroBitCount, of: endpoint)) != nil { return true }
      used &= used - 1
    }
    return false
  }

  // MARK: - Requests

  /// C[p] was acknowledged.
  @inline(never)
  mutating func beginFetch(
    ofResponseTo call: CallIndex?, in endpoint: EndpointIdentifier, _ access: Access
  ) {
    if mayAnswerDuringFetch(of: endpoint) {
      begin(.responseBehindAnswer, in: endpoint, call, access, at: access.nowNanoseconds)
      self[endpoint].setMessage(nil)
      self[endpoint].parity = self[endpoint].parity.flipped
    } else {
      begin(.responseBeforeAnswer, in: endpoint, call, access, at: access.nowNanoseconds)
    }
    // Its core is busy no more.
    if let call { noteLoad(of: calls[call].process) }
  }

  /// R17: the consumer marks its lines, this line too, since YIELDNOW is left without; and no overflow
  /// line is to be fetched, which the next message or response might use.
  private func mayAnswerDuringFetch(of endpoint: EndpointIdentifier) -> Bool {
    configuration.answersDuringFetch && self[endpoint].marksLines
      && self[endpoint].message != .yieldNow && self[endpoint].usedOverflowLines == 0
  }

  /// The call or resume in the kernel's line was carried out: whatever the kernel leaves there will
  /// be ignored.
  mutating func fetchIdleLine(ofKernelOf core: CoreIdentifier) {
    guard fetchesTakeTime, let endpoint = self[core].kernelEndpoint else { return }
    fetchIdleLine(of: endpoint)
  }

  /// The consumer has its message, and will not store to the line nor load it.
  mutating func fetchIdleLine(of endpoint: EndpointIdentifier) {
    guard fetchesTakeTime, self[endpoint].fetch == nil,
      caches.owner(of: .control(self[endpoint].parity, of: endpoint)) != nil
    else { return }
    begin(.idleLine, in: endpoint, nil, nil, at: clock.nanoseconds)
  }

  private mutating func begin(
    _ purpose: LineFetch.Purpose, in endpoint: EndpointIdentifier, _ call: CallIndex?,
    _ access: Access?, at now: UInt64
  ) {
    self[endpoint].fetch = LineFetch(
      purpose: purpose, line: self[endpoint].parity, call: call, access: access,
      invalidation: now.addingSaturated(configuration.invalidationNanoseconds),
      end: now.addingSaturated(configuration.fetchNanoseconds))
    fetching.append(endpoint)
  }

  // MARK: - Accesses meanwhile

  /// A load that misses `line` waits for the fetch that is under way, unless its line is another.
  @inline(never)
  mutating func waitsForFetch(
    _ line: LineIndex, of endpoint: EndpointIdentifier, _ access: Access
  ) -> Bool {
    guard let fetch = self[endpoint].fetch,
      fetch.purpose != .responseBehindAnswer || line == .control(fetch.line, of: endpoint),
      // Without a message it acknowledges nothing, and is reported.
      self[endpoint].message != nil
    else {
      self[access.core].awaitedFetch = nil
      return false
    }
    self[access.core].awaitedFetch = endpoint
    self[access.core].isStalled = true
    return true
  }

  /// A load while a line of `endpoint` is fetched: it may hit that line.
  @inline(never)
  mutating func noteLoad(
    of line: LineIndex, duringFetchOf endpoint: EndpointIdentifier, _ access: Access
  ) {
    loseFetchedLine(of: endpoint, access)
    guard let fetch = self[endpoint].fetch, fetch.purpose == .responseBehindAnswer,
      line == .control(fetch.line, of: endpoint), caches.has(line, core: access.core)
    else { return }
    faultCounters.count(.faultMarkedLoads)
  }

  /// A store to a line that is being fetched. It hits the core's copy, or waits in the write buffer
  /// for the line, and goes on after the fetch.
  ///
  /// - Returns: whether it hit.
  @inline(never)
  mutating func storesIntoFetchedLine(
    _ value: UInt64, of endpoint: EndpointIdentifier, _ blockOffset: Int, _ size: Int,
    _ access: Access
  ) -> Bool {
    loseFetchedLine(of: endpoint, access)
    guard let fetch = self[endpoint].fetch else { return false }
    let line = LineIndex(endpoint, blockOffset: blockOffset)
    guard fetch.purpose == .responseBehindAnswer else {
      completeFetch(of: endpoint)
      return false
    }
    guard line == .control(fetch.line, of: endpoint) else { return false }
    guard caches.has(line, core: access.core) else {
      completeFetch(of: endpoint)
      return false
    }
    caches.store(value, in: line, at: blockOffset % LineGeometry.lineBytes, size: size)
    return true
  }

  /// The core's copy is gone, if it is time.
  mutating func loseFetchedLine(of endpoint: EndpointIdentifier, _ access: Access) {
    guard let fetch = self[endpoint].fetch, fetch.invalidation <= access.nowNanoseconds else {
      return
    }
    loseFetchedLine(of: endpoint)
  }

  /// The clean-invalidate has reached the cache that has the line. It does so by itself in time
  /// (`Configuration.invalidationNanoseconds`); an explorer decides when.
  public mutating func loseFetchedLine(of endpoint: EndpointIdentifier) {
    guard let fetch = self[endpoint].fetch else { return }
    // On its way home nobody looks at what it brings before the fetch ends.
    takeBack(.control(fetch.line, of: endpoint), for: fetch.call)
  }

  // MARK: - The end

  /// Whether a line of `endpoint` is on its way home, and whether the core's copy is still there.
  public func fetchState(of endpoint: EndpointIdentifier) -> (isUnderWay: Bool, hits: Bool) {
    guard let fetch = self[endpoint].fetch else { return (false, false) }
    return (true, caches.owner(of: .control(fetch.line, of: endpoint)) != nil)
  }

  /// When the first fetch ends that is under way; nil: none is.
  public var firstFetchEnd: UInt64? { fetching.first.flatMap { self[$0].fetch?.end } }

  /// Time has come to `nowNanoseconds`. Part of `advance`, which looks at everything else too.
  public mutating func completeFetches(nowNanoseconds: UInt64) {
    while let endpoint = fetching.first, let end = self[endpoint].fetch?.end, end <= nowNanoseconds
    {
      clock.nanoseconds = nowNanoseconds
      completeFetch(of: endpoint)
    }
  }

  /// The line is home, and with it the response. In time by itself; an explorer decides when.
  public mutating func completeFetch(of endpoint: EndpointIdentifier) {
    guard let fetch = self[endpoint].fetch else { return }
    self[endpoint].fetch = nil
    fetching.removeAll { $0 == endpoint }
    switch fetch.purpose {
    case .idleLine: takeBack(.control(fetch.line, of: endpoint), for: nil)
    case .responseBeforeAnswer:
      if let access = fetch.access { takeResponse(to: fetch.call, in: endpoint, access) }
    case .responseBehindAnswer:
      takeBack(.control(fetch.line, of: endpoint), for: fetch.call)
      if let call = fetch.call { complete(call, withResponseIn: endpoint, line: fetch.line) }
      lines.clean(.control(fetch.line, of: endpoint))
    }
    for index in cores.indices where cores[index].awaitedFetch == endpoint {
      let core = CoreIdentifier(UInt16(index))
      guard self[core].isStalled, self[core].heldEndpoint == nil else { continue }
      self[core].isStalled = false
      outputs.append(.wake(core))
    }
    dispatch()
  }
}
