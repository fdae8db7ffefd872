// A machine in simulated time: the production NIC model, and cores that do what the kernel does.
//
// The NIC is `Lauberhorn` itself, driven line by line: every call is a frame that it decodes,
// dispatches and answers. Loops are the production `MessageLoop`, the kernel's order is the production
// `DispatchSequence` and `DispatchDecision`, limits and quanta are those of a `DispatchPolicy`. Made up
// are only the cores: how long they need (`Costs`), and handlers that do nothing else than take time.

import Interface
import Model
import Scheduling
public import Workload

public struct SimulatedMachine {
  let settings: MachineSettings
  let costs: Costs
  var nic: Lauberhorn
  var cores: [SimulatedCore]
  var threads: [SimulatedThread]
  var events = EventQueue()
  var now: UInt64 = 0
  var timer = UInt64.max
  /// When the first fetch ends that is under way, as an event was planned for it.
  var fetchTimer = UInt64.max
  /// The core whose access is under way.
  var accessing = 0
  var accessIsHeld = false
  var calls: [PlannedCall] = []
  var templates: [CallTemplate]
  var outcome = Outcome()
  var fault: SimulationFault?
  let usesQuanta: Bool

  enum Code {
    static let kernelCall: UInt64 = 0x1000
    static let kernelResume: UInt64 = 0x1010
    static let kernelOther: UInt64 = 0x1020
    static let tryAgain: UInt64 = 0x2000
    static let yieldNow: UInt64 = 0x2010
    static let again: UInt64 = 0x2020
    static let handler: UInt64 = 0x3000
  }

  public init(_ settings: MachineSettings) throws(SimulationFault) {
    self.settings = settings
    costs = settings.costs
    usesQuanta = settings.policy.quantumNanoseconds(.standard) != nil
    let cores = settings.cores
    let parts = (0..<settings.processCount).map { settings.part(ofProcess: $0) }
    let threadCount = parts.reduce(0) { $0 + $1.cores }
    let callsWaiting = settings.services.reduce(0) { $0 + $1.queueLimit }
    // What the NIC keeps for processes without waiting calls, so that every queue can be full.
    let callsReserved = cores + settings.services.count + 1
    var configuration = Configuration(
      coreCount: cores, endpointCount: cores + threadCount,
      processCount: settings.services.count + 1, serviceCount: settings.services.count,
      callCount: min(callsWaiting + 2 * threadCount + callsReserved, 1 << 15),
      stallLimitNanoseconds: settings.stallLimitNanoseconds,
      ethernetAddress: EthernetAddress(CallTemplate.serverEthernet),
      internetAddress: InternetAddress(CallTemplate.serverInternet))
    configuration.fetchNanoseconds = costs.fetchNanoseconds
    configuration.invalidationNanoseconds = costs.requestNanoseconds
    configuration.answersDuringFetch = costs.answersDuringFetch
    guard let nic = Lauberhorn(configuration) else {
      throw SimulationFault(description: "a NIC for \(settings) cannot be built")
    }
    self.nic = nic
    self.cores = (0..<cores).map { SimulatedCore(loop: Self.loop(endpoint: $0)) }
    threads = []
    templates = settings.services.indices.map { CallTemplate(service: $0) }
    for (process, part) in parts.enumerated() {
      for _ in 0..<part.cores {
        threads.append(
          SimulatedThread(process: process + 1, loop: Self.loop(endpoint: cores + threads.count)))
      }
    }
    try install(parts)
    for core in 0..<cores {
      store(CoreState(mode: .dispatch), core: core)
      plan(core, .loadKernel, at: 0)
    }
  }

  private static func loop(endpoint: Int) -> MessageLoop {
    MessageLoop(blockAddress: UInt(LineWindow.offset(of: EndpointIdentifier(UInt16(endpoint)))))
  }

  // MARK: - Set-up, as the kernel does it

  private mutating func install(_ parts: [(cores: Int, isOwn: Bool)]) throws(SimulationFault) {
    for core in 0..<UInt64(cores.count) {
      try command(
        .installEndpoint,
        [
          core, 0, core, Code.kernelCall, Code.kernelOther, Code.kernelOther, Code.kernelOther,
          Code.kernelResume,
        ])
    }
    for (process, part) in parts.enumerated() {
      let own = settings.services[process]
      try command(
        .installProcess,
        [
          UInt64(process + 1), UInt64(part.cores), UInt64(own.queueLimit),
          // The NIC counts turns: how many calls a service of that weight gets for one of another.
          UInt64(max(1, Int(own.weight.value) / Int(Weight.standard.value))),
          settings.policy.quantumNanoseconds(own.weight) ?? 0,
          // Cores of its own are not given away, idle or not.
          part.isOwn ? UInt64(part.cores) : 0,
          own.waitLimitNanoseconds, own.dropsExcess ? 1 : 0,
          settings.policy.patienceNanoseconds,
        ])
    }
    for service in settings.services.indices {
      let hyper = UInt64(SignatureCode.hyper.rawValue)
      let words = [
        UInt64(settings.process(ofService: service) + 1), UInt64(CallTemplate.firstPort + service),
        UInt64(CallTemplate.firstProgram) + UInt64(service), 1, 1, Code.handler, 0, 1, 1,
        hyper | hyper << 8,
      ]
      try command(
        .installService,
        words + Array(repeating: 0, count: ServiceClass.argumentWord - words.count)
          + [UInt64(settings.services[service].serviceClass.rawValue)])
    }
    for (index, thread) in threads.enumerated() {
      try command(
        .installEndpoint,
        [
          UInt64(cores.count + index), UInt64(thread.process), 0, 0, Code.tryAgain, Code.yieldNow,
          // It marks its lines (R17).
          0, 0, 0, 0, 1,
        ])
    }
  }

  private mutating func command(
    _ command: Command, _ arguments: [UInt64]
  ) throws(SimulationFault) {
    let access = Access(nowNanoseconds: 0, core: CoreIdentifier(0))
    for (index, argument) in arguments.enumerated() {
      nic.writeRegister(
        access, offset: Register.commandArguments + UInt64(8 * index), value: argument)
    }
    nic.writeRegister(access, offset: Register.command, value: command.rawValue)
    let result = nic.readRegister(access, offset: Register.commandResult)
    guard result == CommandResult.done.rawValue else {
      throw SimulationFault(description: "\(command)\(arguments): the NIC answers \(result)")
    }
  }

  // MARK: - The run

  /// Makes the calls and runs until every one of them has ended.
  /// - Parameters:
  ///   - atLeast: goes on that long, for machines without calls.
  ///   - lookEvery: how often `Outcome.looks` gets an entry; nil: never.
  public mutating func run(
    _ calls: [PlannedCall], atLeast: UInt64 = 0, lookEvery: UInt64? = nil
  ) throws(SimulationFault) -> Outcome {
    self.calls = calls
    outcome.replies = Array(repeating: 0, count: calls.count)
    var arrived = 0
    var last = max(atLeast, calls.last?.arrivalNanoseconds ?? 0)
    if let first = calls.first { events.insert(Event(at: first.arrivalNanoseconds, .arrival)) }
    if let lookEvery { events.insert(Event(at: lookEvery, .look)) }
    setTimer()
    while let event = events.popFirst() {
      if event.time > last {
        // All have come. What still runs ends; then only stall limits would follow.
        if nic.callsInFlight == 0 { break }
        last = event.time
      }
      now = event.time
      outcome.events += 1
      switch event.kind {
      case .arrival:
        arrive(arrived)
        arrived += 1
        if arrived < calls.count {
          events.insert(Event(at: calls[arrived].arrivalNanoseconds, .arrival))
        }
      case .timer: advanceNIC(event)
      case .fetch:
        fetchTimer = .max
        nic.completeFetches(nowNanoseconds: now)
        takeOutputs()
      case .step where cores[Int(event.core)].generation == event.generation:
        step(Int(event.core))
      case .step: continue
      case .interrupt: interrupt(Int(event.core))
      case .look:
        look()
        if let lookEvery { events.insert(Event(at: now + lookEvery, .look)) }
      }
      if usesQuanta { setTimer() }
      setFetchTimer()
      if let fault { throw fault }
    }
    outcome.nanoseconds = now
    outcome.tryAgains = Int(nic.count(of: .messagesTryAgain))
    outcome.yields = Int(nic.count(of: .messagesYieldNow))
    outcome.preemptions = Int(nic.count(of: .preemptions))
    outcome.resumes = Int(nic.count(of: .messagesResume))
    outcome.warmCalls = Int(nic.count(of: .deliveredToUserLoop))
    outcome.coldCalls = Int(nic.count(of: .deliveredThroughKernel))
    outcome.coherenceMessages = Int(nic.count(of: .coherenceMessages))
    try checkConservation()
    return outcome
  }

  /// R7: every call was answered, or refused by a NIC that counts it.
  private func checkConservation() throws(SimulationFault) {
    let replied = outcome.replies.count { $0 != 0 && $0 != Outcome.rejected }
    let rejected = outcome.replies.count { $0 == Outcome.rejected }
    guard nic.callsInFlight == 0, Int(nic.count(of: .callsReplied)) == replied,
      Int(nic.count(of: .callsAccepted)) == replied,
      Int(nic.count(of: .rejectedOverload) + nic.count(of: .rejectedExpectedWait)) == rejected,
      calls.count == replied + rejected + Int(nic.count(of: .droppedOverload))
    else {
      throw SimulationFault(
        description:
          "\(calls.count) calls, but \(replied) replies, \(rejected) errors, "
          + "\(nic.callsInFlight) in flight (R7)")
    }
  }

  private mutating func arrive(_ index: Int) {
    let service = calls[index].service
    templates[service].setNumber(UInt32(index))
    let frame = templates[service].bytes
    nic.receive(frame.span, nowNanoseconds: now)
    takeOutputs()
  }

  /// The NIC has one timer; an earlier time replaces it.
  private mutating func setTimer() {
    // A load that is held later has a later deadline, so nothing is missed until then.
    let limit = now + settings.stallLimitNanoseconds
    let next = min(nic.deadline ?? limit, limit)
    guard next < timer || timer <= now else { return }
    timer = max(next, now)
    events.insert(Event(at: timer, .timer))
  }

  private mutating func setFetchTimer() {
    guard let end = nic.firstFetchEnd, end < fetchTimer else { return }
    fetchTimer = end
    events.insert(Event(at: end, .fetch))
  }

  private mutating func advanceNIC(_ event: Event) {
    guard event.time == timer else { return }
    nic.advance(nowNanoseconds: now)
    takeOutputs()
    timer = .max
    setTimer()
  }

  private mutating func look() {
    var counts = Array(repeating: 0, count: settings.processCount)
    for core in cores {
      if let thread = core.thread { counts[threads[thread].process - 1] += 1 }
    }
    outcome.looks.append(counts)
  }

  // MARK: - What the NIC wants

  mutating func takeOutputs() {
    while let output = nic.nextOutput() {
      switch output {
      case .transmit(let frame): takeReply(frame)
      case .wake(let core):
        guard cores[core.index].isHeld else { continue }
        cores[core.index].isHeld = false
        plan(core.index, cores[core.index].phase, at: now)
      case .interrupt(let core, _):
        events.insert(Event(at: now + costs.interruptNanoseconds, .interrupt, core: core.index))
      case .violation(let violation): fault = SimulationFault(description: "\(violation)")
      case .call, .event: continue
      }
    }
  }

  private mutating func takeReply(_ frame: FrameReference) {
    var bytes = InlineArray<128, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    let length = nic.copyFrame(frame, into: &span) ?? 0
    switch ReplyContent(frame: bytes.span.extracting(0..<length)) {
    case .result(let call, let value)
    where value == ReplyContent.expectedResult(UInt64(call)) && outcome.replies[call] == 0:
      outcome.replies[call] = now + costs.pipelineNanoseconds
    case .rejected(let call) where outcome.replies[call] == 0:
      outcome.replies[call] = Outcome.rejected
    case let content:
      fault = SimulationFault(description: "a reply that nobody waits for: \(content)")
    }
  }

  mutating func plan(_ core: Int, _ phase: CorePhase, at time: UInt64) {
    cores[core].phase = phase
    cores[core].generation &+= 1
    events.insert(Event(at: time, .step, core: core, generation: cores[core].generation))
  }

  mutating func store(_ state: CoreState, core: Int) {
    let identifier = CoreIdentifier(UInt16(core))
    nic.store(
      Access(nowNanoseconds: now, core: identifier),
      offset: LineWindow.coreStateOffset(of: identifier), size: 8, value: state.word)
    takeOutputs()
  }
}
