// Everything the kernel keeps of one user thread.
//
// Blocks lie in one array, made at boot and never moved; a table leads from an endpoint to its
// thread. A block is written by the core that runs the thread. A parked
// thread belongs to nobody: whoever changes its state from `parked` first has it, the core that the
// NIC named it to (R8) or the one that ends its process.

internal import Boot
internal import Interface
internal import Scheduling
internal import Synchronization
internal import SystemInterface

/// One thread; what `ThreadReference` points to.
struct ThreadBlock: ~Copyable {
  /// Value for TTBR0_EL1: the process's table and its address space identifier.
  var userTable: UInt64 = 0
  let identifier: ThreadIdentifier
  var process = ProcessIdentifier(0)
  /// `ThreadTable.place` says which.
  var endpoint = EndpointIdentifier(.max)
  /// `ThreadState`; the one field that several cores change.
  let state = Atomic<UInt8>(ThreadState.ended.rawValue)
  /// The core that runs it, while it runs: where a request about it goes.
  let core = Atomic<UInt16>(0)
  /// Its place among the threads of its process.
  var index: UInt16 = 0
  /// Whether the NIC may deliver to the endpoint.
  var isAttached = false
  /// Until the thread parks for the first time.
  var isStarting = true
  /// Whether the context is more than where the thread goes on after a yield: it has not yielded
  /// yet, or it was stopped elsewhere since.
  var isElsewhere = true
  /// Where it goes on after a yield, with the line in x0; 0 until `attachEndpoint`.
  var loopEntry: UInt64 = 0
  /// Whether boot waits for it (StartUp).
  var isAwaited = false
  /// Whether no process has the block. It outlives the thread's end: until the NIC has forgotten
  /// the endpoint, nobody else may have it (R12). Under `Kernel.withTables`.
  var isFree = true
  var watch = CallWatch()
  /// As its core's scheduler sees it, until it parks for the first time.
  var record = ThreadRecord.unused
  /// Whether `floatingPoint` is what the thread goes on with; else it goes on with zeros.
  var hasFloatingPoint = false
  /// Its registers; behind what every dispatch needs, which then shares a cache line.
  var context = ThreadContext()
  /// Its floating-point registers (FloatingPoint.swift).
  var floatingPoint = FloatingPointContext()

  init(identifier: ThreadIdentifier) {
    self.identifier = identifier
  }
}

/// A reference to a thread's block.
@safe struct ThreadReference {
  // Safety: points into the thread array, which lives as long as the kernel; only
  // `ThreadTable` makes references.
  private let block: UnsafeMutablePointer<ThreadBlock>

  fileprivate init(block: UnsafeMutablePointer<ThreadBlock>) { unsafe self.block = unsafe block }

  var identifier: ThreadIdentifier { unsafe block.pointee.identifier }
  var process: ProcessIdentifier { unsafe block.pointee.process }
  var endpoint: EndpointIdentifier { unsafe block.pointee.endpoint }
  /// False when the NIC has too few.
  var hasEndpoint: Bool { endpoint.index < LineWindow.maximumEndpoints }
  var userTable: UInt64 { unsafe block.pointee.userTable }
  var index: Int { unsafe Int(block.pointee.index) }

  @inline(__always)
  var state: ThreadState {
    let raw = unsafe block.pointee.state.load(ordering: .acquiring)
    // Safety: nothing else is ever stored there.
    return unsafe ThreadState(rawValue: raw).unsafelyUnwrapped
  }

  /// The core that runs it; means nothing when none does.
  var core: CoreIdentifier {
    get { unsafe CoreIdentifier(block.pointee.core.load(ordering: .relaxed)) }
    nonmutating set { unsafe block.pointee.core.store(newValue.number, ordering: .relaxed) }
  }

  var isAttached: Bool {
    get { unsafe block.pointee.isAttached }
    nonmutating set { unsafe block.pointee.isAttached = newValue }
  }

  /// Whether the thread has not parked yet: until then it has nothing to do with RPC.
  var isStarting: Bool { unsafe block.pointee.isStarting }

  /// Whether the context is more than where the thread goes on after a yield.
  var isElsewhere: Bool {
    @inline(__always) get { unsafe block.pointee.isElsewhere }
    nonmutating set { unsafe block.pointee.isElsewhere = newValue }
  }

  /// Attaches the endpoint: the NIC may deliver to it.
  /// - Parameter loopEntry: where the thread goes on after a yield.
  func attach(loopEntry: UInt64) {
    unsafe block.pointee.loopEntry = loopEntry
    isAttached = true
  }

  /// Gives the core's floating-point registers what the thread goes on with.
  func loadFloatingPoint() {
    if unsafe block.pointee.hasFloatingPoint {
      unsafe floating_point_load(&block.pointee.floatingPoint)
    } else {
      floating_point_clear()
    }
  }

  /// Saves the core's floating-point registers, which are the thread's.
  func saveFloatingPoint() {
    unsafe floating_point_save(&block.pointee.floatingPoint)
    unsafe block.pointee.hasFloatingPoint = true
  }

  /// After a yield the thread is at its loop, on an empty stack, and knows nothing but the line that
  /// it will load next, which is in x0, and its thread pointer.
  func returnToLoop() {
    unsafe block.pointee.hasFloatingPoint = false
    let line = self[0]
    let threadPointer = unsafe block.pointee.context.thread_pointer
    unsafe block.pointee.context = ThreadContext()
    self[0] = line
    unsafe block.pointee.context.thread_pointer = threadPointer
    unsafe block.pointee.context.program_counter = block.pointee.loopEntry
    unsafe block.pointee.context.stack_pointer = UserAddressSpace.stackTop(ofThread: index)
    isElsewhere = false
  }

  /// The thread parks, or ends before it has.
  /// - Returns: whether boot waits for that.
  func noteStarted() -> Bool {
    let isNews = unsafe block.pointee.isStarting && block.pointee.isAwaited
    unsafe block.pointee.isStarting = false
    return isNews
  }

  var record: ThreadRecord {
    get { unsafe block.pointee.record }
    nonmutating set { unsafe block.pointee.record = newValue }
  }

  var watch: CallWatch {
    get { unsafe block.pointee.watch }
    nonmutating set { unsafe block.pointee.watch = newValue }
  }

  var programCounter: UInt64 { unsafe block.pointee.context.program_counter }
  var stackPointer: UInt64 { unsafe block.pointee.context.stack_pointer }

  /// A general register of the thread, 0…30.
  subscript(register: UInt32) -> UInt64 {
    get { unsafe context_register(&block.pointee.context, register) }
    nonmutating set { unsafe context_set_register(&block.pointee.context, register, newValue) }
  }

  /// Gives up a running thread that the caller has.
  @inline(__always)
  func leave(as next: ThreadState) {
    assert(state == .running && ThreadState.running.canBecome(next))
    unsafe block.pointee.state.store(next.rawValue, ordering: .releasing)
  }

  /// Changes the state if it is `expected`: false when somebody else was faster.
  @inline(__always)
  func take(from expected: ThreadState, to next: ThreadState) -> Bool {
    unsafe block.pointee.state.compareExchange(
      expected: expected.rawValue, desired: next.rawValue, ordering: .acquiring
    ).exchanged
  }

  /// Goes to user mode; returns why it came back, a TRAP_… value. The thread's table is active.
  @inline(__always)
  func resume() -> UInt64 { unsafe thread_run(&block.pointee.context, 0) }

  /// As `resume`; but when the NIC wants the core this does not return: `kernelWorkerInterrupted`
  /// leaves the message's handler.
  @inline(__always)
  func resumeUntilInterrupt() -> UInt64 {
    unsafe thread_run(&block.pointee.context, UInt64(UInt(bitPattern: block)))
  }

  /// Goes to user mode, and does not come back: the end of a message's handler. `kernelWorkerYielded`
  /// and `kernelWorkerInterrupted` leave it, `kernelWorkerTrapped` does what else there is before.
  @inline(__always)
  func enter() {
    unsafe thread_enter(&block.pointee.context, 1, UInt64(UInt(bitPattern: block)))
  }

  /// The thread, from what assembly has of it.
  @inline(__always)
  init(address: UInt64) {
    // Safety: the address went through assembly unchanged.
    unsafe block = UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }

  fileprivate func setEndpoint(_ endpoint: EndpointIdentifier) {
    unsafe block.pointee.endpoint = endpoint
  }

  fileprivate var isFree: Bool { unsafe block.pointee.isFree }

  /// Gives the block of an ended thread back, whose endpoint the NIC has forgotten.
  func release() {
    precondition(state == .ended, "the thread has not ended")
    unsafe block.pointee.isFree = true
  }

  /// What a new thread begins with: all other registers are zero.
  struct Start {
    var entry: UInt64
    var stackTop: UInt64
    /// Address of its endpoint's block.
    var lines: UInt64
    /// Its place among the threads of its process.
    var index: UInt16
    var argument: UInt64
    /// Whether boot waits until the thread serves.
    var isAwaited = false
    var weight = Weight.standard
    var affinity = CoreSet.all
  }

  /// Makes an ended thread's block a new thread of a process.
  func initialize(process: ProcessIdentifier, userTable: UInt64, start: Start) {
    precondition(unsafe block.pointee.isFree && state == .ended, "a thread's block is in use")
    unsafe block.pointee.isFree = false
    unsafe block.pointee.context = ThreadContext()
    unsafe block.pointee.process = process
    unsafe block.pointee.userTable = userTable
    unsafe block.pointee.index = start.index
    unsafe block.pointee.isAttached = false
    unsafe block.pointee.isStarting = true
    unsafe block.pointee.isElsewhere = true
    unsafe block.pointee.hasFloatingPoint = false
    unsafe block.pointee.loopEntry = 0
    unsafe block.pointee.isAwaited = start.isAwaited
    unsafe block.pointee.watch = CallWatch()
    unsafe block.pointee.record = ThreadRecord(
      kind: .user, process: process, weight: start.weight, affinity: start.affinity)
    unsafe block.pointee.context.program_counter = start.entry
    unsafe block.pointee.context.stack_pointer = start.stackTop
    // SPSR: EL0, AArch64, nothing masked (ARM ARM C5.2.18).
    unsafe block.pointee.context.processor_state = 0
    self[0] = start.lines
    self[1] = UInt64(start.index)
    self[2] = start.argument
    unsafe block.pointee.state.store(ThreadState.created.rawValue, ordering: .releasing)
  }
}

/// All threads, and which worker endpoint is whose: as `EndpointAllotment` says, for good.
@safe struct ThreadTable {
  /// 64 processes of three threads each.
  static var capacity: Int { 192 }

  // Safety: `capacity` blocks and one that is never a thread's, allocated at boot, never freed.
  private let blocks: UnsafeMutablePointer<ThreadBlock>
  // Safety: an entry for each number that an endpoint can have, allocated with the blocks: which
  // block has it. Written by the boot core before others start.
  private let ofEndpoint: UnsafeMutablePointer<UInt8>

  /// - Parameter storage: page-aligned memory for `bytes` bytes, given over for good.
  init(storage: UnsafeMutableRawPointer) {
    unsafe blocks = storage.bindMemory(to: ThreadBlock.self, capacity: Self.capacity + 1)
    for index in 0...Self.capacity {
      unsafe (blocks + index).initialize(
        to: ThreadBlock(identifier: ThreadIdentifier(UInt16(index))))
    }
    unsafe ofEndpoint = (storage + Self.blockBytes).bindMemory(
      to: UInt8.self, capacity: LineWindow.maximumEndpoints)
    unsafe ofEndpoint.initialize(
      repeating: UInt8(Self.capacity), count: LineWindow.maximumEndpoints)
  }

  static var stride: Int { MemoryLayout<ThreadBlock>.stride }
  private static var blockBytes: Int { stride * (capacity + 1) }
  static var bytes: Int { blockBytes + LineWindow.maximumEndpoints }

  /// Gives every thread its endpoint, once. Threads for which the NIC has none cannot attach.
  func place(_ allotment: EndpointAllotment) {
    for index in 0..<Self.capacity {
      guard let endpoint = allotment.endpoint(ofWorker: index) else { return }
      self[ThreadIdentifier(UInt16(index))].setEndpoint(endpoint)
      unsafe ofEndpoint[endpoint.index] = UInt8(index)
    }
  }

  subscript(thread: ThreadIdentifier) -> ThreadReference {
    precondition(thread.index < Self.capacity)
    return unsafe ThreadReference(block: blocks + thread.index)
  }

  /// The thread that owns a worker endpoint. When none does, a block that is no thread's: ended, of
  /// no process.
  @inline(__always)
  subscript(endpoint: EndpointIdentifier) -> ThreadReference {
    let index = endpoint.index & (LineWindow.maximumEndpoints - 1)
    return unsafe ThreadReference(block: blocks + Int(ofEndpoint[index]))
  }

  /// Calls `body` with every block that some thread has had. Without a lock: a hint.
  func forEachUsed(_ body: (ThreadReference) -> Void) {
    for index in 0..<min(Self.used.load(ordering: .relaxed), Self.capacity) {
      body(self[ThreadIdentifier(UInt16(index))])
    }
  }

  /// One more than the highest block that was ever used.
  private static let used = Atomic<Int>(0)

  /// A block that no thread uses; nil when there is none. Under `Kernel.withTables`.
  func findFree() -> ThreadReference? {
    for index in 0..<Self.capacity {
      let thread = self[ThreadIdentifier(UInt16(index))]
      if thread.isFree {
        if index >= Self.used.load(ordering: .relaxed) {
          Self.used.store(index + 1, ordering: .relaxed)
        }
        return thread
      }
    }
    return nil
  }
}
