// What a core does after each message and each trap, in its order: the kernel's half of R8 and R11.
//
// The sequences are straight lines of operations without results; only the choice between them
// looks at anything. So the kernel compiles them to the instructions that they stand for, and the
// explorer records them and lets the world change between any two (Tests/Explorer).

public import Interface

/// One core, and the thread that the sequence is about, as the sequences act on them.
public protocol DispatchOperations {
  /// Changes the thread's state: a store to memory that other cores read.
  mutating func become(_ state: ThreadState)

  /// Makes the thread's address space the core's.
  mutating func activateAddressSpace()

  /// All earlier stores to memory are seen by every core before any later store.
  mutating func orderStores()

  /// Stores the core's state line: `user` names the thread's process and endpoint.
  mutating func publish(_ mode: CoreMode)

  /// A full barrier: the NIC sees all earlier stores, to lines too, before any later access.
  mutating func orderAllAccesses()

  /// Stores the response to the kernel message that is being handled.
  mutating func respond(_ status: ResponseStatus)
}

/// What to do about a CALL or a RESUME on a kernel endpoint.
public enum DispatchDecision: Hashable, Sendable {
  case enter
  /// The worker is gone or not parked (yet): the NIC shall choose again (R8).
  case decline

  /// - Parameters:
  ///   - state: of the thread that owns the named endpoint; nil when no thread does.
  ///   - owner: the thread's process.
  ///   - process: as the message names it.
  @inlinable @inline(__always)
  public static func forMessage(
    naming process: UInt64, state: ThreadState?, owner: ProcessIdentifier
  ) -> DispatchDecision {
    state == .parked && UInt64(owner.number) == process ? .enter : .decline
  }
}

/// The sequences.
public enum DispatchSequence {
  /// The dispatch thread starts on its core.
  @inlinable @inline(__always)
  public static func start(_ operations: inout some DispatchOperations) {
    operations.publish(.dispatch)
  }

  /// The dispatch thread has run what was ready at its start and comes to its first load. Before
  /// every later one is the barrier of `MessageLoop.finishMessage`.
  @inlinable @inline(__always)
  public static func beginLoads(_ operations: inout some DispatchOperations) {
    operations.orderAllAccesses()
  }

  /// The message's answer is "not here, not now"; the next load of the kernel's pair delivers it.
  @inlinable @inline(__always)
  public static func decline(_ operations: inout some DispatchOperations) {
    operations.respond(.requeue)
  }

  /// Into the thread. Its endpoint has a core before the thread's first load (R11), which may be
  /// its very next instruction: a thread that was stopped at its held load, or that has just asked
  /// for its endpoint, executes no barrier of its own, and a load that overtook the state line's
  /// store would come from an endpoint without a core.
  @inlinable @inline(__always)
  public static func enter(_ operations: inout some DispatchOperations) {
    operations.become(.running)
    operations.activateAddressSpace()
    operations.publish(.user)
    operations.orderAllAccesses()
  }

  /// The thread, whose registers are saved, asked to wait for the NIC. From the store of the state
  /// line on the NIC may name the thread to another core, which must find it parked (R11).
  @inlinable @inline(__always)
  public static func park(_ operations: inout some DispatchOperations) {
    operations.become(.parked)
    operations.orderStores()
    operations.publish(.dispatch)
  }

  /// The thread's process will be removed. What the thread stored to its lines has left the core
  /// by then, so that nothing of it lands in lines that are clean and another's (R12, R13).
  @inlinable @inline(__always)
  public static func end(_ operations: inout some DispatchOperations) {
    operations.become(.ended)
    operations.orderAllAccesses()
  }

  /// The thread has ended; the NIC has forgotten its endpoint already (R12).
  @inlinable @inline(__always)
  public static func leaveEnded(_ operations: inout some DispatchOperations) {
    operations.publish(.dispatch)
  }
}
