// Everything one core owns; no other core reads or writes it after the core has started.

internal import Boot
internal import Interface
internal import Scheduling
internal import Tracing

/// One core's state, padded to lines so that no two cores share one.
@safe struct CoreBlock {
  /// First, since TPIDR_EL1 points here and assembly reads it.
  // Safety: only Threads.S uses the pointer inside.
  private var local = unsafe CoreLocal()
  var core = CoreIdentifier(0)
  /// The dispatch thread's side of the kernel endpoint; nil when there is no NIC.
  var loop: MessageLoop?
  var runQueue = RunQueue()
  /// The thread in user mode, if one is.
  var running: ThreadIdentifier?
  /// What TTBR0_EL1 holds, so that staying in a process costs nothing.
  var userTable: UInt64 = 0
  /// Where this core's state line is mapped; 0 when there is no NIC.
  var stateLine: UInt = 0
  var counters = InlineArray<7, UInt64>(repeating: 0)
  /// The sources whose events this core records; the console may change it (Console/Trace.swift).
  var tracedSources = SourceMask.none
  /// Where they go; nil until boot has given memory.
  var recorder: EventRecorder?
  /// The call that CALL or RESUME named last, for the events that follow; 0: none.
  var tracedTag: UInt64 = 0
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
  case faults

  var name: StaticString {
    switch self {
    case .dispatches: "dispatches"
    case .yields: "yields"
    case .tryAgain: "try-again"
    case .requeued: "requeued"
    case .systemCalls: "system-calls"
    case .interrupts: "interrupts"
    case .faults: "faults"
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

  /// Whether `activate` was called on this core; false only very early in boot.
  static var isActive: Bool { read_core_local() != 0 }

  /// Makes this the executing core's block.
  func activate() { unsafe write_core_local(UInt64(UInt(bitPattern: block))) }

  var core: CoreIdentifier { unsafe block.pointee.core }

  var loop: MessageLoop? {
    get { unsafe block.pointee.loop }
    nonmutating set { unsafe block.pointee.loop = newValue }
  }

  var running: ThreadIdentifier? {
    get { unsafe block.pointee.running }
    nonmutating set { unsafe block.pointee.running = newValue }
  }

  var stateLine: UInt {
    get { unsafe block.pointee.stateLine }
    nonmutating set { unsafe block.pointee.stateLine = newValue }
  }

  /// What a counter stands at.
  subscript(counter: CoreCounter) -> UInt64 { unsafe block.pointee.counters[counter.rawValue] }

  /// Counts one event; only the core itself may.
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

  @inline(__always)
  func count(_ counter: CoreCounter) {
    unsafe block.pointee.counters[counter.rawValue] &+= 1
  }

  /// Activates an address space, unless it is active already.
  @inline(__always)
  func activate(userTable: UInt64) {
    guard unsafe block.pointee.userTable != userTable else { return }
    unsafe block.pointee.userTable = userTable
    write_user_table(userTable)
    barrier_context()
    errata_after_user_table_change()
  }

  /// Puts a thread at the end of this core's run queue.
  func enqueue(_ thread: ThreadReference) {
    thread.become(.runnable)
    let wasAppended = unsafe block.pointee.runQueue.append(thread.identifier)
    precondition(wasAppended, "a run queue has room for every thread")
  }

  func takeRunnable() -> ThreadIdentifier? { unsafe block.pointee.runQueue.takeFirst() }

  var runQueueLength: UInt16 { unsafe UInt16(truncatingIfNeeded: block.pointee.runQueue.count) }
}

/// All cores.
@safe struct CoreTable {
  static var capacity: Int { WorkerEndpoints.first }

  /// From one block to the next: whole lines, so that no two cores share one.
  private static var stride: Int {
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
      unsafe block.initialize(to: CoreBlock())
      unsafe block.pointee.core = CoreIdentifier(UInt16(index))
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
