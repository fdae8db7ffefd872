// RETIRE and hire: cores leave RPC duty for general threads, and come back when calls want them.
//
// `CoreAllocation` (Scheduling) decides; here is where it gets its numbers and what follows. While
// general threads share the machine with calls, one core makes a round every 200 µs: it reads the load
// lines of the processes (hits in its cache when nothing changed) and what the cores publish. With no
// general thread anywhere nobody makes rounds, so parked cores have no tick.
//
// A core retires while it runs a general thread: its state line stays `general` and is no longer
// preemptible, so the NIC asks it for nothing (interface §11, 5). It is on RPC duty again when it is
// hired, or has no general thread left.

internal import Boot
internal import Interface
internal import Scheduling
internal import Synchronization

/// Which cores do RPC.
enum CoreHiring {
  /// Hiring takes two rounds that want it, `CoreAllocation.Settings.hireDelayNanoseconds` apart, and a
  /// doorbell: less than a millisecond.
  private static var roundNanoseconds: UInt64 { 200_000 }
  /// What a thread must have run before rounds begin. Who starts and then serves has not.
  private static var worthwhileNanoseconds: UInt64 { 1_000_000 }

  /// A bit for each core that is retired. Only who makes the rounds changes it.
  private static let retired = Atomic<UInt64>(0)
  /// The core that makes the rounds, plus one; 0: nobody does.
  private static let maker = Atomic<UInt16>(0)

  // Safety (both): only the core that `maker` names touches them; who gives that up does so with
  // release, who takes it with acquire.
  nonisolated(unsafe) private static var allocation: CoreAllocation?
  /// Retired cores that ran no general thread at the round before.
  nonisolated(unsafe) private static var absent = CoreSet.none

  private static let retirements = Atomic<UInt64>(0)
  private static let hires = Atomic<UInt64>(0)

  /// Cores that were retired and hired since boot: for people and tests.
  static var moves: (retirements: UInt64, hires: UInt64) {
    (retirements.load(ordering: .relaxed), hires.load(ordering: .relaxed))
  }

  static var retiredCores: CoreSet { CoreSet(mask: retired.load(ordering: .acquiring)) }

  /// A general thread gets its core.
  @inline(__always)
  static func noteGeneral(_ thread: ThreadReference, on core: CoreReference) {
    guard maker.load(ordering: .relaxed) == 0 else { return }
    begin(thread, on: core)
  }

  @inline(never)
  private static func begin(_ thread: ThreadReference, on core: CoreReference) {
    guard core.loop != nil, Kernel.onlineCores.count > 1,
      thread.record.account.runNanoseconds >= worthwhileNanoseconds,
      maker.compareExchange(
        expected: 0, desired: core.core.number + 1, ordering: .acquiringAndReleasing
      ).exchanged
    else { return }
    unsafe allocation?.beginSamples()
    core.scheduleAllocation(afterNanoseconds: roundNanoseconds)
  }

  /// The alarm of the core that makes the rounds.
  static func makeRound(on core: CoreReference) {
    guard maker.load(ordering: .relaxed) == core.core.number + 1 else { return }
    let now = Log.uptimeNanoseconds
    var allocation =
      unsafe allocation
      ?? CoreAllocation(
        settings: CoreAllocation.Settings(
          minimumCores: 1, maximumCores: Kernel.onlineCores.count),
        rpcCores: Kernel.onlineCores.count)
    let cores = look()
    takeBackIdle(cores, &allocation, at: now)
    // A policy that never lets general threads have a core before calls gives none away either.
    let mayRetire = PolicyChoice.value.kernelRules.generalPatienceNanoseconds != nil
    guard cores.hasGeneralThreads, mayRetire else {
      let all = retiredCores
      hire(all)
      allocation.noteReturn(of: all.count, at: now)
      unsafe self.allocation = allocation
      maker.store(0, ordering: .releasing)
      return
    }
    let load = rpcLoad()
    // Threads that are ready elsewhere get a core of these in time (`Invitations`).
    let candidates = cores.general.subtracting(retiredCores)
    let sample = LoadSample(
      nowNanoseconds: now, busyCores: load.busy, callsWaiting: load.waiting,
      generalWaiting: candidates.count)
    switch allocation.update(sample) {
    case .keep: break
    case .hire(let count): hire(first(count, of: retiredCores))
    case .retire(let count): retire(first(count, of: candidates))
    }
    unsafe self.allocation = allocation
    core.scheduleAllocation(afterNanoseconds: roundNanoseconds)
  }

  /// What the cores publish.
  private struct View {
    /// Cores that run a general thread.
    var general = CoreSet.none
    /// General threads that are ready.
    var ready = 0
    var hasGeneralThreads: Bool { ready > 0 || !general.isEmpty }
  }

  private static func look() -> View {
    var view = View()
    var cores = Kernel.onlineCores
    while let core = cores.popFirst() {
      let block = Kernel.cores[core]
      view.ready += block.readyGeneral
      guard let state = CoreState(word: block.publishedState) else { continue }
      if state.mode == .general, state.process != .kernel { view.general.insert(core) }
    }
    return view
  }

  /// Retired cores that do something else in two rounds: they have no general thread left. In one, a
  /// core may just take the look at its kernel endpoint that it owed.
  private static func takeBackIdle(
    _ view: View, _ allocation: inout CoreAllocation, at now: UInt64
  ) {
    let away = retiredCores.subtracting(view.general)
    let idle = unsafe away.intersection(absent)
    unsafe absent = away.subtracting(idle)
    hire(idle)
    allocation.noteReturn(of: idle.count, at: now)
  }

  /// Cores that have a call, and those that are wanted beside them (interface §7.3).
  private static func rpcLoad() -> (busy: Int, waiting: Int) {
    var (busy, wanted) = (0, 0)
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      guard ProcessTable.liveThreads(of: process) > 0,
        let demand = ProcessExport.demand(of: process)
      else { continue }
      busy += Int(demand.busyCores)
      wanted += Int(demand.coresWanted)
    }
    return (busy, max(wanted - busy, 0))
  }

  private static func first(_ count: Int, of cores: CoreSet) -> CoreSet {
    var (rest, chosen) = (cores, CoreSet.none)
    while chosen.count < count, let core = rest.popFirst() { chosen.insert(core) }
    return chosen
  }

  private static func hire(_ cores: CoreSet) {
    guard !cores.isEmpty else { return }
    retired.bitwiseAnd(~cores.mask, ordering: .releasing)
    hires.add(UInt64(cores.count), ordering: .relaxed)
    tell(cores)
  }

  private static func retire(_ cores: CoreSet) {
    guard !cores.isEmpty else { return }
    retired.bitwiseOr(cores.mask, ordering: .releasing)
    retirements.add(UInt64(cores.count), ordering: .relaxed)
    tell(cores)
  }

  private static func tell(_ cores: CoreSet) {
    var cores = cores
    while let core = cores.popFirst() {
      if core == CoreReference.current.core {
        CoreReference.current.adoptDuty()
      } else {
        Interrupts.requestAttention(of: core)
      }
    }
  }
}

extension CoreReference {
  /// Takes over what the core is for; only the core itself may.
  func adoptDuty() {
    let duty: CoreDuty = CoreHiring.retiredCores.contains(core) ? .general : .rpc
    guard self.duty != duty else { return }
    withScheduler { $0.duty = duty }
    // The NIC learns whether it may interrupt the thread.
    if let running, case let thread = Kernel.threads[running], thread.isStarting {
      CoreOperations(core: self, thread: thread).publish(.general)
    }
    guard duty == .rpc else { return }
    // Calls wait, or nothing else does.
    noteWanted()
    expectMessages()
    requestReschedule()
  }
}
