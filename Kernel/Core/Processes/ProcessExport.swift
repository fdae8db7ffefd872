// What the NIC is told of a process, and what it says: the process's two lines (interface §7.2,
// §7.3).
//
// `installProcess` brings the first limits; every change after that is a store to the state line,
// which waits for nobody. A NIC without these lines keeps the first limits.

internal import ArchAArch64
internal import Images
internal import Interface
internal import Memory
internal import Scheduling

/// The content of a process's state line, as the kernel has stored it. Under `Kernel.withTables`.
struct ProcessExport {
  fileprivate(set) var limits: CoreLimits
  /// Its own quantum; 0: the policy's, if it has one.
  fileprivate(set) var ownQuantumNanoseconds: UInt64
  fileprivate(set) var quantumNanoseconds: UInt64 = 0
  fileprivate(set) var allowedCores = CoreSet.all
  fileprivate(set) var workers = WorkerCounts()

  init(_ limits: ProcessLimits) {
    let cores = UInt16(Kernel.onlineCores.count)
    self.limits = CoreLimits(
      minimum: min(limits.minimumCores, limits.cores, cores),
      maximum: min(limits.cores, cores), weight: limits.weight)
    ownQuantumNanoseconds = UInt64(limits.quantumMicroseconds) * 1000
    setQuantum()
  }

  /// The limits of a new life; its cores stay its cores.
  mutating func begin(_ limits: ProcessLimits) {
    let cores = allowedCores
    self = ProcessExport(limits)
    allowedCores = cores
  }

  fileprivate mutating func setQuantum() {
    let weight = Weight(clamping: UInt64(limits.weight) * UInt64(Weight.standard.value))
    quantumNanoseconds =
      ownQuantumNanoseconds > 0
      ? ownQuantumNanoseconds : PolicyChoice.value.quantumNanoseconds(weight) ?? 0
  }

  /// Other limits, until the process starts again; quantum 0 is the policy's.
  /// - Returns: false when no such process runs.
  static func change(
    of process: ProcessIdentifier, to limits: CoreLimits, quantumNanoseconds: UInt64
  ) -> Bool {
    Kernel.withTables {
      ProcessTable.withBlock(of: process) { block in
        guard block.table != nil, !block.isWithdrawn else { return false }
        block.exported.limits = limits
        block.exported.ownQuantumNanoseconds = quantumNanoseconds
        store(limits.word, in: ProcessStateWord.limits, of: process)
        block.publishQuantum()
        return true
      } ?? false
    }
  }

  fileprivate static func store(_ word: UInt64, in number: Int, of process: ProcessIdentifier) {
    guard let line = Kernel.nic?.stateLine(of: process) else { return }
    KernelLines().store(word, at: line + UInt(number * LineGeometry.wordBytes))
  }

  /// How many cores the process has and wants; nil when the NIC says nothing. One load, no lock.
  static func demand(of process: ProcessIdentifier) -> ProcessDemand? {
    guard let address = Kernel.nic?.loadLine(of: process) else { return nil }
    var line = LoadLine(address: address)
    return ProcessDemand(word: line.load(word: ProcessLoadWord.demand))
  }

  /// What the NIC says of the process; nil when it says nothing. Needs no lock.
  static func load(of process: ProcessIdentifier) -> ProcessLoad? {
    guard let address = Kernel.nic?.loadLine(of: process) else { return nil }
    var line = LoadLine(address: address)
    return ProcessLoad(reading: &line)
  }
}

extension ProcessBlock {
  /// Whether the NIC has it.
  private var isInstalled: Bool { table != nil && !isWithdrawn }

  /// After a change of what its quantum depends on.
  mutating func publishQuantum() {
    exported.setQuantum()
    guard isInstalled else { return }
    ProcessExport.store(
      exported.quantumNanoseconds, in: ProcessStateWord.quantum, of: identifier)
  }

  /// Lets its workers run on these cores only.
  mutating func allow(_ cores: CoreSet) {
    guard exported.allowedCores != cores else { return }
    exported.allowedCores = cores
    if isInstalled { publishAllowedCores() }
  }

  /// After `installProcess`, too, which allows all cores.
  func publishAllowedCores() {
    ProcessExport.store(
      exported.allowedCores.mask, in: ProcessStateWord.allowedCores, of: identifier)
  }

  /// After a thread was added. Threads end with their process, and none waits in a run queue once
  /// it serves calls: the NIC names it.
  mutating func publishWorkers() {
    exported.workers = WorkerCounts(workers: UInt16(threadCount))
    guard !isWithdrawn else { return }
    ProcessExport.store(exported.workers.word, in: ProcessStateWord.workers, of: identifier)
  }
}
