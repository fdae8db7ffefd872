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
  fileprivate(set) var quantumNanoseconds: UInt64
  fileprivate(set) var workers = WorkerCounts()

  init(_ limits: ProcessLimits) {
    let cores = UInt16(Kernel.onlineCores.count)
    self.limits = CoreLimits(
      minimum: min(limits.minimumCores, limits.cores, cores),
      maximum: min(limits.cores, cores), weight: limits.weight)
    quantumNanoseconds = UInt64(limits.quantumMicroseconds) * 1000
  }

  /// Other limits, until the process starts again.
  /// - Returns: false when no such process runs.
  static func change(
    of process: ProcessIdentifier, to limits: CoreLimits, quantumNanoseconds: UInt64
  ) -> Bool {
    Kernel.withTables {
      ProcessTable.withBlock(of: process) { block in
        guard block.table != nil, !block.isWithdrawn else { return false }
        block.exported.limits = limits
        block.exported.quantumNanoseconds = quantumNanoseconds
        store(limits.word, in: ProcessStateWord.limits, of: process)
        store(quantumNanoseconds, in: ProcessStateWord.quantum, of: process)
        return true
      } ?? false
    }
  }

  fileprivate static func store(_ word: UInt64, in number: Int, of process: ProcessIdentifier) {
    guard let line = Kernel.nic?.stateLine(of: process) else { return }
    KernelLines().store(word, at: line + UInt(number * LineGeometry.wordBytes))
  }

  /// What the NIC says of the process; nil when it says nothing. Needs no lock.
  static func load(of process: ProcessIdentifier) -> ProcessLoad? {
    guard let address = Kernel.nic?.loadLine(of: process) else { return nil }
    var line = LoadLine(address: address)
    return ProcessLoad(reading: &line)
  }
}

extension ProcessBlock {
  /// After a thread was added. Threads end with their process, and none waits in a run queue once
  /// it serves calls: the NIC names it.
  mutating func publishWorkers() {
    exported.workers = WorkerCounts(workers: UInt16(threadCount))
    guard !isWithdrawn else { return }
    ProcessExport.store(exported.workers.word, in: ProcessStateWord.workers, of: identifier)
  }
}
