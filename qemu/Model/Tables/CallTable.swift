// Calls from the frame that brought them to the frame that answers them.
//
// A pool of fixed size: nothing is allocated for a call. Waiting calls are chained, one queue
// per process.

import Interface

struct CallIndex: Hashable {
  let number: Int32
  var index: Int { Int(number) }
}

/// A time by which nothing is decided, unless a process has a wait limit or a patience: without them,
/// which explorers leave out, two NICs that differ in it alone are the same.
struct Moment: Hashable {
  var nanoseconds: UInt64 = 0

  static func == (left: Moment, right: Moment) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// An accepted call.
struct Call: Hashable {
  let tag: CallTag
  let caller: Caller
  let transaction: UInt32
  let procedure: ProcedureKey
  let service: ServiceIndex
  let serviceClass: ServiceClass
  let process: ProcessIdentifier
  /// Used bytes of its argument area.
  let argumentBytes: Int
  /// When it came, on the clock of `Lauberhorn.order`.
  let arrivalOrder: UInt64
  let arrival: Moment
  var cost = CallCost()
  var times = CallTimes()
  /// The next waiting call of the process.
  var next: CallIndex?

  /// What stands in a free slot of the table.
  static var vacant: Call {
    Call(
      tag: CallTag(0),
      caller: Caller(ethernet: EthernetAddress(0), internet: InternetAddress(0), port: 0),
      transaction: 0, procedure: ProcedureKey(port: 0, program: 0, version: 0, procedure: 0),
      service: ServiceIndex(number: 0), serviceClass: .urgent, process: .kernel, argumentBytes: 0,
      arrivalOrder: 0, arrival: Moment())
  }

  var overflowLineCount: Int { ArgumentArea.overflowLines(forEnd: argumentBytes) }
}

/// What a call cost so far, for its record.
struct CallCost: Hashable {
  /// The core that served it last.
  var core: CoreIdentifier?
  var isCold = false
  var heldLoads: UInt32 = 0
  var lineFills: UInt32 = 0
  var lineFetches: UInt32 = 0
  var lineWriteBacks: UInt32 = 0
  var coherenceMessages: UInt32 = 0
  var coherenceMessagesWithData: UInt32 = 0
  /// Of finished spans: a call that was moved to another core has more than one.
  private(set) var instructions: UInt64 = 0
  private(set) var kernelEntries: UInt64 = 0
  /// Counts of `core` at the start of the span under way.
  private var start: (instructions: UInt64, kernelEntries: UInt64)? {
    get { isRunning ? (startInstructions, startKernelEntries) : nil }
    set {
      isRunning = newValue != nil
      startInstructions = newValue?.instructions ?? 0
      startKernelEntries = newValue?.kernelEntries ?? 0
    }
  }
  private(set) var isRunning = false
  private var startInstructions: UInt64 = 0
  private var startKernelEntries: UInt64 = 0

  mutating func charge(
    messages: UInt32, withData: UInt32, _ change: (inout CallCost) -> Void
  ) {
    coherenceMessages += messages
    coherenceMessagesWithData += withData
    change(&self)
  }

  /// A core got the call, or its worker again.
  mutating func beginSpan(_ access: Access) {
    guard !isRunning else { return }
    core = access.core
    start = (access.instructions, access.kernelEntries)
  }

  /// The core acknowledged it, or left it. Counts are per core, so an access of another core
  /// ends the span without saying how long it was.
  mutating func endSpan(_ access: Access?) {
    if let start, let access, access.core == core {
      instructions &+= access.instructions &- start.instructions
      kernelEntries &+= access.kernelEntries &- start.kernelEntries
    }
    start = nil
  }
}

struct CallTable: Hashable {
  private var calls: [Call]
  /// Per call one argument area, as the unmarshaller filled it.
  private(set) var areas: [UInt8]
  private var free: [Int32]
  private var nextTag: UInt64 = 1

  init(capacity: Int) {
    calls = Array(repeating: .vacant, count: capacity)
    areas = Array(repeating: 0, count: capacity * ArgumentArea.bytes)
    free = (0..<Int32(capacity)).reversed()
  }

  /// How many more calls it can take.
  var room: Int { free.count }
  var inFlight: Int { calls.count - room }

  /// Where in `areas` its arguments are: the used part of its area, a multiple of 8 bytes.
  func arguments(of call: CallIndex) -> Range<Int> {
    let start = call.index * ArgumentArea.bytes
    return start..<start + calls[call.index].argumentBytes
  }

  mutating func takeTag() -> CallTag {
    defer { nextTag += 1 }
    return CallTag(nextTag)
  }

  /// Nil when the pool is empty.
  /// - Parameter arguments: an argument area; the bytes that `call` uses are copied.
  mutating func insert(_ call: Call, arguments: [UInt8]) -> CallIndex? {
    guard let slot = free.popLast() else { return nil }
    let index = CallIndex(number: slot)
    calls[index.index] = call
    areas.copy(
      arguments.span.extracting(first: call.argumentBytes), at: index.index * ArgumentArea.bytes)
    return index
  }

  subscript(_ call: CallIndex) -> Call {
    get { calls[call.index] }
    _modify { yield &calls[call.index] }
  }

  mutating func remove(_ call: CallIndex) {
    // The next call must not see anything of this one (R13).
    areas.clear(arguments(of: call))
    calls[call.index] = .vacant
    free.append(call.number)
  }
}

/// Waiting calls of a process and a class, chained through `Call.next`.
struct CallQueue: Hashable {
  private(set) var first: CallIndex?
  private var last: CallIndex?
  private(set) var count = 0

  mutating func append(_ call: CallIndex, in calls: inout CallTable) {
    calls[call].next = nil
    if let last { calls[last].next = call } else { first = call }
    last = call
    count += 1
  }

  mutating func prepend(_ call: CallIndex, in calls: inout CallTable) {
    calls[call].next = first
    first = call
    if last == nil { last = call }
    count += 1
  }

  mutating func popFirst(in calls: inout CallTable) -> CallIndex? {
    guard let call = first else { return nil }
    first = calls[call].next
    calls[call].next = nil
    if first == nil { last = nil }
    count -= 1
    return call
  }
}
