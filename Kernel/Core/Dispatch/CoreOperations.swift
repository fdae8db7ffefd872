// The operations of Scheduling's sequences on this core: each is a few instructions.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Scheduling

/// `DispatchOperations` on the executing core. Made where a sequence begins and gone after it, so
/// nothing of it is stored.
struct CoreOperations: DispatchOperations {
  private let core: CoreReference
  private let thread: ThreadReference?
  /// The kernel control line with the message that is being handled; 0: none.
  private let message: UInt64
  /// A NIC is there, and no general thread is ready: known where it counts.
  private let isServing: Bool
  private let isUndisturbed: Bool

  /// - Parameters:
  ///   - isServing: a worker was on the core, so that there is a NIC.
  ///   - isUndisturbed: and no general thread is ready.
  @inline(__always)
  init(
    core: CoreReference, thread: ThreadReference? = nil, message: UInt64 = 0,
    isServing: Bool = false, isUndisturbed: Bool = false
  ) {
    self.core = core
    self.thread = thread
    self.message = message
    self.isServing = isServing || isUndisturbed
    self.isUndisturbed = isUndisturbed
  }

  /// `running` is not stored here: the thread became that when this core took it, with an atomic
  /// change that decides between this core and others. From there it may become anything.
  @inline(__always)
  func become(_ state: ThreadState) {
    if state != .running { thread?.leave(as: state) }
  }

  @inline(__always)
  func activateAddressSpace() {
    guard let thread else { return }
    core.activate(userTable: thread.userTable)
  }

  @inline(__always)
  func orderStores() { barrier_stores() }

  @inline(__always)
  func orderAllAccesses() { barrier_full() }

  /// One store to the NIC, no round trip (R15), and one for other cores.
  @inline(__always)
  func publish(_ mode: CoreMode) {
    var state = CoreState(
      mode: mode, isPreemptible: mode == .general && core.duty == .rpc && !core.isSliceOwed,
      runQueueLength: isUndisturbed ? 0 : UInt16(truncatingIfNeeded: core.readyGeneral))
    if let thread, mode == .user || mode == .general {
      state.process = thread.process
      if mode == .user { state.endpoint = thread.endpoint }
    }
    core.publishedState = state.word
    guard isServing || core.stateLine != 0 else { return }
    KernelLines().store(state.word, at: core.stateLine)
  }

  @inline(__always)
  func respond(_ status: ResponseStatus) {
    precondition(message != 0, "no message is being handled")
    KernelLines().store(
      ResponseHead(status: status).word,
      at: UInt(message) + UInt(ControlLineWord.tail * LineGeometry.wordBytes))
  }
}
