// One core: where it is in the kernel, and the stores that have not left it yet.

import Interface
import Scheduling

/// A store that the core has executed and others may not see yet.
///
/// AArch64 lets stores leave a core late and in another order; only barriers hold them in line
/// (ARM ARM B2.3). The explorer looks at the worst case of each:
/// - Stores to lines are only seen by the NIC when it takes the line back, so they leave with the
///   next full barrier and not before.
/// - A state line's store leaves with the next full barrier too: when the NIC then sees it, the
///   explorer decides anyway. Only where a barrier is missing does it leave before older stores.
/// - Stores to memory leave as late as barriers allow.
enum BufferedStore: Hashable {
  case line(offset: UInt64, value: UInt64)
  case stateLine(UInt64)
  case threadState(thread: Int, ThreadState)
  /// A thread's registers, into its context.
  case registers(thread: Int)
  /// DMB ST: what stands before leaves before what stands behind.
  case fence
}

/// An operation of a sequence that the core still has to execute.
enum KernelOperation: Hashable {
  case become(thread: Int, ThreadState)
  case activateAddressSpace(thread: Int)
  case orderStores
  /// DMB SY.
  case orderAllAccesses
  case publish(CoreState)
  case respond(ResponseStatus)
  /// The NIC forgets the thread's process; a command, so one step.
  case removeProcess(thread: Int)
  /// Into user mode.
  case resume(thread: Int)
}

struct SimulatedCore: Hashable {
  /// What comes after the operations that are still to be done.
  enum Place: Hashable {
    case start
    /// `schedule()`: runs what is in the run queue.
    case schedule
    case load
    /// The message's stub came back: barrier and flip are next.
    case finish
    case user(thread: Int)
  }

  let number: Int
  var place = Place.start
  /// In reverse order.
  var operations: [KernelOperation] = []
  var loop: MessageLoop
  var runQueue: [Int] = []
  /// Comes to its first load of the kernel's pair.
  var isBeginning = true
  /// Where the core goes when its thread is left: the stub of a message came back, or `schedule`
  /// goes on.
  var isInMessage = false
  /// The process in TTBR0; 0 is none.
  var userTable = 0
  /// The core waits at a held load and was not told to execute it again.
  var isStalled = false
  var stores: [BufferedStore] = []
  /// The state that the core published last, in its store buffer or behind it.
  var published = CoreState(mode: .offline)

  init(number: Int) {
    self.number = number
    loop = MessageLoop(
      blockAddress: UInt(LineWindow.offset(of: EndpointIdentifier(UInt16(number)))))
  }

  /// The thread that is in user mode; nil while the kernel runs.
  var runningThread: Int? {
    guard operations.isEmpty, case .user(let thread) = place else { return nil }
    return thread
  }

  /// The kernel's message is being handled, so C[p] is the line that brought it.
  var isInMessageStub: Bool {
    switch place {
    case .finish: true
    case .user: isInMessage
    case .start, .schedule, .load: false
    }
  }

  mutating func execute(_ recorded: [KernelOperation], then place: Place) {
    operations = recorded.reversed()
    self.place = place
  }
}

/// Records the kernel's sequences, so that the world can change between any two operations.
struct RecordedOperations: DispatchOperations {
  let thread: Int
  let process: ProcessIdentifier
  let endpoint: EndpointIdentifier
  private(set) var operations: [KernelOperation] = []

  init(thread: Int, in scenario: Scenario) {
    self.thread = thread
    process = ProcessIdentifier(UInt16(scenario.processOfThread[thread]))
    endpoint = scenario.endpoint(ofThread: thread)
  }

  /// For sequences without a thread.
  init() {
    thread = -1
    process = .kernel
    endpoint = EndpointIdentifier(0)
  }

  mutating func become(_ state: ThreadState) {
    operations.append(.become(thread: thread, state))
  }
  mutating func activateAddressSpace() {
    operations.append(.activateAddressSpace(thread: thread))
  }
  mutating func orderStores() { operations.append(.orderStores) }
  mutating func orderAllAccesses() { operations.append(.orderAllAccesses) }
  mutating func publish(_ mode: CoreMode) {
    operations.append(
      .publish(
        mode == .user
          ? CoreState(mode: mode, process: process, endpoint: endpoint) : CoreState(mode: mode)))
  }
  mutating func respond(_ status: ResponseStatus) { operations.append(.respond(status)) }
}
