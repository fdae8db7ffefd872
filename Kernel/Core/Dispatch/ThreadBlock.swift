// Everything the kernel keeps of one user thread.
//
// Blocks lie in one array, made at boot and never moved, so that a thread is found from its
// endpoint by one multiplication. A block is written by the core that runs the thread. A parked
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
  var endpoint = EndpointIdentifier(0)
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
  /// Its registers; behind what every dispatch needs, which then shares a cache line.
  var context = ThreadContext()

  init(identifier: ThreadIdentifier) {
    self.identifier = identifier
    endpoint = WorkerEndpoints.endpoint(of: identifier)
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

  /// After a yield the thread is at its loop, on an empty stack, and knows nothing but the line that
  /// it will load next, which is in x0.
  func returnToLoop() {
    let line = self[0]
    unsafe block.pointee.context = ThreadContext()
    self[0] = line
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
  func resume() -> UInt64 { unsafe thread_run(&block.pointee.context, 0, 0) }

  /// As `resume`; but a yield does not return here: it leaves the message's handler, by
  /// `kernelWorkerYielded`.
  @inline(__always)
  func resumeUntilYield() -> UInt64 {
    unsafe thread_run(
      &block.pointee.context, address_of_kernel_worker_yielded(), UInt64(UInt(bitPattern: block)))
  }

  /// The thread that `resumeUntilYield` ran.
  @inline(__always)
  init(yielded address: UInt64) {
    // Safety: the address went through assembly unchanged.
    unsafe block = UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
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

/// All threads. Thread t owns worker endpoint `WorkerEndpoints.first + t`, so each is found from
/// the other without a table.
@safe struct ThreadTable {
  /// As many as a NIC of the usual size has worker endpoints.
  static var capacity: Int { 192 }

  // Safety: where the block of endpoint 0's thread would be, so that an endpoint's number leads to
  // its block without a subtraction; `capacity` blocks from `WorkerEndpoints.first` on exist,
  // allocated at boot, never freed.
  private let byEndpoint: UnsafeMutablePointer<ThreadBlock>

  /// - Parameter storage: zeroed memory for `bytes` bytes, given over for good.
  init(storage: UnsafeMutableRawPointer) {
    let blocks = unsafe storage.bindMemory(to: ThreadBlock.self, capacity: Self.capacity)
    for index in 0..<Self.capacity {
      unsafe (blocks + index).initialize(
        to: ThreadBlock(identifier: ThreadIdentifier(UInt16(index))))
    }
    unsafe byEndpoint = blocks - WorkerEndpoints.first
  }

  static var stride: Int { MemoryLayout<ThreadBlock>.stride }
  static var bytes: Int { stride * capacity }

  subscript(thread: ThreadIdentifier) -> ThreadReference {
    precondition(thread.index < Self.capacity)
    return unsafe ThreadReference(block: byEndpoint + WorkerEndpoints.first + thread.index)
  }

  /// The thread that owns a worker endpoint; nil when no thread can.
  @inline(__always)
  subscript(endpoint: EndpointIdentifier) -> ThreadReference? {
    guard endpoint.index &- WorkerEndpoints.first >= 0,
      endpoint.index < WorkerEndpoints.first + Self.capacity
    else { return nil }
    return unsafe ThreadReference(block: byEndpoint + endpoint.index)
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

/// Which endpoints are whose: endpoint c is core c's kernel endpoint, the others are workers'.
enum WorkerEndpoints {
  /// Number of the first worker endpoint, and so the most cores.
  static var first: Int { 64 }

  static func endpoint(of thread: ThreadIdentifier) -> EndpointIdentifier {
    EndpointIdentifier(UInt16(first + thread.index))
  }
}
