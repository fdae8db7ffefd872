// What the NIC knows of the kernel, as text: for comparing it with what the kernel knows.

import Interface

extension Lauberhorn {
  /// Line `number`, from 0: the cores' states as they came home, then each process's state and
  /// load. Nil behind the last.
  public func viewLine(_ number: Int) -> String? {
    guard number >= cores.count else { return describe(CoreIdentifier(UInt16(number))) }
    var left = number - cores.count
    for index in 0..<processes.capacity {
      let process = ProcessIdentifier(UInt16(index))
      guard processes.isInstalled(process) else { continue }
      if left == 0 { return describeState(of: process) }
      if left == 1 { return describeLoad(of: process) }
      left -= 2
    }
    return nil
  }

  private func describe(_ core: CoreIdentifier) -> String {
    let state = self[core].state
    guard state.mode == .user else { return "core \(core.number): \(state.mode)" }
    return
      "core \(core.number): user process \(state.process.number) endpoint \(state.endpoint.number)"
  }

  private func describeState(of process: ProcessIdentifier) -> String {
    let line = lineMap.stateLine(of: process)
    let limits = CoreLimits(word: lines[line, word: ProcessStateWord.limits])
    let workers = WorkerCounts(word: lines[line, word: ProcessStateWord.workers])
    return "process \(process.number): cores \(limits.minimum) to \(limits.maximum) "
      + "weight \(limits.weight) quantum \(lines[line, word: ProcessStateWord.quantum]) "
      + "workers \(workers.workers) queued \(workers.queued)"
  }

  private func describeLoad(of process: ProcessIdentifier) -> String {
    let load = load(of: process)
    let demand = load.demand
    return "load \(process.number): waiting \(demand.callsWaiting) cores \(demand.cores) "
      + "busy \(demand.busyCores) wanted \(demand.coresWanted) arrivals \(load.arrivals) "
      + "deliveries \(load.deliveries) ns \(load.waitingNanoseconds) "
      + "rejections \(load.rejections)"
  }
}
