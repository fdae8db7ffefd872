// The processes' state lines: what the kernel lets a process have, by stores alone (interface §7.2).
//
// They cross as the cores' state lines do (StateLines.swift). What stands at home is what the NIC
// goes by; numbers that every decision needs are kept ready in the process's entry.

public import Interface

extension Lauberhorn {
  /// Nil when no state line of a process is at this offset of the window.
  func stateLineProcess(at offset: UInt64) -> ProcessIdentifier? {
    process(at: offset, from: LineWindow.processStateOffset)
  }

  /// The same for load lines.
  func loadLineProcess(at offset: UInt64) -> ProcessIdentifier? {
    process(at: offset, from: LineWindow.processLoadOffset)
  }

  private func process(at offset: UInt64, from base: UInt64) -> ProcessIdentifier? {
    guard offset >= base else { return nil }
    let number = (offset - base) / UInt64(LineGeometry.lineBytes)
    return number < UInt64(processes.capacity) ? ProcessIdentifier(UInt16(number)) : nil
  }

  /// A new process: what `installProcess` says, on every core.
  mutating func initializeState(
    of process: ProcessIdentifier, _ limits: CoreLimits, quantumNanoseconds: UInt64
  ) {
    let line = lineMap.stateLine(of: process)
    takeBack(line, for: nil)
    lines.clean(line)
    lines[line, word: ProcessStateWord.limits] = limits.word
    lines[line, word: ProcessStateWord.quantum] = quantumNanoseconds
    for word in 0..<ProcessStateWord.allowedCoreWords {
      lines[line, word: ProcessStateWord.allowedCores + word] = .max
    }
    readState(of: process)
  }

  /// Nobody finds anything in the line of a process that is gone.
  mutating func cleanState(of process: ProcessIdentifier) {
    let line = lineMap.stateLine(of: process)
    takeBack(line, for: nil)
    lines.clean(line)
    processes.setStateFetchTime(nil, of: process)
  }

  mutating func loadState(
    of process: ProcessIdentifier, _ access: Access, at byte: Int, _ size: Int
  ) -> UInt64 {
    let line = lineMap.stateLine(of: process)
    if !caches.has(line, core: access.core) { giveState(of: process, access) }
    let value = caches.load(line, at: byte, size: size)
    fetchStateLineInTime(of: process, access)
    return value
  }

  mutating func storeState(
    _ value: UInt64, word: Int, of process: ProcessIdentifier, _ access: Access
  ) {
    let line = lineMap.stateLine(of: process)
    if !caches.has(line, core: access.core) { giveState(of: process, access) }
    caches.store(value, in: line, at: word * LineGeometry.wordBytes, size: LineGeometry.wordBytes)
    fetchStateLineInTime(of: process, access)
  }

  private mutating func giveState(of process: ProcessIdentifier, _ access: Access) {
    // What another core stored there comes first.
    fetchStateLine(of: process)
    give(lineMap.stateLine(of: process), to: access.core, for: nil)
  }

  private mutating func fetchStateLineInTime(of process: ProcessIdentifier, _ access: Access) {
    let delay = configuration.stateFetchNanoseconds
    if processes[process].stateFetchTime == nil {
      processes.setStateFetchTime(access.nowNanoseconds.addingSaturated(delay), of: process)
    }
    if delay == 0 { fetchStateLine(of: process) }
  }

  /// The NIC takes the state line of `process` back and sees what the kernel stored.
  public mutating func fetchStateLine(of process: ProcessIdentifier) {
    takeBack(lineMap.stateLine(of: process), for: nil)
    stateCameHome(of: process)
  }

  mutating func fetchProcessStates(nowNanoseconds: UInt64) {
    while let first = processes.firstStateFetch, first <= nowNanoseconds {
      for number in 0..<processes.capacity {
        let process = ProcessIdentifier(UInt16(number))
        if processes[process].stateFetchTime == first { fetchStateLine(of: process) }
      }
    }
  }

  /// The home has the line: by its own fetch, or since a core evicted it.
  mutating func stateCameHome(of process: ProcessIdentifier) {
    guard processes[process].stateFetchTime != nil else { return }
    processes.setStateFetchTime(nil, of: process)
    guard processes[process].isInstalled else { return }
    readState(of: process)
    // What a kernel declined may be right now.
    for index in cores.indices { cores[index].declinedProcess = nil }
    for index in cores.indices {
      let core = CoreIdentifier(UInt16(index))
      if let held = self[core].heldEndpoint, self[held].process == process,
        !self[held].isKernelEndpoint, mustLeave(process, core)
      {
        deliver(.yieldNow, to: held)
      }
    }
    dispatch()
    noteLoad(of: process)
  }

  private mutating func readState(of process: ProcessIdentifier) {
    let line = lineMap.stateLine(of: process)
    let limits = CoreLimits(word: lines[line, word: ProcessStateWord.limits])
    processes[process].maximumCores = min(Int(limits.maximum), cores.count)
    processes[process].minimumCores = min(Int(limits.minimum), processes[process].maximumCores)
    processes[process].weight = max(Int(limits.weight), 1)
    processes[process].quantumNanoseconds = lines[line, word: ProcessStateWord.quantum]
    processes[process].workers = WorkerCounts(word: lines[line, word: ProcessStateWord.workers])
  }

  /// Whether the kernel lets workers of `process` run on `core`.
  @inline(__always)
  func allows(_ process: ProcessIdentifier, _ core: CoreIdentifier) -> Bool {
    let bit = ProcessStateWord.allowedBit(of: core)
    return lines[lineMap.stateLine(of: process), word: bit.word] & bit.mask != 0
  }

  /// Whether a worker of `process` that asks for its next call on `core` has to go: the core is
  /// not allowed, or one too many.
  @inline(__always)
  func mustLeave(_ process: ProcessIdentifier, _ core: CoreIdentifier) -> Bool {
    guard allows(process, core) else { return true }
    var others = 0
    for index in cores.indices where index != core.index {
      let other = cores[index]
      guard other.state.mode == .user, other.state.process == process else { continue }
      // One that was told to go is as good as gone.
      if self[other.state.endpoint].message != .yieldNow { others += 1 }
    }
    return others >= processes[process].maximumCores
  }
}
