// What follows when a process ends: take its threads off their cores, its calls out of the NIC, its
// memory out of every core's reach; then start it again when its time has come.
//
// All of it is done in rounds that never wait: a round does what can be done and, while something
// is left, another comes by the timer. Rounds run on whatever core has reason to, under
// `Kernel.withTables`, always in the kernel's own address space or at a point where the core's
// user thread keeps its own.
//
// Order: threads leave their cores (R11), the NIC forgets the process and its clients get errors
// (R12), no core has the table in TTBR0_EL1, memory is free.

internal import ArchAArch64
internal import Boot
internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling
internal import Synchronization
internal import SystemInterface

/// Ends and restarts processes.
enum Supervisor {
  /// From one round to the next while cores are asked to let go.
  private static var roundNanoseconds: UInt64 { 1_000_000 }

  /// Whether a process ends or waits for its restart: spares everybody else the lock.
  private static let hasWork = Atomic<Bool>(false)

  /// Begins a process's end. In the same stay in the tables it is decided whether it starts again: the
  /// round after it may be another core's, and the last.
  /// - Returns: false when its end has begun already.
  static func beginEnd(of block: inout ProcessBlock, isSuccess: Bool) -> Bool {
    let restarts =
      switch block.plan.restart {
      case .never: false
      case .onFailure: !isSuccess
      case .always: true
      }
    let next = block.life.end(restarts: restarts, atNanoseconds: Log.uptimeNanoseconds)
    guard let next else { return false }
    if next == .tooManyEnds { Log.error("\(block.plan.name) has ended too often and stays ended") }
    noteEnd(of: block)
    return true
  }

  /// As `beginEnd`, and nothing follows; nor does anything follow an end that has begun.
  static func stop(_ block: inout ProcessBlock) -> Bool {
    guard block.life.stop() else { return false }
    noteEnd(of: block)
    return true
  }

  private static func noteEnd(of block: borrowing ProcessBlock) {
    ProcessTable.noteEnd(of: block.identifier)
    hasWork.store(true, ordering: .releasing)
  }

  /// A round on this core, soon. By an interrupt of its own: who begins an end may be deep in the
  /// stack, and a round that starts a process goes deeper than anything else.
  static func beginRounds() { CoreReference.current.superviseAt(GenericTimer.now) }

  /// One round.
  static func work(on core: CoreReference) {
    Watchdog.visit(core)
    guard hasWork.load(ordering: .acquiring) else { return }
    // Nobody waits for this core: a core in a round has no process's table unless it runs it.
    if core.running == nil { core.activate(userTable: KernelMemory.noProcessTable) }
    let next = Kernel.withTables { round(on: core) }
    guard let next else { return }
    core.superviseAt(GenericTimer.ticks(nanoseconds: next))
  }

  /// - Returns: when the next round is due, in nanoseconds since the counter started.
  private static func round(on core: CoreReference) -> UInt64? {
    let now = Log.uptimeNanoseconds
    var next = lookAtProcesses(on: core, now: now)
    Unlinked.poll()
    var hasFreed = false
    while let process = Unlinked.takeFree() {
      ProcessTable.withBlock(of: process) { free(&$0) }
      hasFreed = true
    }
    if hasFreed { next = lookAtProcesses(on: core, now: now) }
    if next == nil { hasWork.store(false, ordering: .releasing) }
    return next
  }

  /// - Returns: when one of them wants to be looked at again.
  private static func lookAtProcesses(on core: CoreReference, now: UInt64) -> UInt64? {
    var next: UInt64?
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      guard
        let state = ProcessTable.withBlock(
          of: process, { block in round(of: &block, on: core, now: now) })
      else { continue }
      switch state {
      case .settled: break
      case .due(let time): next = min(next ?? time, time)
      case .gone:
        _ = ProcessTable.remove(process)
        PolicyChoice.partition()
      }
    }
    return next
  }

  private enum RoundResult {
    /// It runs, or there is nothing to do about it.
    case settled
    case due(UInt64)
    /// It will not run again.
    case gone
  }

  private static func round(
    of block: inout ProcessBlock, on core: CoreReference, now: UInt64
  ) -> RoundResult {
    switch block.life.step(at: now) {
    case .none: return .settled
    case .endThreads:
      if endThreads(of: block), letGo(of: &block) {
        block.life.unlink()
        ProcessTable.unpublish(block.identifier)
        Unlinked.append(block.identifier)
      }
      return .due(now + roundNanoseconds)
    case .awaitReaders: return .due(now + roundNanoseconds)
    case .wait(let start): return .due(start)
    case .start: return restart(&block, on: core, now: now)
    case .remove: return .gone
    }
  }

  /// Whether all threads have ended; asks the cores of the others.
  private static func endThreads(of block: borrowing ProcessBlock) -> Bool {
    for index in 0..<block.threads.count {
      guard let identifier = block.threads[index] else { continue }
      let thread = Kernel.threads[identifier]
      if thread.take(from: .parked, to: .ended) || thread.take(from: .created, to: .ended) {
        ProcessTable.noteThreadEnd(of: block.identifier)
        continue
      }
      switch thread.state {
      case .runnable, .sleeping, .blocked:
        Kernel.cores[thread.core].post { $0.postEnd(identifier) }
      case .running:
        if thread.core != CoreReference.current.core {
          Interrupts.requestAttention(of: thread.core)
        } else {
          CoreReference.current.requestReschedule()
        }
      default: break
      }
    }
    return ProcessTable.liveThreads(of: block.identifier) == 0
  }

  /// Whether no core has the process's table; asks those that have.
  private static func letGo(of block: inout ProcessBlock) -> Bool {
    if !block.isWithdrawn { withdraw(&block) }
    var isFree = true
    for number in 0..<Kernel.coreCount {
      let core = Kernel.cores[CoreIdentifier(number)]
      guard core.userTable == block.userTable else { continue }
      isFree = false
      Interrupts.requestAttention(of: core.core)
    }
    return isFree
  }

  /// The NIC forgets the process: its calls end in errors, its lines are cleaned (R12).
  static func withdraw(_ block: inout ProcessBlock) {
    block.isWithdrawn = true
    ServiceRegistry.removeAll(of: block.identifier)
    do throws(NIC.Failure) {
      try Kernel.nic?.removeProcess(block.identifier)
    } catch {
      Log.error("process \(block.identifier.number) stays in the NIC: \(error)")
    }
  }

  private static func free(_ block: inout ProcessBlock) {
    block.life.free()
    KernelMemory.destroyUserTable(of: &block)
    ServiceRegistry.reuse(placesOf: block.identifier)
    for index in 0..<block.threads.count {
      guard let identifier = block.threads[index] else { continue }
      Kernel.threads[identifier].release()
      block.threads[index] = nil
    }
    block.threadCount = 0
  }

  private static func restart(
    _ block: inout ProcessBlock, on core: CoreReference, now: UInt64
  ) -> RoundResult {
    do throws(Processes.Failure) {
      let image = block.plan.image
      let thread = try InitialArchive.withArchive {
        (archive: borrowing Archive) throws(Processes.Failure) in
        try Processes.start(&block, file: archive.content(of: image), isAwaited: false)
      }
      guard let thread else { return .gone }
      Log.information(
        "\(block.plan.name) (process \(block.identifier.number)) starts again, \(block.life.starts) starts"
      )
      core.admit(thread)
      return .settled
    } catch {
      Log.error("\(block.plan.name) does not start again: \(error)")
      block.life.noteFailedStart(atNanoseconds: now)
      return switch block.life.step(at: now) {
      case .wait(let start): .due(start)
      default: .gone
      }
    }
  }
}
