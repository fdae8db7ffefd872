// Processes as the NIC knows them, and the ring of those that wait for a core.

import Interface

struct Process: Hashable {
  var isInstalled = false
  /// Cores that may work for it at the same time (R14).
  var maximumCores = 0
  /// An idle worker is not asked to yield when that left it fewer.
  var minimumCores = 0
  /// Turns it gets when others wait too, for one of theirs.
  var weight = 1
  /// How long a handler may run while others wait; 0: for ever.
  var quantumNanoseconds: UInt64 = 0
  /// What the kernel knows of its workers.
  var workers = WorkerCounts()
  /// When its state line, which is in a cache, is taken back; nil: it is at home.
  var stateFetchTime: UInt64?
  /// Calls that may wait.
  var queueLimit = 0
  /// Calls that would wait longer are refused; 0: none.
  var waitLimitNanoseconds: UInt64 = 0
  /// Calls that are refused get no answer.
  var dropsExcess = false
  var waitEstimate = WaitEstimate()
  /// How much older another process's call must be than its own before a worker that could go on
  /// gives up its core; 0: any older one will do.
  var patienceNanoseconds: UInt64 = 0
  var queue = ClassQueues()
  /// Its endpoints that need a core again (R11).
  var resumesWaiting = 0
  /// First of its endpoints, chained through `Endpoint.nextOfProcess`.
  var firstEndpoint: EndpointIdentifier?
  /// When a worker of it last got a call, on the clock of `Call.arrivalOrder`.
  var lastDeliveryOrder: UInt64 = 0

  // For its load line.
  var arrivals: UInt64 = 0
  var deliveries: UInt64 = 0
  var waitingNanoseconds: UInt64 = 0
  var rejections: UInt64 = 0

  /// Turns that it had since it came to the end of the ring.
  fileprivate var turns = 0
  fileprivate var isWaiting = false
  fileprivate var previousWaiting: ProcessIdentifier?
  fileprivate var nextWaiting: ProcessIdentifier?

  /// A worker of it gets a call.
  mutating func noteDelivery(order: UInt64, waited nanoseconds: UInt64) {
    lastDeliveryOrder = order
    deliveries += 1
    waitingNanoseconds &+= nanoseconds
  }

  /// Calls and workers that wait for a core.
  var waitingCount: Int { queue.count + resumesWaiting }
}

struct ProcessTable: Hashable {
  private var processes: [Process]
  /// Processes with something waiting, the one whose turn is next first (R14: no starvation).
  private(set) var firstWaiting: ProcessIdentifier?
  private var lastWaiting: ProcessIdentifier?
  /// Processes with a `stateFetchTime`.
  private(set) var unseenStates = 0

  init(capacity: Int) {
    processes = Array(repeating: Process(), count: capacity)
  }

  var capacity: Int { processes.count }

  subscript(_ process: ProcessIdentifier) -> Process {
    get { processes[process.index] }
    _modify { yield &processes[process.index] }
  }

  func isInstalled(_ process: ProcessIdentifier) -> Bool {
    process.index < processes.count && processes[process.index].isInstalled
  }

  func waiting(after process: ProcessIdentifier) -> ProcessIdentifier? {
    processes[process.index].nextWaiting
  }

  /// The first time at which a state line is to be taken back.
  var firstStateFetch: UInt64? {
    guard unseenStates > 0 else { return nil }
    return processes.reduce(nil as UInt64?) { first, process in
      guard let time = process.stateFetchTime else { return first }
      return min(first ?? time, time)
    }
  }

  mutating func setStateFetchTime(_ time: UInt64?, of process: ProcessIdentifier) {
    unseenStates -= processes[process.index].stateFetchTime == nil ? 0 : 1
    processes[process.index].stateFetchTime = time
    unseenStates += time == nil ? 0 : 1
  }

  /// Enters or leaves the ring as its work says; to be called after every change of
  /// `waitingCount`.
  mutating func updateWaiting(_ process: ProcessIdentifier) {
    let shallWait = processes[process.index].waitingCount > 0
    guard shallWait != processes[process.index].isWaiting else { return }
    if shallWait { append(process) } else { remove(process) }
  }

  /// It took its turn; it has as many in a row as it has weight, then others are first. Who waits no
  /// more has left the ring, and begins anew when it comes back.
  mutating func finishTurn(of process: ProcessIdentifier) {
    guard processes[process.index].isWaiting else { return }
    processes[process.index].turns += 1
    guard processes[process.index].turns >= processes[process.index].weight else { return }
    remove(process)
    append(process)
  }

  private mutating func append(_ process: ProcessIdentifier) {
    processes[process.index].isWaiting = true
    processes[process.index].previousWaiting = lastWaiting
    processes[process.index].nextWaiting = nil
    if let lastWaiting {
      processes[lastWaiting.index].nextWaiting = process
    } else {
      firstWaiting = process
    }
    lastWaiting = process
  }

  private mutating func remove(_ process: ProcessIdentifier) {
    let previous = processes[process.index].previousWaiting
    let next = processes[process.index].nextWaiting
    if let previous { processes[previous.index].nextWaiting = next } else { firstWaiting = next }
    if let next { processes[next.index].previousWaiting = previous } else { lastWaiting = previous }
    processes[process.index].isWaiting = false
    processes[process.index].turns = 0
    processes[process.index].previousWaiting = nil
    processes[process.index].nextWaiting = nil
  }
}
