// Everything one core owns; no other core writes it after the core has started, and others read
// only what is atomic.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling
internal import Synchronization
internal import Tracing

/// One core's state, padded to lines so that no two cores share one.
@safe struct CoreBlock: ~Copyable {
  /// First, since TPIDR_EL1 points here and C reads it (Boot.h).
  private var local = CoreLocal()
  let core: CoreIdentifier
  /// The dispatch thread's side of the kernel endpoint; nil when there is no NIC.
  var loop: MessageLoop?
  /// General threads: those that have nothing to do with RPC (CoreScheduling.swift).
  var scheduler: CoreScheduler
  /// What other cores want from this one.
  let mailbox = Mailbox<MailboxAtomic>()
  /// Whom this core has asked for a thread.
  var stealing: Stealing
  /// Which core it offered one last.
  var invitations: Invitations
  /// General threads that are ready here, for other cores: a guess that may be old.
  let readyGeneral = Atomic<UInt16>(0)
  /// The state that was published last, for other cores.
  let publishedState = Atomic<UInt64>(0)
  /// The NIC has interrupted a general thread: it wants the core.
  var isWanted = false
  /// The NIC has taken the core off its kernel endpoint (RETIRE), until it wants it again.
  var isRetired = false
  /// The line at whose held load the worker on this core was seen last.
  var idleLine: UInt64?
  /// The thread in user mode; `noThread`: none is.
  var runningNumber = CoreBlock.noThread
  /// Whether the thread in user mode has the floating-point registers (FloatingPoint.swift).
  var lendsFloatingPoint = false
  /// What TTBR0_EL1 holds, so that staying in a process costs nothing. Who wants to free a table
  /// reads it on all cores.
  let userTable = Atomic<UInt64>(0)
  /// Whether the core reads tables (Processes/Reading.swift).
  var reader = ReaderState()
  /// The interrupt that `Interrupts.takeWorkerRequest` took and that is not the NIC's; `noInterrupt`:
  /// none.
  var keptInterrupt = CoreBlock.noInterrupt
  /// An interrupt found something for the dispatch thread to do.
  var needsReschedule = false
  var alarms = CoreAlarms()
  /// Where this core's state line is mapped; 0 when there is no NIC.
  var stateLine: UInt = 0
  var counters = InlineArray<16, UInt64>(repeating: 0)
  /// The sources whose events this core records; the console may change it (Console/Trace.swift).
  var tracedSources = SourceMask.none
  /// Where they go; nil until boot has given memory.
  var recorder: EventRecorder?
  /// The call that CALL or RESUME named last, for the events that follow; 0: none.
  var tracedTag: UInt64 = 0
  /// What the interrupt controller knows the core by, for doorbells.
  var affinity: UInt64 = 0
  /// The policy whose rules `scheduler` has (PolicyChoice).
  var policyPlace: UInt8 = 0

  static var noThread: UInt16 { .max }
  /// An INTID that the controller gives to no interrupt (Arm IHI 0069, 2.2.1).
  static var noInterrupt: UInt32 { 1023 }

  init(core: CoreIdentifier) {
    self.core = core
    scheduler = CoreScheduler(core: core, rules: SelectedPolicy.all[0].kernelRules)
    stealing = Stealing(core: core)
    invitations = Invitations(core: core)
  }
}

/// What a core counts about itself.
enum CoreCounter: Int, CaseIterable {
  /// Times a user thread was entered because the NIC asked (CALL or RESUME).
  case dispatches
  case yields
  case tryAgain
  case requeued
  case systemCalls
  case interrupts
  /// Threads taken off the core before they left it. Counted with the interrupt.
  case preemptions
  case faults
  case alarms
  /// Requests of other cores (SGI).
  case requests
  /// General threads that came from other cores, and that went to them.
  case arrivals
  case departures
  /// Cores that were asked for a thread, and that were told of one.
  case stealRequests
  case invitations
  /// Times the NIC took the core off its kernel endpoint.
  case retirements
  /// Threads that got the floating-point registers.
  case floatingPoint

  var name: StaticString {
    switch self {
    case .dispatches: "dispatches"
    case .yields: "yields"
    case .tryAgain: "try-again"
    case .requeued: "requeued"
    case .systemCalls: "system-calls"
    case .interrupts: "interrupts"
    case .faults: "faults"
    case .preemptions: "preemptions"
    case .alarms: "alarms"
    case .requests: "requests"
    case .arrivals: "arrivals"
    case .departures: "departures"
    case .stealRequests: "steal-requests"
    case .invitations: "invitations"
    case .retirements: "retirements"
    case .floatingPoint: "floating-point"
    }
  }
}

/// A reference to a core's block.
@safe struct CoreReference {
  // Safety: points into the core array, which lives as long as the kernel.
  private let block: UnsafeMutablePointer<CoreBlock>

  init(block: UnsafeMutablePointer<CoreBlock>) { unsafe self.block = unsafe block }

  /// The core that executes this.
  @inline(__always)
  static var current: CoreReference {
    // Safety: TPIDR_EL1 is set by `activate` before anything else runs on a core.
    unsafe CoreReference(
      block: UnsafeMutablePointer(bitPattern: UInt(read_core_local())).unsafelyUnwrapped)
  }

  /// The core, from what assembly has of it.
  @inline(__always)
  init(address: UInt64) {
    // Safety: TPIDR_EL1, as in `current`.
    unsafe block = UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }

  /// Whether `activate` was called on this core; false only very early in boot.
  static var isActive: Bool { read_core_local() != 0 }

  /// Makes this the executing core's block.
  func activate() { unsafe write_core_local(UInt64(UInt(bitPattern: block))) }

  var core: CoreIdentifier { unsafe block.pointee.core }

  /// Set before other cores know of this one.
  var affinity: UInt64 {
    get { unsafe block.pointee.affinity }
    nonmutating set { unsafe block.pointee.affinity = newValue }
  }

  var policyPlace: UInt8 {
    get { unsafe block.pointee.policyPlace }
    nonmutating set { unsafe block.pointee.policyPlace = newValue }
  }

  var loop: MessageLoop? {
    get { unsafe block.pointee.loop }
    nonmutating set { unsafe block.pointee.loop = newValue }
  }

  /// The thread in user mode, if one is.
  var running: ThreadIdentifier? {
    get {
      let number = unsafe block.pointee.runningNumber
      return number == CoreBlock.noThread ? nil : ThreadIdentifier(number)
    }
    @inline(__always) nonmutating set {
      unsafe block.pointee.runningNumber = newValue?.number ?? CoreBlock.noThread
    }
  }

  var lendsFloatingPoint: Bool {
    get { unsafe block.pointee.lendsFloatingPoint }
    nonmutating set { unsafe block.pointee.lendsFloatingPoint = newValue }
  }

  var stateLine: UInt {
    get { unsafe block.pointee.stateLine }
    nonmutating set { unsafe block.pointee.stateLine = newValue }
  }

  /// What a counter stands at.
  subscript(counter: CoreCounter) -> UInt64 { unsafe block.pointee.counters[counter.rawValue] }

  var tracedSources: SourceMask {
    @inline(__always) get { unsafe block.pointee.tracedSources }
    nonmutating set { unsafe block.pointee.tracedSources = newValue }
  }

  var recorder: EventRecorder? {
    get { unsafe block.pointee.recorder }
    nonmutating set { unsafe block.pointee.recorder = newValue }
  }

  var tracedTag: UInt64 {
    get { unsafe block.pointee.tracedTag }
    nonmutating set { unsafe block.pointee.tracedTag = newValue }
  }

  /// Counts one event; only the core itself may.
  @inline(__always)
  func count(_ counter: CoreCounter) {
    unsafe block.pointee.counters[counter.rawValue] &+= 1
  }

  /// Takes a count back that was too early.
  func uncount(_ counter: CoreCounter) {
    unsafe block.pointee.counters[counter.rawValue] &-= 1
  }

  /// Whether neither general threads nor tracing want anything of a worker's comings and goings.
  @inline(__always)
  var isUndisturbed: Bool { readyGeneral == 0 && tracedSources == .none }

  /// Activates an address space, unless it is active already. The thread that is on the core keeps its
  /// process's table alive; the one that was keeps its own until nobody can walk it from here any more.
  @inline(__always)
  func activate(userTable: UInt64) {
    guard self.userTable != userTable else { return }
    write_user_table(userTable)
    barrier_context()
    unsafe block.pointee.userTable.store(userTable, ordering: .releasing)
    errata_after_user_table_change()
  }

  /// The address space that is active on the core; another core may read it.
  @inline(__always)
  var userTable: UInt64 { unsafe block.pointee.userTable.load(ordering: .relaxed) }

  var alarms: CoreAlarms {
    get { unsafe block.pointee.alarms }
    nonmutating set { unsafe block.pointee.alarms = newValue }
  }

  /// What `Interrupts.takeWorkerRequest` leaves for `takeInterrupt`.
  var keptInterrupt: UInt32 {
    get { unsafe block.pointee.keptInterrupt }
    nonmutating set { unsafe block.pointee.keptInterrupt = newValue }
  }

  /// The interrupt that is kept, else that of highest priority; nil when there is none.
  func takeInterrupt() -> TakenInterrupt? {
    let kept = keptInterrupt
    guard kept != CoreBlock.noInterrupt else { return TakenInterrupt() }
    keptInterrupt = CoreBlock.noInterrupt
    return TakenInterrupt(kept: kept)
  }

  /// Makes the thread in user mode leave the core, and the dispatch thread its held load.
  func requestReschedule() { unsafe block.pointee.needsReschedule = true }

  /// Whether a reschedule was requested; false from the first question on.
  func takeRescheduleRequest() -> Bool {
    let isRequested = unsafe block.pointee.needsReschedule
    unsafe block.pointee.needsReschedule = false
    return isRequested
  }

  /// The NIC wants the core for a call.
  func noteWanted() { unsafe block.pointee.isWanted = true }

  /// Whether it does; false from the first question on.
  func takeWanted() -> Bool {
    let isWanted = unsafe block.pointee.isWanted
    unsafe block.pointee.isWanted = false
    if isWanted { unsafe block.pointee.isRetired = false }
    return isWanted
  }

  /// The NIC does not want the core to wait at its kernel endpoint. Whatever wish came before is over.
  func noteRetired() {
    unsafe block.pointee.isRetired = true
    unsafe block.pointee.isWanted = false
  }

  /// It is time for the look that the core owes (`scheduleLook`): whatever else it decides, it loads its
  /// kernel endpoint. When it waits there, or has a worker since, it has done so.
  func noteLookDue() {
    guard CoreState(word: publishedState)?.mode == .general else { return }
    noteWanted()
  }

  /// Whether a load of the kernel endpoint may be held (R16).
  var mayHoldLoad: Bool { unsafe block.pointee.loop != nil && !block.pointee.isRetired }

  /// Whether the worker on this core was seen at the same held load at the check before: every
  /// message makes it change lines.
  func hasWaitedSinceCheck(at line: UInt64?) -> Bool {
    let before = unsafe block.pointee.idleLine
    unsafe block.pointee.idleLine = line
    return line != nil && line == before
  }

  /// The core's general threads; only the core itself may, or the boot core before it runs.
  func withScheduler<Result>(_ body: (inout CoreScheduler) -> Result) -> Result {
    unsafe body(&block.pointee.scheduler)
  }

  /// The core's half of moving threads between cores; only the core itself may.
  var stealing: Stealing {
    get { unsafe block.pointee.stealing }
    nonmutating set { unsafe block.pointee.stealing = newValue }
  }

  var invitations: Invitations {
    get { unsafe block.pointee.invitations }
    nonmutating set { unsafe block.pointee.invitations = newValue }
  }

  /// Takes what other cores have posted.
  func takeMail() -> Mail? { unsafe block.pointee.mailbox.take() }

  /// Lets another core post something; a ring when it asks for one.
  func post(_ body: (borrowing Mailbox<MailboxAtomic>) -> Bool) {
    if unsafe body(block.pointee.mailbox) { Interrupts.requestAttention(of: core) }
  }

  /// General threads that are ready: published in the core's state line.
  @inline(__always)
  var readyCount: Int { unsafe block.pointee.scheduler.readyCount }

  /// Retired or not (CoreHiring).
  @inline(__always)
  var duty: CoreDuty { unsafe block.pointee.scheduler.duty }
  /// Whether the general thread on this core keeps it for its slice.
  var isSliceOwed: Bool { unsafe block.pointee.scheduler.isSliceOwed }

  /// Begins a section of a reader; false when the core is in one.
  func enterSection() -> Bool { unsafe block.pointee.reader.enter() }

  func leaveSection() { unsafe block.pointee.reader.leave() }

  // MARK: What other cores may read

  /// What the core says about sections.
  var readerReport: QuiescentReport { unsafe block.pointee.reader.latest }

  /// The general threads that are ready, as of the core's latest decision.
  var readyGeneral: Int {
    get { unsafe Int(block.pointee.readyGeneral.load(ordering: .relaxed)) }
    nonmutating set {
      unsafe block.pointee.readyGeneral.store(
        UInt16(truncatingIfNeeded: newValue), ordering: .relaxed)
    }
  }

  /// The state that the core published last, to the NIC too.
  @inline(__always)
  var publishedState: UInt64 {
    get { unsafe block.pointee.publishedState.load(ordering: .relaxed) }
    nonmutating set { unsafe block.pointee.publishedState.store(newValue, ordering: .relaxed) }
  }
}

/// All cores.
@safe struct CoreTable {
  static var capacity: Int { 64 }

  /// From one block to the next: whole lines, so that no two cores share one.
  static var stride: Int {
    (MemoryLayout<CoreBlock>.stride + LineGeometry.lineBytes - 1)
      / LineGeometry.lineBytes * LineGeometry.lineBytes
  }

  static var bytes: Int { stride * capacity }

  // Safety: `capacity` blocks, allocated at boot, never freed.
  private let storage: UnsafeMutableRawPointer

  /// - Parameter storage: page-aligned memory for `bytes` bytes, given over for good.
  init(storage: UnsafeMutableRawPointer) {
    unsafe self.storage = unsafe storage
    for index in 0..<Self.capacity {
      let block = unsafe self.block(index)
      unsafe block.initialize(to: CoreBlock(core: CoreIdentifier(UInt16(index))))
    }
  }

  subscript(core: CoreIdentifier) -> CoreReference {
    precondition(core.index < Self.capacity)
    return unsafe CoreReference(block: block(core.index))
  }

  private func block(_ index: Int) -> UnsafeMutablePointer<CoreBlock> {
    unsafe (storage + index * Self.stride).assumingMemoryBound(to: CoreBlock.self)
  }
}
