// What can happen next in a world, and that it happens.

import Interface
import Model
import Scheduling

/// One step of somebody.
public enum Action: Hashable, Sendable {
  /// A core executes its next step.
  case step(core: Int)
  /// A store leaves a core's buffer.
  case drain(core: Int, store: Int)
  /// The next frame of a process's clients arrives.
  case arrive(process: Int)
  /// Time goes on to the end of the oldest held load's stall limit.
  case stallLimit
  /// An interrupt at a held load: the core executes the load again (R10).
  case interrupt(core: Int)
  /// The kernel takes the core from its thread (R11).
  case preempt(core: Int)
  /// The core evicts a line.
  case evict(core: Int, line: UInt64)
  /// The core evicts its current line and loads it again (R3).
  case reload(core: Int)
  /// The NIC takes a core's state line back and sees what the kernel stored.
  case fetchState(core: Int)
  /// A line that the NIC fetches is gone from the cache that had it.
  case loseFetchedLine(endpoint: Int)
  /// A line that the NIC fetches has come home.
  case completeFetch(endpoint: Int)
  /// The kernel stores a process's other maximum of cores.
  case changeLimit(process: Int)
  /// The NIC takes a process's state line back.
  case fetchProcessState(process: Int)
  /// The kernel reads a process's load line.
  case readLoad(core: Int, process: Int)
  /// The thread on the core faults; its process is removed (R12).
  case kill(core: Int)
  /// From here on nothing goes wrong any more and every core goes on in turn.
  case settle
}

extension World {
  /// What can happen next. Empty: the path ends here.
  ///
  /// A step that nobody else can notice (`isLocal`) is not interleaved with the others' steps:
  /// whatever they do, they can do before or after it with the same result (a persistent set, as
  /// in P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, LNCS 1032,
  /// 1996). What goes wrong on that core itself still may come in between.
  func actions() -> [Action] {
    var actions: [Action] = []
    if let core = cores.first(where: { isLocal($0) }) {
      actions.append(.step(core: core.number))
      appendNuisances(at: core, to: &actions)
      return actions
    }
    for core in cores {
      if !core.isStalled { actions.append(.step(core: core.number)) }
      for store in drainable(core.number) {
        actions.append(.drain(core: core.number, store: store))
      }
      if nic.hasUnseenState(core.number) { actions.append(.fetchState(core: core.number)) }
    }
    for endpoint in 0..<scenario.cores + threads.count {
      let fetch = nic.fetchState(of: EndpointIdentifier(UInt16(endpoint)))
      guard fetch.isUnderWay else { continue }
      // Only a line that nobody waits for can be loaded before it is gone.
      if fetch.hits, nic.isAnsweredDuringFetch(endpoint) {
        actions.append(.loseFetchedLine(endpoint: endpoint))
      } else {
        actions.append(.completeFetch(endpoint: endpoint))
      }
    }
    for process in scenario.processes.indices {
      if nic.hasUnseenState(ProcessIdentifier(UInt16(process + 1))) {
        actions.append(.fetchProcessState(process: process + 1))
      }
    }
    let isOpen = nic.callsInFlight < scenario.window
    for process in scenario.processes.indices where isOpen && nextCall(of: process + 1) != nil {
      actions.append(.arrive(process: process + 1))
    }
    let isQuiet = actions.isEmpty
    if let deadline = nic.deadline, deadline < .max,
      budget.stallLimits > 0 || isQuiet && !isFinished && idleStallLimits < idleLimit
    {
      actions.append(.stallLimit)
    }
    if isQuiet, isFinished { return [] }
    for process in scenario.processes.indices where !isRemoved[process] {
      // A path does not end while a process may have no core.
      if budget.limitChanges > 0 || maximums[process] == 0 {
        actions.append(.changeLimit(process: process + 1))
      }
    }
    for core in cores { appendNuisances(at: core, to: &actions) }
    return actions
  }

  /// More stall limits in a row than anything could need to come to its end.
  private var idleLimit: Int { 4 * scenario.cores + 4 }

  private func appendNuisances(at core: SimulatedCore, to actions: inout [Action]) {
    if core.isStalled, budget.interrupts > 0 { actions.append(.interrupt(core: core.number)) }
    if core.runningThread == nil, !core.isStalled, budget.loadReads > 0 {
      for process in scenario.processes.indices {
        actions.append(.readLoad(core: core.number, process: process + 1))
      }
    }
    if budget.evictions > 0 {
      let identifier = CoreIdentifier(UInt16(core.number))
      for line in nic.cachedLines(of: identifier) {
        actions.append(.evict(core: core.number, line: line))
      }
    }
    guard let thread = core.runningThread else { return }
    let place = threads[thread].place
    if place == .attaching || place == .firstYield { return }
    if budget.preemptions > 0 { actions.append(.preempt(core: core.number)) }
    if budget.kills > 0, scenario.processes[scenario.processOfThread[thread] - 1].workers == 1 {
      actions.append(.kill(core: core.number))
    }
    if budget.evictions > 0, case .handler = place { actions.append(.reload(core: core.number)) }
  }

  /// Whether the core's next step changes nothing that another core, the NIC or a client sees.
  private func isLocal(_ core: SimulatedCore) -> Bool {
    guard !core.isStalled else { return false }
    if let operation = core.operations.last {
      switch operation {
      case .become, .activateAddressSpace, .orderStores, .publish, .respond: return true
      case .orderAllAccesses: return core.onlyBuffersLines
      case .removeProcess, .resume: return false
      }
    }
    switch core.place {
    case .start, .schedule: return true
    case .load: return false
    case .finish: return core.onlyBuffersLines
    case .user(let thread):
      switch threads[thread].place {
      case .handler, .yielding: return true
      case .finish: return core.onlyBuffersLines
      case .attaching, .firstYield, .load: return false
      }
    }
  }

  /// The next call of a process that was not sent yet.
  func nextCall(of process: Int) -> Int? {
    scenario.calls.indices.first {
      scenario.calls[$0].process == process && calls[$0] == .unsent
    }
  }

  var isFinished: Bool { calls.allSatisfy { $0 != .unsent && $0 != .waiting } }

  // MARK: - Doing it

  /// False when the action cannot happen in this world.
  func allows(_ action: Action) -> Bool {
    if case .settle = action { return true }
    return actions().contains(action)
  }

  /// Does it and checks everything.
  mutating func perform(_ action: Action) throws(Fault) {
    if action == .settle {
      try settle()
      return
    }
    let before = Glimpse(self)
    try apply(action)
    try check(after: before)
  }

  private mutating func apply(_ action: Action) throws(Fault) {
    switch action {
    case .step(let core): try step(core)
    case .drain(let core, let store): try drain(core, at: store)
    case .arrive(let process): try receiveCall(of: process)
    case .stallLimit: try endStallLimit()
    case .interrupt(let core):
      budget.interrupts -= 1
      cores[core].isStalled = false
    case .preempt(let core):
      budget.preemptions -= 1
      if let thread = cores[core].runningThread { park(thread, on: core) }
    case .evict(let core, let line):
      budget.evictions -= 1
      try evict(line, from: core)
    case .reload(let core):
      budget.evictions -= 1
      try reload(core)
    case .fetchState(let core):
      nic.fetchStateLine(of: CoreIdentifier(UInt16(core)))
      try takeOutputs()
    case .loseFetchedLine(let endpoint):
      nic.loseFetchedLine(of: EndpointIdentifier(UInt16(endpoint)))
      try takeOutputs()
    case .completeFetch(let endpoint):
      nic.completeFetch(of: EndpointIdentifier(UInt16(endpoint)))
      try takeOutputs()
    case .changeLimit(let process):
      if budget.limitChanges > 0 { budget.limitChanges -= 1 }
      let maximum = scenario.processes[process - 1].maximumCores
      try storeMaximum(maximums[process - 1] == 0 ? maximum : 0, of: process)
    case .fetchProcessState(let process):
      nic.fetchStateLine(of: ProcessIdentifier(UInt16(process)))
      try takeOutputs()
    case .readLoad(let core, let process):
      budget.loadReads -= 1
      try readLoad(of: process, on: core)
    case .kill(let core):
      budget.kills -= 1
      if let thread = cores[core].runningThread { kill(thread, on: core) }
    case .settle: break
    }
  }

  private mutating func receiveCall(of process: Int) throws(Fault) {
    guard let index = nextCall(of: process) else { return }
    let accepted = nic.count(of: .callsAccepted)
    calls[index] = .waiting
    arriving = index
    let frame = scenario.calls[index].frame
    nic.receive(frame.span)
    let isAccepted = nic.count(of: .callsAccepted) > accepted
    if isAccepted { arriving = nil }
    try takeOutputs()
    arriving = nil
    idleStallLimits = 0
    guard !isAccepted, calls[index] == .waiting else { return }
    // Nobody listens at the port of a process that is gone.
    guard isRemoved[process - 1] else {
      throw Fault(.r7Conservation, "a call for process \(process) vanishes on arrival")
    }
    calls[index] = .refused
  }

  private mutating func endStallLimit() throws(Fault) {
    guard let deadline = nic.deadline, deadline < .max else { return }
    if budget.stallLimits > 0 { budget.stallLimits -= 1 } else { idleStallLimits += 1 }
    now = max(now, deadline)
    nic.advance(nowNanoseconds: now)
    try takeOutputs()
    if let next = nic.deadline, next <= now {
      throw Fault(.r2HeldLoad, "a load is held for longer than the stall limit")
    }
  }

  private mutating func evict(_ line: UInt64, from core: Int) throws(Fault) {
    let access = access(core)
    guard nic.evict(access, offset: line) else {
      throw Fault(.access, "core \(core) has no line at 0x\(String(line, radix: 16))")
    }
    try takeOutputs()
  }

  /// The core has the line, loses it and loads it again.
  private mutating func reload(_ core: Int) throws(Fault) {
    let loop = cores[core].runningThread.map { threads[$0].loop } ?? cores[core].loop
    nic.evict(access(core), offset: UInt64(loop.currentLine))
    try takeOutputs()
    let again = try loadMessage(loop, on: core)
    guard let again else {
      cores[core].isStalled = false
      throw Fault(.r3SameMessage, "core \(core) loads an answered line again, and it is held")
    }
    if let thread = cores[core].runningThread, case .handler(let head) = threads[thread].place,
      again != head
    {
      throw Fault(.r3SameMessage, "thread \(thread) loads its line again and finds another message")
    }
  }
}

extension SimulatedCore {
  /// No store in the buffer is seen by anybody but the NIC at the next acknowledgement.
  var onlyBuffersLines: Bool {
    stores.allSatisfy {
      switch $0 {
      case .line, .registers, .fence: true
      case .stateLine, .threadState: false
      }
    }
  }
}
