// Cores and threads as the simulation has them: where they are, and until when.

import Interface
import Scheduling

/// What a core does, until its next event. Times are of the place where something has an effect: a
/// load counts when it reaches the home, a handler's end when the core is there.
enum CorePhase: Hashable {
  /// Its load of the kernel's pair is on its way, or held.
  case loadKernel
  /// Its load of the thread's pair is on its way, or held.
  case loadWorker
  /// The store of a state line is on its way.
  case publish(CoreState)
  case handler
}

struct SimulatedCore {
  var phase = CorePhase.loadKernel
  var loop: MessageLoop
  /// The thread that has the core; nil in the dispatch thread.
  var thread: Int?
  /// Counts up when a planned step is off.
  var generation: UInt32 = 0
  var isHeld = false
  /// An interrupt came while the core waited for a load: it is taken when the load is answered.
  var hasInterrupt = false
  /// When the handler under way ends.
  var handlerEnd: UInt64 = 0
}

struct SimulatedThread {
  enum Place: Hashable {
    /// The next thing is the load of its current line.
    case load
    /// In mid-request: time that its handler still needs.
    case handler(remainingNanoseconds: UInt64)
  }

  let process: Int
  var place = Place.load
  var loop: MessageLoop
  var state = ThreadState.parked
  /// The call that its handler serves, and the core that has its line.
  var call = 0
  var lineCore = -1
}

/// The kernel's sequences as far as they cost time: which state they publish, and whether the core
/// waits for that.
struct TimedSequence: DispatchOperations {
  private(set) var threadState: ThreadState?
  private(set) var mode: CoreMode?
  private(set) var response: ResponseStatus?

  mutating func become(_ state: ThreadState) { threadState = state }
  /// Costs instructions only, which are counted with the others.
  mutating func activateAddressSpace() {}
  mutating func orderStores() {}
  mutating func publish(_ mode: CoreMode) { self.mode = mode }
  /// Every way out of the kernel has one after the publication, the loop's own at the latest: the
  /// core waits until the state line's store has its line.
  mutating func orderAllAccesses() {}
  mutating func respond(_ status: ResponseStatus) { response = status }
}
