// Everything the kernel keeps of one user thread.
//
// Blocks lie in one array, made at boot and never moved, so that a thread is found from its
// endpoint by one multiplication. A block is written by the core that runs the thread; a parked
// thread belongs to nobody until the NIC names it to a core (R8).

internal import Boot
internal import Interface
internal import Scheduling

/// One thread; what `ThreadReference` points to.
struct ThreadBlock {
  /// First, since assembly reads it.
  var context = ThreadContext()
  /// Value for TTBR0_EL1: the process's table and its address space identifier.
  var userTable: UInt64 = 0
  var identifier = ThreadIdentifier(0)
  var process = ProcessIdentifier(0)
  var endpoint = EndpointIdentifier(0)
  var state = ThreadState.ended
  /// Whether the NIC may deliver to the endpoint.
  var isAttached = false
  /// Until the thread parks for the first time.
  var isStarting = true
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
  var state: ThreadState { unsafe block.pointee.state }

  var isAttached: Bool {
    get { unsafe block.pointee.isAttached }
    nonmutating set { unsafe block.pointee.isAttached = newValue }
  }

  /// Whether the thread has not parked yet; false from the first question on.
  func takeStarting() -> Bool {
    let wasStarting = unsafe block.pointee.isStarting
    unsafe block.pointee.isStarting = false
    return wasStarting
  }

  var programCounter: UInt64 { unsafe block.pointee.context.program_counter }
  var stackPointer: UInt64 { unsafe block.pointee.context.stack_pointer }

  /// A general register of the thread, 0…30.
  subscript(register: UInt32) -> UInt64 {
    get { unsafe context_register(&block.pointee.context, register) }
    nonmutating set { unsafe context_set_register(&block.pointee.context, register, newValue) }
  }

  /// Changes the state; an illegal change is a bug of the kernel.
  func become(_ next: ThreadState) {
    precondition(unsafe block.pointee.state.canBecome(next), "illegal change of a thread's state")
    unsafe block.pointee.state = next
  }

  /// Goes to user mode; returns why it came back, a TRAP_… value. The thread's table is active.
  @inline(__always)
  func resume() -> UInt64 { unsafe thread_resume(&block.pointee.context) }

  /// Makes the block a new thread that will start at `entry`.
  func initialize(
    process: ProcessIdentifier, endpoint: EndpointIdentifier, userTable: UInt64, entry: UInt64,
    stackTop: UInt64, argument0: UInt64, argument1: UInt64
  ) {
    let identifier = self.identifier
    unsafe block.pointee = ThreadBlock()
    unsafe block.pointee.identifier = identifier
    unsafe block.pointee.process = process
    unsafe block.pointee.endpoint = endpoint
    unsafe block.pointee.userTable = userTable
    unsafe block.pointee.state = .created
    unsafe block.pointee.context.program_counter = entry
    unsafe block.pointee.context.stack_pointer = stackTop
    // SPSR: EL0, AArch64, nothing masked (ARM ARM C5.2.18).
    unsafe block.pointee.context.processor_state = 0
    self[0] = argument0
    self[1] = argument1
  }
}

/// All threads. Thread t owns worker endpoint `firstWorkerEndpoint + t`, so each is found from
/// the other without a table.
@safe struct ThreadTable {
  static var capacity: Int { 192 }

  // Safety: `capacity` blocks, allocated at boot, never freed.
  private let blocks: UnsafeMutablePointer<ThreadBlock>

  /// - Parameter storage: zeroed memory for `bytes` bytes, given over for good.
  init(storage: UnsafeMutableRawPointer) {
    unsafe blocks = storage.bindMemory(to: ThreadBlock.self, capacity: Self.capacity)
    for index in 0..<Self.capacity {
      unsafe (blocks + index).initialize(to: ThreadBlock())
      unsafe blocks[index].identifier = ThreadIdentifier(UInt16(index))
    }
  }

  static var bytes: Int { MemoryLayout<ThreadBlock>.stride * capacity }

  subscript(thread: ThreadIdentifier) -> ThreadReference {
    precondition(thread.index < Self.capacity)
    return unsafe ThreadReference(block: blocks + thread.index)
  }

  /// The thread that owns a worker endpoint; nil when no thread can.
  subscript(endpoint: EndpointIdentifier) -> ThreadReference? {
    let index = endpoint.index - WorkerEndpoints.first
    guard index >= 0, index < Self.capacity else { return nil }
    return unsafe ThreadReference(block: blocks + index)
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
