// A machine at one moment: the NIC, the cores, the threads, and what the clients know.
//
// A world is a value: a copy is another future of the same past.

import Interface
import Model
import Scheduling

/// What a client knows of its call.
enum CallProgress: UInt8, Hashable {
  case unsent
  case waiting
  case answered
  /// Ended in an error that the NIC made.
  case failed
  /// Dropped or refused before the NIC accepted it.
  case refused
}

/// A thread of a process: what stands in memory and, between two runs, in its saved registers.
struct SimulatedThread: Hashable {
  enum Place: Hashable {
    /// Will ask for its endpoint, as `UserLoop` does first.
    case attaching
    /// Has its endpoint and will yield.
    case firstYield
    /// The next instruction is the load of its current line.
    case load
    /// Jumped to a handler; the head says which and with what.
    case handler(LineHead)
    /// The YIELDNOW stub will make its system call.
    case yielding
    /// Handler or stub came back: barrier and flip are next.
    case finish
  }

  var place: Place
  var loop: MessageLoop
  /// As other cores see it, once the stores have left the core that made them.
  var state: ThreadState
  /// The tag of the call that the kernel was told of when it entered this thread (R8).
  var announcedTag: UInt64 = 0
  /// It has stored since then (`Scenario.storesFirst`).
  var hasStored = false
}

/// The state of everything.
struct World {
  let scenario: Scenario
  var nic: Lauberhorn
  var now: UInt64 = 1
  var cores: [SimulatedCore]
  var threads: [SimulatedThread]
  var calls: [CallProgress]
  var isRemoved: [Bool]
  /// Per process the maximum of cores that the kernel published last.
  var maximums: [Int]
  var budget: Budget
  /// Stall limits that ended since a call ended or came, while nothing else could happen.
  var idleStallLimits = 0
  /// Of the access under way; no state.
  var lineAccess = LineAccessState()
  /// The call whose frame the NIC is looking at; it may be refused. No state.
  var arriving: Int?

  static let stallLimit: UInt64 = 1_000_000

  /// The machine after boot.
  init(_ scenario: Scenario) throws(Fault) {
    self.scenario = scenario
    budget = scenario.budget
    calls = Array(repeating: .unsent, count: scenario.calls.count)
    isRemoved = Array(repeating: false, count: scenario.processes.count)
    maximums = scenario.processes.map(\.maximumCores)
    let endpointCount = scenario.cores + scenario.processOfThread.count
    var configuration = Configuration(
      coreCount: scenario.cores, endpointCount: endpointCount,
      processCount: scenario.processes.count + 1, serviceCount: scenario.processes.count * 2,
      callCount: min(max(scenario.calls.count, 1), 64), stallLimitNanoseconds: World.stallLimit,
      ethernetAddress: EthernetAddress(WireBytes.serverEthernet),
      internetAddress: InternetAddress(WireBytes.serverInternet))
    // The explorer decides when the NIC sees a state line (`Action.fetchState`).
    configuration.stateFetchNanoseconds = .max
    if scenario.fetches != .atOnce {
      // And when a line that it fetches is gone from its cache, and when it is home.
      configuration.fetchNanoseconds = .max
      configuration.invalidationNanoseconds = .max
    }
    configuration.answersDuringFetch = scenario.fetches == .behindAnswer
    guard let nic = Lauberhorn(configuration) else {
      throw Fault(.access, "the NIC cannot be built")
    }
    self.nic = nic
    cores = (0..<scenario.cores).map { SimulatedCore(number: $0) }
    threads = []
    for (thread, process) in scenario.processOfThread.enumerated() {
      let block = LineWindow.offset(of: scenario.endpoint(ofThread: thread))
      threads.append(
        SimulatedThread(
          place: scenario.startsThreads ? .attaching : .load,
          loop: MessageLoop(blockAddress: UInt(block)),
          state: scenario.startsThreads ? .runnable : .parked))
      if scenario.startsThreads { cores[process % scenario.cores].runQueue.append(thread) }
    }
    try installEverything()
  }

  private mutating func installEverything() throws(Fault) {
    for core in 0..<UInt64(scenario.cores) {
      try command(
        .installEndpoint,
        [
          core, 0, core, CodeAddress.kernelCall, CodeAddress.kernelTryAgain,
          CodeAddress.kernelReschedule, CodeAddress.kernelReschedule, CodeAddress.kernelResume,
          // No FRAME: the scenarios have none.
          0, 0,
        ])
    }
    for (index, plan) in scenario.processes.enumerated() {
      let process = UInt64(index + 1)
      try command(
        .installProcess,
        // No minimum, weight and quantum.
        [process, UInt64(plan.maximumCores), UInt64(plan.queueLimit), 0, 0, 0])
      let int = [UInt64(SignatureCode.int.rawValue) | UInt64(SignatureCode.int.rawValue) << 8]
      let opaque = UInt64(SignatureCode.opaque.rawValue) | 0x1000 << 8
      for (procedure, signature) in [(1, int), (2, [opaque | opaque << 24])] {
        let bytes: UInt64 = procedure == 1 ? 1 : 3
        let words =
          [
            process, UInt64(PlannedCall.port(index + 1)), 0x2000_0000 + process, 1,
            UInt64(procedure), CodeAddress.handler(index + 1, echo: procedure == 2), 0x5000,
            bytes, bytes,
          ] + signature
        let serviceClass = procedure == 1 ? plan.intClass : .urgent
        try command(
          .installService,
          words + Array(repeating: 0, count: ServiceClass.argumentWord - words.count)
            + [UInt64(serviceClass.rawValue)])
      }
    }
    guard !scenario.startsThreads else { return }
    for thread in threads.indices { try installEndpoint(ofThread: thread) }
  }

  mutating func installEndpoint(ofThread thread: Int) throws(Fault) {
    let process = scenario.processOfThread[thread]
    try command(
      .installEndpoint,
      [
        UInt64(scenario.endpoint(ofThread: thread).number), UInt64(process), 0, 0,
        CodeAddress.tryAgain(process), CodeAddress.yieldNow(process), 0, 0, 0, 0x5000,
        // It marks its lines (R17).
        1,
      ])
  }

  /// A command of the kernel, under its lock and so one step.
  mutating func command(_ command: Command, _ arguments: [UInt64]) throws(Fault) {
    let access = access(0)
    for (index, argument) in arguments.enumerated() {
      nic.writeRegister(
        access, offset: Register.commandArguments + UInt64(index * 8), value: argument)
      try takeOutputs()
    }
    nic.writeRegister(access, offset: Register.command, value: command.rawValue)
    try takeOutputs()
    let result = nic.readRegister(access, offset: Register.commandResult)
    guard result == CommandResult.done.rawValue else {
      throw Fault(.access, "command \(command) ended with result \(result)")
    }
  }

  mutating func access(_ core: Int) -> Access {
    now += 1
    return Access(nowNanoseconds: now, core: CoreIdentifier(UInt16(core)))
  }

  // MARK: - What the NIC wants done

  /// Frames go to the clients, wake-ups to the cores.
  mutating func takeOutputs() throws(Fault) {
    while let output = nic.nextOutput() {
      switch output {
      case .transmit(let frame):
        var bytes = [UInt8](repeating: 0, count: frame.length)
        var span = bytes.mutableSpan
        guard let length = nic.copyFrame(frame, into: &span), length == bytes.count else {
          throw Fault(.r7Conservation, "a frame cannot be copied")
        }
        try deliver(bytes)
      case .wake(let core): cores[core.index].isStalled = false
      case .interrupt(let core, _): cores[core.index].isStalled = false
      case .call, .event: break
      case .violation(let violation):
        throw Fault(violation.brokenRule, "\(violation)")
      }
    }
  }

  /// A reply reaches its client (R7: somebody waits for it, it is right, and it is the only one).
  private mutating func deliver(_ frame: [UInt8]) throws(Fault) {
    let messageOffset = 42
    guard frame.count >= messageOffset + 24 else {
      throw Fault(.r7Conservation, "a frame of \(frame.count) bytes is no reply")
    }
    let transaction = frame[messageOffset..<messageOffset + 4].reduce(0 as UInt32) {
      $0 << 8 | UInt32($1)
    }
    guard
      let index = scenario.calls.indices.first(where: {
        scenario.calls[$0].transaction == transaction && calls[$0] == .waiting
      })
    else {
      throw Fault(.r7Conservation, "a reply to transaction \(transaction), which nobody waits for")
    }
    let call = scenario.calls[index]
    let words = frame[(messageOffset + 4)...]
    if let arriving, scenario.calls[arriving].transaction == transaction,
      words.starts(with: PlannedCall.systemError)
    {
      calls[arriving] = .refused
      return
    }
    if words.starts(with: call.rightReply) {
      calls[index] = .answered
    } else if words.starts(with: PlannedCall.systemError) {
      guard isRemoved[call.process - 1] else {
        throw Fault(
          .r7Conservation, "call \(index) of process \(call.process) fails without a reason")
      }
      calls[index] = .failed
    } else {
      throw Fault(
        .r7Conservation, "a wrong reply to call \(index) of process \(call.process): \(words)")
    }
    idleStallLimits = 0
  }
}

extension Violation {
  /// The rule that software breaks with such an access.
  var brokenRule: Explorer.Rule {
    switch rule {
    case .endpointNotAttached, .endpointOnTwoCores, .foreignEndpointInState: .r11Attachment
    case .acknowledgeWithoutMessage, .storeToOtherControlLine: .r4Acknowledgement
    case .storeWithoutMessage, .noEndpoint: .r5Barrier
    default: .access
    }
  }
}
