// Steps in words, for the trace of a fault.

import Interface
import Scheduling

extension World {
  /// What the action is in this world.
  func describe(_ action: Action) -> String {
    switch action {
    case .step(let core): "core \(core): \(nextStep(of: cores[core]))"
    case .drain(let core, let store): "core \(core): \(cores[core].stores[store]) leaves its buffer"
    case .arrive(let process): "a call for process \(process) arrives"
    case .stallLimit: "the stall limit of the oldest held load ends"
    case .interrupt(let core): "core \(core) takes an interrupt at its held load"
    case .preempt(let core): "core \(core): the kernel takes the core from \(runner(of: core))"
    case .evict(let core, let line): "core \(core) evicts the line at 0x\(String(line, radix: 16))"
    case .reload(let core): "core \(core) evicts its line and loads it again"
    case .fetchState(let core): "the NIC sees the state line of core \(core)"
    case .loseFetchedLine(let endpoint):
      "the line of endpoint \(endpoint) that the NIC fetches is gone from the core's cache"
    case .completeFetch(let endpoint):
      "the line of endpoint \(endpoint) that the NIC fetches is home"
    case .changeLimit(let process):
      "the kernel stores another maximum of cores of process \(process)"
    case .fetchProcessState(let process): "the NIC sees the state line of process \(process)"
    case .readLoad(let core, let process): "core \(core) reads the load of process \(process)"
    case .kill(let core): "core \(core): \(runner(of: core)) faults, its process will be removed"
    case .settle: "nothing goes wrong any more, and every core goes on in turn"
    }
  }

  private func runner(of core: Int) -> String {
    cores[core].runningThread.map { "thread \($0)" } ?? "nobody"
  }

  private func nextStep(of core: SimulatedCore) -> String {
    if let operation = core.operations.last { return "\(operation)" }
    switch core.place {
    case .start: return "the dispatch thread starts"
    case .schedule: return core.runQueue.isEmpty ? "no thread is ready" : "runs a ready thread"
    case .load: return "the dispatch thread loads C\(core.loop.parity.rawValue)"
    case .finish: return "the dispatch thread executes its barrier and turns to the other line"
    case .user(let thread):
      let process = scenario.processOfThread[thread]
      let name = "thread \(thread) of process \(process)"
      let parity = threads[thread].loop.parity.rawValue
      switch threads[thread].place {
      case .attaching: return "\(name) asks for its endpoint"
      case .firstYield: return "\(name) yields for the first time"
      case .load: return "\(name) loads C\(parity)"
      case .handler: return "\(name) stores its response"
      case .yielding: return "\(name) yields"
      case .finish: return "\(name) executes its barrier and turns to the other line"
      }
    }
  }
}

extension BufferedStore: CustomStringConvertible {
  var description: String {
    switch self {
    case .line(let offset, _): "the store to line byte 0x\(String(offset, radix: 16))"
    case .stateLine(let word):
      "the state line's store (\(CoreState(word: word).map { "\($0.mode)" } ?? "?"))"
    case .threadState(let thread, let state): "the store that thread \(thread) is \(state)"
    case .registers(let thread): "the stores of thread \(thread)'s registers"
    case .fence: "a barrier"
    }
  }
}

extension KernelOperation: CustomStringConvertible {
  var description: String {
    switch self {
    case .become(let thread, let state): "stores that thread \(thread) is \(state)"
    case .activateAddressSpace(let thread): "activates the address space of thread \(thread)"
    case .orderStores: "orders its stores"
    case .orderAllAccesses: "executes a full barrier"
    case .publish(let state): "stores its state line: \(state.mode)"
    case .respond(let status): "stores the response \(status)"
    case .removeProcess(let thread): "removes the process of thread \(thread) from the NIC"
    case .resume(let thread): "goes to user mode in thread \(thread)"
    }
  }
}
