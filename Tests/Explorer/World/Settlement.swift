// Liveness: whatever has happened, when nothing more goes wrong every accepted call ends.

import Interface
import Model
import Scheduling

extension World {
  /// A path has come to its end: nothing is left to do, and nobody was forgotten.
  func checkEnd() throws(Fault) {
    guard isFinished else {
      let waiting = calls.indices.filter { calls[$0] == .waiting || calls[$0] == .unsent }
      throw Fault(.liveness, "calls \(waiting) do not end and nothing more can happen")
    }
    guard nic.callsInFlight == 0 else {
      throw Fault(.liveness, "\(nic.callsInFlight) calls are in flight at the end")
    }
    for core in cores where !core.isStalled {
      throw Fault(.liveness, "core \(core.number) does not wait at the end")
    }
    for thread in cores where !thread.runQueue.isEmpty {
      throw Fault(.liveness, "a run queue is not empty at the end")
    }
    try checkCounters()
  }

  /// Every core goes on in turn, time passes only when all wait, no more frames come: the calls
  /// that are in flight end within a number of steps that depends on their count only.
  mutating func settle() throws(Fault) {
    let stepsPerCall = 60 * scenario.cores
    var stepsLeft = (nic.callsInFlight + scenario.cores + threads.count) * stepsPerCall
    budget = Budget()
    for (index, plan) in scenario.processes.enumerated()
    where maximums[index] == 0 && !isRemoved[index] {
      try storeMaximum(plan.maximumCores, of: index + 1)
    }
    for index in scenario.processes.indices {
      let before = Glimpse(self)
      nic.fetchStateLine(of: ProcessIdentifier(UInt16(index + 1)))
      try takeOutputs()
      try check(after: before)
    }
    while nic.callsInFlight > 0 {
      var moved = false
      for core in cores.indices where !cores[core].isStalled {
        let before = Glimpse(self)
        try step(core)
        try check(after: before)
        moved = true
      }
      for core in cores.indices where nic.hasUnseenState(core) {
        let before = Glimpse(self)
        nic.fetchStateLine(of: CoreIdentifier(UInt16(core)))
        try takeOutputs()
        try check(after: before)
        moved = true
      }
      for endpoint in 0..<scenario.cores + threads.count {
        let identifier = EndpointIdentifier(UInt16(endpoint))
        guard nic.fetchState(of: identifier).isUnderWay else { continue }
        let before = Glimpse(self)
        nic.completeFetch(of: identifier)
        try takeOutputs()
        try check(after: before)
        moved = true
      }
      if !moved {
        guard let deadline = nic.deadline, deadline < .max else {
          throw Fault(.liveness, "calls are in flight, all cores wait, and nothing will wake them")
        }
        let before = Glimpse(self)
        now = max(now, deadline)
        nic.advance(nowNanoseconds: now)
        try takeOutputs()
        try check(after: before)
      }
      stepsLeft -= scenario.cores
      guard stepsLeft > 0 else {
        throw Fault(.liveness, "\(nic.callsInFlight) calls do not end although every core goes on")
      }
    }
  }

  /// What distinguishes this world from others with the same scenario.
  var digest: Digest {
    var digest = Digest()
    nic.combineState(watchedLines: scenario.watchedLines, into: &digest)
    for core in cores { core.combine(into: &digest) }
    for thread in threads { thread.combine(into: &digest) }
    for call in calls { digest.combine(Int(call.rawValue)) }
    for removed in isRemoved { digest.combine(removed) }
    for maximum in maximums { digest.combine(maximum) }
    digest.combine(budget.code)
    digest.combine(idleStallLimits)
    return digest
  }
}

extension SimulatedCore {
  fileprivate func combine(into digest: inout Digest) {
    switch place {
    case .start: digest.combine(1)
    case .schedule: digest.combine(2)
    case .load: digest.combine(3)
    case .finish: digest.combine(4)
    case .user(let thread): digest.combine(16 + thread)
    }
    for operation in operations {
      switch operation {
      case .become(let thread, let state):
        digest.combine(0x100 + thread << 16 + Int(state.rawValue))
      case .activateAddressSpace(let thread): digest.combine(0x200 + thread << 16)
      case .orderStores: digest.combine(0x300)
      case .orderAllAccesses: digest.combine(0x380)
      case .publish(let state):
        digest.combine(0x400)
        digest.combine(state.word)
      case .respond(let status): digest.combine(0x500 + Int(status.rawValue))
      case .removeProcess(let thread): digest.combine(0x600 + thread << 16)
      case .resume(let thread): digest.combine(0x700 + thread << 16)
      }
    }
    digest.combine(-1)
    digest.combine(loop.parity == .one)
    for thread in runQueue { digest.combine(thread) }
    digest.combine(isInMessage)
    digest.combine(isBeginning)
    digest.combine(userTable)
    digest.combine(published.word)
    digest.combine(isStalled)
    for store in stores {
      switch store {
      case .line(let offset, let value):
        digest.combine(offset)
        digest.combine(value)
      case .stateLine(let word):
        digest.combine(0x100)
        digest.combine(word)
      case .threadState(let thread, let state):
        digest.combine(0x200 + thread << 16 + Int(state.rawValue))
      case .registers(let thread): digest.combine(0x300 + thread << 16)
      case .fence: digest.combine(0x400)
      }
    }
    digest.combine(-1)
  }
}

extension SimulatedThread {
  fileprivate func combine(into digest: inout Digest) {
    switch place {
    case .attaching: digest.combine(1)
    case .firstYield: digest.combine(2)
    case .load: digest.combine(3)
    case .handler(let head):
      digest.combine(head.code)
      digest.combine(head.argument0)
    case .yielding: digest.combine(4)
    case .finish: digest.combine(5)
    }
    digest.combine(loop.parity == .one)
    digest.combine(Int(state.rawValue))
    digest.combine(announcedTag != 0)
    digest.combine(hasStored)
  }
}
