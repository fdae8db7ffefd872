// The rules as conditions on a world, checked after every step.

import Interface
import Scheduling

@testable import Model

/// What has to be remembered of the world before a step.
struct Glimpse {
  struct Line {
    var isInstalled: Bool
    var hasCore: Bool
    var parity: Parity
    var message: MessageKind?
    var code: UInt64
  }

  private(set) var lines: [Line] = []

  init(_ world: World) {
    lines.reserveCapacity(world.nic.endpoints.count)
    for index in world.nic.endpoints.indices { lines.append(Glimpse.line(index, world.nic)) }
  }

  static func line(_ index: Int, _ nic: Lauberhorn) -> Line {
    let endpoint = nic.endpoints[index]
    return Line(
      isInstalled: endpoint.isInstalled, hasCore: endpoint.core != nil, parity: endpoint.parity,
      message: endpoint.message,
      code: nic.word(
        of: EndpointIdentifier(UInt16(index)),
        atBlockOffset: Int(endpoint.parity.rawValue) * LineGeometry.lineBytes))
  }
}

extension World {
  /// - Throws: the first rule that does not hold.
  func check(after before: Glimpse) throws(Fault) {
    try checkParities()
    try checkHeldLoads()
    try checkMessages(after: before)
    try checkCalls()
    try checkAttachments()
    try checkLineContents()
    try checkStates()
    try checkLoads()
    try checkWorkConservation()
  }

  /// The same NIC as the counters tell it: all calls that it accepted ended, or are in flight.
  func checkCounters() throws(Fault) {
    let ends: [NICCounter] = [
      .callsReplied, .callsFailedByHandler, .callsFailedMalformedResponse, .callsFailedByKernel,
      .callsFailedProcessRemoved,
    ]
    let accounted = ends.reduce(UInt64(nic.callsInFlight)) { $0 + nic.count(of: $1) }
    guard nic.count(of: .callsAccepted) == accounted else {
      throw Fault(
        .r7Conservation,
        "\(nic.count(of: .callsAccepted)) calls accepted, \(accounted) accounted for")
    }
  }

  // MARK: - R1

  private func checkParities() throws(Fault) {
    for core in cores {
      try checkParity(
        of: "the dispatch thread of core \(core.number)", core.loop.parity,
        endpoint: core.number, atLoad: !core.isInMessageStub)
    }
    for (index, thread) in threads.enumerated() {
      try checkParity(
        of: "thread \(index)", thread.loop.parity, endpoint: scenario.cores + index,
        atLoad: thread.place == .load)
      let runners = cores.filter { $0.place == .user(thread: index) }
      guard runners.count <= 1 else {
        throw Fault(.r1Parity, "thread \(index) is on \(runners.count) cores")
      }
    }
  }

  private func checkParity(
    of consumer: String, _ parity: Parity, endpoint index: Int, atLoad: Bool
  ) throws(Fault) {
    let endpoint = nic.endpoints[index]
    guard endpoint.isInstalled, parity != endpoint.parity else { return }
    // Between its flip and the load that acknowledges, a consumer is ahead of the NIC.
    guard atLoad, endpoint.message != nil else {
      throw Fault(
        .r1Parity, "\(consumer) is at C\(parity.rawValue), the NIC at C\(endpoint.parity.rawValue)")
    }
  }

  // MARK: - R2

  private func checkHeldLoads() throws(Fault) {
    for core in cores {
      let held = nic.cores[core.number].heldEndpoint
      if let held, nic[held].message != nil {
        throw Fault(
          .r2HeldLoad, "a load of endpoint \(held.number) is held although its message is there")
      }
      guard core.isStalled else { continue }
      let waited =
        core.runningThread.map { scenario.endpoint(ofThread: $0) }
        ?? EndpointIdentifier(UInt16(core.number))
      guard nic.cores[core.number].isStalled,
        held == waited || nic.waitsForFetch(core.number, of: waited)
      else {
        throw Fault(
          .r2HeldLoad,
          "core \(core.number) waits at endpoint \(waited.number) and nobody will wake it")
      }
    }
  }

  // MARK: - R3, R4, R11

  private func checkMessages(after before: Glimpse) throws(Fault) {
    for index in nic.endpoints.indices {
      let old = before.lines[index]
      let new = Glimpse.line(index, nic)
      guard old.isInstalled, new.isInstalled else { continue }
      if old.message == nil, new.message != nil, !old.hasCore, !new.hasCore {
        throw Fault(
          .r11Attachment, "endpoint \(index) has no core and a message is delivered to it")
      }
      if old.message != nil, new.message != nil, old.parity == new.parity,
        old.message != new.message
          || old.code != new.code && !isMark(new.code, ofEndpoint: index)
      {
        throw Fault(
          .r3SameMessage, "the message in endpoint \(index) changed before it was acknowledged")
      }
    }
  }

  /// What a worker leaves in a line that it has answered (R17).
  private func isMark(_ code: UInt64, ofEndpoint endpoint: Int) -> Bool {
    endpoint >= scenario.cores
      && code == CodeAddress.again(scenario.processOfThread[endpoint - scenario.cores])
  }

  // MARK: - R6, R7, R12

  private func checkCalls() throws(Fault) {
    let places = nic.callPlaces
    var seen: Set<CallIndex> = []
    for (call, place) in places {
      guard seen.insert(call).inserted else {
        throw Fault(.r6OnePlace, "a call stands in two places, one is \(place)")
      }
      guard !isRemoved[Int(nic.calls[call].process.number) - 1] else {
        throw Fault(.r12Removal, "a call of a removed process is at \(place)")
      }
    }
    guard places.count == nic.callsInFlight else {
      throw Fault(
        .r7Conservation, "\(nic.callsInFlight) calls in flight, \(places.count) stand somewhere")
    }
    let waiting = calls.count { $0 == .waiting }
    guard waiting == nic.callsInFlight else {
      throw Fault(
        .r7Conservation, "clients wait for \(waiting) calls, \(nic.callsInFlight) are in flight")
    }
  }

  // MARK: - R11

  private func checkAttachments() throws(Fault) {
    for (index, endpoint) in nic.endpoints.enumerated() where endpoint.isInstalled {
      if let core = endpoint.core {
        let state = nic[core].state
        let isNamed =
          endpoint.isKernelEndpoint
          ? state.mode == .dispatch && nic[core].kernelEndpoint?.index == index
          : state.mode == .user && state.endpoint.index == index
        guard isNamed else {
          throw Fault(
            .r11Attachment, "endpoint \(index) has core \(core.number), whose state names another")
        }
      } else if endpoint.call != nil, !endpoint.needsResume, endpoint.resumedBy == nil {
        throw Fault(
          .r11Attachment, "the call in endpoint \(index) has no core and nobody is asked for one")
      }
    }
    for (index, core) in nic.cores.enumerated() where core.state.mode == .user {
      let endpoint = nic[core.state.endpoint]
      guard !endpoint.isInstalled || endpoint.core?.index == index else {
        throw Fault(
          .r11Attachment,
          "core \(index) serves endpoint \(core.state.endpoint.number), the NIC does not know")
      }
    }
  }

  // MARK: - R4, R12, R13

  private func checkLineContents() throws(Fault) {
    for index in nic.endpoints.indices {
      let endpoint = nic.endpoints[index]
      let owner = endpoint.isInstalled ? Int(endpoint.process.number) : 0
      let current = Int(endpoint.parity.rawValue)
      for line in 0..<scenario.watchedLines {
        let number = LineIndex(number: index * LineIndex.linesPerEndpoint + line)
        let isCached = nic.caches.owner(of: number) != nil
        let isGiven =
          endpoint.message != nil && (line == current || line > 1)
          || endpoint.isAnsweredDuringFetch && line == 1 - current
        guard !isCached || isGiven else {
          throw Fault(.r4Acknowledgement, "a core has line \(line) of endpoint \(index) still")
        }
        for word in 0..<LineGeometry.wordsPerLine {
          let value = nic.lines[number][word] | nic.caches[number][word]
          guard value != 0 else { continue }
          guard endpoint.isInstalled else {
            throw Fault(.r12Removal, "line \(line) of vacant endpoint \(index) is not clean")
          }
          guard isGiven else {
            throw Fault(.r4Acknowledgement, "line \(line) of endpoint \(index) is not clean")
          }
          try checkMarks(in: value, line: line, word: word, owner: owner, endpoint: index)
        }
      }
    }
  }

  private func checkMarks(
    in value: UInt64, line: Int, word: Int, owner: Int, endpoint: Int
  ) throws(Fault) {
    guard value & 0x8080_8080_8080_8080 != 0 else { return }
    let isArgument = (ControlLineWord.firstArgument..<ControlLineWord.tail).contains(word)
    guard isArgument || line > 1 else { return }
    for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
      guard let process = Mark.process(ofByte: UInt8(truncatingIfNeeded: value >> shift)),
        process != owner
      else { continue }
      throw Fault(
        .r13Isolation,
        "data of process \(process) stand in endpoint \(endpoint), which process \(owner) reads")
    }
  }

  // MARK: - State lines and load lines

  /// When a store has reached the NIC and nothing is under way, both sides know the same.
  private func checkStates() throws(Fault) {
    for core in cores {
      let isOnItsWay = core.stores.contains {
        if case .stateLine = $0 { true } else { false }
      }
      if isOnItsWay || nic.hasUnseenState(core.number) { continue }
      guard nic.cores[core.number].state == core.published else {
        throw Fault(
          .r11Attachment,
          "core \(core.number) is \(core.published), the NIC has \(nic.cores[core.number].state)")
      }
    }
    for (index, maximum) in maximums.enumerated() where !isRemoved[index] {
      let process = ProcessIdentifier(UInt16(index + 1))
      if nic.hasUnseenState(process) { continue }
      guard nic.processes[process].maximumCores == min(maximum, cores.count) else {
        throw Fault(
          .r14WorkConservation,
          "process \(process.number) may have \(maximum) cores, the NIC does not know")
      }
    }
  }

  /// A copy that is out of date will be taken back, and never says that too few cores are wanted.
  private func checkLoads() throws(Fault) {
    for index in scenario.processes.indices {
      let process = ProcessIdentifier(UInt16(index + 1))
      guard let (said, isOutdated) = nic.loadCopies(of: process) else { continue }
      let load = nic.load(of: process)
      guard load.demand.coresWanted <= said.demand.coresWanted, load == said || isOutdated else {
        throw Fault(
          .loadLine,
          "the load line of process \(process.number) says \(said), and it is \(load)")
      }
    }
  }

  // MARK: - R14

  private func checkWorkConservation() throws(Fault) {
    for (index, plan) in scenario.processes.enumerated() where !isRemoved[index] {
      let process = ProcessIdentifier(UInt16(index + 1))
      let running = nic.cores.count { $0.state.mode == .user && $0.state.process == process }
      let waiting = nic.cores.count { core in
        core.heldEndpoint.map { nic[$0].process == process } ?? false
      }
      guard waiting <= nic.processes[process].maximumCores else {
        throw Fault(
          .r14WorkConservation,
          "\(waiting) workers of process \(process.number) wait on cores, too many")
      }
      guard running <= plan.maximumCores else {
        throw Fault(
          .r14WorkConservation, "process \(process.number) has \(running) cores, too many")
      }
      let queue = nic.processes[process].queue
      for serviceClass in ServiceClass.allCases
      where queue.passes[Int(serviceClass.rawValue)] > ServiceClass.passingLimit + 2 {
        throw Fault(
          .r14WorkConservation, "a class of process \(process.number) was passed too often")
      }
      let queued = !queue.isEmpty
      guard queued || nic.processes[process].resumesWaiting > 0 else { continue }
      let workers = nic.endpoints.filter { $0.isInstalled && $0.process == process }
      let startable = workers.contains { queued && $0.isParked || $0.needsResume }
      for core in nic.cores {
        guard let held = core.heldEndpoint else { continue }
        if nic[held].process == process, queued {
          throw Fault(
            .r14WorkConservation,
            "a call of process \(process.number) waits while its worker's load is held")
        }
        guard startable, used(by: process) < nic.processes[process].maximumCores,
          core.declinedProcess != process
        else { continue }
        let isOnItsWay = nic.cores.contains { $0.wantedBy == process }
        if nic[held].isKernelEndpoint {
          throw Fault(
            .r14WorkConservation, "process \(process.number) waits while a core's kernel is idle")
        } else if nic[held].process != process, !isOnItsWay {
          throw Fault(
            .r14WorkConservation,
            "process \(process.number) waits while an idle worker of another has a core")
        }
      }
    }
  }

  /// Cores that work for a process or are on their way to it.
  private func used(by process: ProcessIdentifier) -> Int {
    nic.cores.count { core in
      core.state.mode == .user && core.state.process == process || core.wantedBy == process
        || core.pendingCall.map { nic.calls[$0].process == process } ?? false
        || core.offeredEndpoint.map { nic[$0].process == process } ?? false
        || core.resumingEndpoint.map { nic[$0].process == process } ?? false
    }
  }
}
