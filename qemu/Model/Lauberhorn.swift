// The LAUBERHORN NIC as a value: what it is built with, and everything that happens to it.
//
// One request, by file: FrameDecoder and RPCMessage (frame in), Arrival (call accepted),
// Dispatcher (who gets it), HomeAgent (control line, loads and stores), Completion and
// ReplyEncoder (frame out). The model performs no I/O and knows no time but what it is told, so
// a simulator, a test and an interleaving explorer drive the same code; being a value, it can be
// copied before a step and compared after.

public import Interface

/// What the FPGA is built with.
public struct Configuration: Hashable, Sendable {
  public var coreCount: Int
  public var endpointCount: Int
  /// The kernel's entry 0 included.
  public var processCount: Int
  public var serviceCount: Int
  /// Calls that may be in flight, waiting ones included.
  public var callCount: Int
  public var stallLimitNanoseconds: UInt64
  /// How long after a store to it a state line is taken back; `.max`: when `fetchStateLine` is
  /// called, or when a decision needs it.
  public var stateFetchNanoseconds: UInt64 = 0
  /// How long the clean-invalidate of a control line takes until the line is home; 0: no time; `.max`:
  /// until `completeFetch` is called.
  public var fetchNanoseconds: UInt64 = 0
  /// How much of that goes by before the core's copy is gone; `.max`: until `loseFetchedLine` is
  /// called, or the line is home.
  public var invalidationNanoseconds: UInt64 = 0
  /// Whether a worker's load is answered before its response is fetched, if the worker is made for
  /// that (R17).
  public var answersDuringFetch = true
  public var faults = FaultSettings()
  /// Whether the directory has Enzian's colours (R16).
  public var hasColours = false
  /// Loads that the NIC holds at most, besides what the colours allow; 0: any number.
  public var heldLoads = 0
  /// Whether events are among the outputs.
  public var isTraced = false
  public var ethernetAddress: EthernetAddress
  public var internetAddress: InternetAddress

  public init(
    coreCount: Int, endpointCount: Int, processCount: Int, serviceCount: Int,
    callCount: Int = 1024, stallLimitNanoseconds: UInt64 = 15_000_000,
    ethernetAddress: EthernetAddress, internetAddress: InternetAddress
  ) {
    self.coreCount = coreCount
    self.endpointCount = endpointCount
    self.processCount = processCount
    self.serviceCount = serviceCount
    self.callCount = callCount
    self.stallLimitNanoseconds = stallLimitNanoseconds
    self.ethernetAddress = ethernetAddress
    self.internetAddress = internetAddress
  }

  /// Whether such an FPGA can be: every identifier must fit the interface's fields.
  var isPossible: Bool {
    (1...LineWindow.maximumCores).contains(coreCount)
      && (1...LineWindow.maximumEndpoints).contains(endpointCount)
      && (2...LineWindow.maximumProcesses).contains(processCount)
      && (1...1 << 20).contains(serviceCount)
      && (1...1 << 16).contains(callCount) && stallLimitNanoseconds > 0
      && (0...LineWindow.maximumCores).contains(heldLoads)
      && faults.arePossible && !ethernetAddress.isGroup && internetAddress.canBeSender
  }
}

/// Who accesses a window, when, and what was counted for that core.
public struct Access: Hashable, Sendable {
  public let nowNanoseconds: UInt64
  /// Executed by this core, this one included.
  public let instructions: UInt64
  /// Changes from EL0 to EL1 on this core.
  public let kernelEntries: UInt64
  public let core: CoreIdentifier
  /// A load of an endpoint's line: since the last store of this core there, it executed no barrier
  /// that orders the store before this load (R5).
  public let followsUnorderedStore: Bool
  /// Of the instruction, for reports; 0 when it is not known.
  public let programCounter: UInt64

  public init(
    nowNanoseconds: UInt64, instructions: UInt64 = 0, kernelEntries: UInt64 = 0,
    core: CoreIdentifier, followsUnorderedStore: Bool = false, programCounter: UInt64 = 0
  ) {
    self.nowNanoseconds = nowNanoseconds
    self.instructions = instructions
    self.kernelEntries = kernelEntries
    self.core = core
    self.followsUnorderedStore = followsUnorderedStore
    self.programCounter = programCounter
  }
}

/// Memory that is written before it is read within one call into the model, so it is no state.
struct Scratch: Hashable {
  /// An argument area in one run, as marshalling reads and writes it.
  var area = [UInt8](repeating: 0, count: ArgumentArea.bytes)
  /// A frame that is being written; its results are marshalled where they are sent from.
  var frame = [UInt8](repeating: 0, count: ReplyEncoder.resultsOffset + ArgumentArea.bytes)

  static func == (left: Scratch, right: Scratch) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// The NIC. All tables are allocated by `init`; after that nothing is allocated for a frame or
/// an access.
public struct Lauberhorn: Hashable, Sendable {
  let configuration: Configuration
  /// Loads that may be held at once (R16); 0: any number.
  let heldLoadLimit: Int
  var own: OwnAddresses
  var stallLimitNanoseconds: UInt64
  var counters = Counters()
  var statistics: Statistics
  var outputs = Outputs()
  var services: ServiceTable
  var processes: ProcessTable
  var endpoints: [Endpoint]
  var cores: [Core]
  let lineMap: LineMap
  var lines: LineStore
  var caches: CoreCaches
  var loadLines: LoadLines
  /// Endpoints with a `fetch`, the first to end first.
  var fetching: [EndpointIdentifier]
  var faults: FaultGenerator
  var faultCounters = FaultCounters()
  var receivedWire = FaultyWire()
  var sentWire = FaultyWire()
  /// 0 unless `noteTime` needs it.
  var faultClock: UInt64 = 0
  var calls: CallTable
  var kernelFrames = FrameQueue()
  var commandRegisters = CommandRegisters()
  /// As the call under way was told.
  var clock = Moment()
  /// Orders arrivals against deliveries; counts up with each.
  var order: UInt64 = 0
  var scratch = Scratch()

  /// Nil when the configuration is impossible.
  public init?(_ configuration: Configuration) {
    guard configuration.isPossible else { return nil }
    self.configuration = configuration
    let separate =
      configuration.hasColours
      ? EndpointPlacement(capacity: configuration.endpointCount).heldLoadLimit : 0
    heldLoadLimit =
      separate == 0 || configuration.heldLoads == 0
      ? max(separate, configuration.heldLoads) : min(separate, configuration.heldLoads)
    own = OwnAddresses(
      ethernet: configuration.ethernetAddress, internet: configuration.internetAddress)
    stallLimitNanoseconds = configuration.stallLimitNanoseconds
    statistics = Statistics(
      cores: configuration.coreCount, processes: configuration.processCount,
      services: configuration.serviceCount)
    services = ServiceTable(capacity: configuration.serviceCount)
    processes = ProcessTable(capacity: configuration.processCount)
    endpoints = Array(repeating: Endpoint(), count: configuration.endpointCount)
    cores = Array(repeating: Core(), count: configuration.coreCount)
    lineMap = LineMap(
      endpoints: configuration.endpointCount, cores: configuration.coreCount,
      processes: configuration.processCount)
    lines = LineStore(lines: lineMap.count)
    caches = CoreCaches(lines: lineMap.count)
    loadLines = LoadLines(processes: configuration.processCount, cores: configuration.coreCount)
    fetching = []
    fetching.reserveCapacity(configuration.endpointCount)
    faults = FaultGenerator(seed: configuration.faults.seed)
    calls = CallTable(capacity: configuration.callCount)
  }

  /// When time matters next: the first end of a held load's stall limit, the first request that
  /// reaches the home, the first line to be taken back. Nil: never.
  public var deadline: UInt64? {
    var first: UInt64?
    func consider(_ time: UInt64) { first = min(first ?? time, time) }
    for core in cores {
      if core.heldEndpoint != nil { consider(core.heldDeadline) }
      if let arrival = core.requestArrival { consider(arrival) }
      if let unseen = core.unseenState { consider(unseen.fetchTime) }
    }
    if let firstFetchEnd { consider(firstFetchEnd) }
    if let wireDeadline { consider(wireDeadline) }
    if let firstQuantumEnd { consider(firstQuantumEnd) }
    if let fetch = processes.firstStateFetch { consider(fetch) }
    if let update = loadLines.firstUpdate { consider(update) }
    return first
  }

  /// Time has come to `nowNanoseconds`: loads held for the stall limit get TRYAGAIN (R2).
  public mutating func advance(nowNanoseconds: UInt64) {
    outputs.reclaim()
    clock.nanoseconds = nowNanoseconds
    advanceReceivedWire(nowNanoseconds: nowNanoseconds)
    fetchProcessStates(nowNanoseconds: nowNanoseconds)
    completeFetches(nowNanoseconds: nowNanoseconds)
    for index in cores.indices {
      let core = CoreIdentifier(UInt16(index))
      if let unseen = self[core].unseenState, unseen.fetchTime <= nowNanoseconds {
        fetchStateLine(of: core)
      }
      if let arrival = self[core].requestArrival, arrival <= nowNanoseconds {
        finishRequest(of: core)
      }
      guard let endpoint = self[core].heldEndpoint, self[core].heldDeadline <= nowNanoseconds
      else { continue }
      // The kernel looks around after this, so what it declined may be offered again.
      self[core].declinedProcess = nil
      deliver(.tryAgain, to: endpoint)
    }
    preemptHandlers(nowNanoseconds: nowNanoseconds)
    updateLoadLines()
    advanceSentWire(nowNanoseconds: nowNanoseconds)
  }

  /// Copies a frame of `Output.transmit`; returns its length, or nil when it does not fit.
  public func copyFrame(_ frame: FrameReference, into bytes: inout MutableSpan<UInt8>) -> Int? {
    guard frame.length <= bytes.count else { return nil }
    bytes.copy(outputs.frames.frame(frame.range), at: 0)
    return frame.length
  }

  /// The longest frame that the model sends.
  public static var maximumFrameBytes: Int { Outputs.maximumFrameBytes }

  public func count(of counter: NICCounter) -> UInt64 { counters[counter] }
  public func count(of counter: FaultCounter) -> UInt64 { faultCounters[counter] }

  /// Accepted calls that have not ended.
  public var callsInFlight: Int { calls.inFlight }
}

extension Lauberhorn {
  var faultSettings: FaultSettings { configuration.faults }

  subscript(_ core: CoreIdentifier) -> Core {
    get { cores[core.index] }
    _modify { yield &cores[core.index] }
  }

  subscript(_ endpoint: EndpointIdentifier) -> Endpoint {
    get { endpoints[endpoint.index] }
    _modify { yield &endpoints[endpoint.index] }
  }

  mutating func nextOrder() -> UInt64 {
    order += 1
    return order
  }

  mutating func report(_ rule: Violation.Rule, _ access: Access, at offset: UInt64) {
    counters.count(.violations)
    outputs.append(
      .violation(
        Violation(
          rule: rule, core: access.core, offset: offset, programCounter: access.programCounter)))
  }
}
