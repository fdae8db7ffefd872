// Preemption: taking a core that does not wait for a message (R9, R10; §3.6, 5 and 6).
//
// The interrupt reaches a core that executes instructions; a core that is blocked on a load may
// take none, so that load is answered too. Which the core sees first is not the NIC's to say, and
// the kernel must be right under both (R10): `FaultSettings.interruptOrder` decides here.

import Interface

extension Lauberhorn {
  /// The SGI that preempts a core, as on Enzian.
  static var preemptionInterrupt: UInt8 { 8 }

  /// R9. To a core that does not wait the interrupt is all.
  mutating func preempt(_ core: CoreIdentifier) {
    counters.count(.preemptions)
    statistics.count(.preemptions, of: core)
    guard let held = self[core].heldEndpoint else {
      self[core].wasPreemptedAtFetch = self[core].awaitedFetch != nil
      interrupt(core)
      return
    }
    if answersFirst() {
      faultCounters.count(.faultAnswersFirst)
      self[core].interruptFollowsAnswer = true
    } else {
      interrupt(core)
    }
    deliver(self[held].isKernelEndpoint ? .retire : .yieldNow, to: held)
  }

  private mutating func answersFirst() -> Bool {
    switch faultSettings.interruptOrder {
    case .interruptFirst: false
    case .answerFirst: true
    case .random: faults.below(2) == 1
    }
  }

  /// The core has its answer, or left the load.
  mutating func raiseInterruptAfterAnswer(at core: CoreIdentifier) {
    guard self[core].interruptFollowsAnswer else { return }
    self[core].interruptFollowsAnswer = false
    interrupt(core)
  }

  private mutating func interrupt(_ core: CoreIdentifier) {
    traceInterrupt(of: core)
    outputs.append(.interrupt(core, number: Lauberhorn.preemptionInterrupt))
  }

  // MARK: - 5: a core in general mode

  mutating func interruptGeneralCore(for process: ProcessIdentifier) -> Bool {
    for index in cores.indices {
      let core = CoreIdentifier(UInt16(index))
      guard self[core].state.mode == .general, self[core].state.isPreemptible,
        self[core].kernelEndpoint != nil, self[core].wantedBy == nil,
        self[core].declinedProcess != process, allows(process, core),
        helps(process, toTakeCoreOf: .kernel)
      else { continue }
      self[core].wantedBy = process
      preempt(core)
      return true
    }
    return false
  }

  // MARK: - 6: a handler past its quantum

  /// When the handler on `core` has used its quantum; nil: never, or it was preempted already.
  func quantumEnd(of core: Core) -> UInt64? {
    guard core.state.mode == .user, let start = core.handlerStart,
      case let quantum = processes[core.state.process].quantumNanoseconds, quantum > 0
    else { return nil }
    return start.addingSaturated(quantum)
  }

  /// The end of a quantum matters only while somebody waits.
  var firstQuantumEnd: UInt64? {
    guard processes.firstWaiting != nil else { return nil }
    return cores.reduce(nil as UInt64?) { first, core in
      guard let end = quantumEnd(of: core) else { return first }
      return min(first ?? end, end)
    }
  }

  mutating func preemptHandlers(nowNanoseconds: UInt64) {
    guard processes.firstWaiting != nil else { return }
    for index in cores.indices {
      guard let end = quantumEnd(of: cores[index]), end <= nowNanoseconds else { continue }
      // Nobody may gain from it now: looked at again after another quantum.
      cores[index].handlerStart = nowNanoseconds
      var next = processes.firstWaiting
      while let process = next {
        if process != cores[index].state.process, allows(process, CoreIdentifier(UInt16(index))),
          helps(process, toTakeCoreOf: cores[index].state.process)
        {
          cores[index].wantedBy = process
          cores[index].handlerStart = nil
          preempt(CoreIdentifier(UInt16(index)))
          break
        }
        next = processes.waiting(after: process)
      }
    }
  }
}
