// What the model wants done: frames, wake-ups, interrupts, and reports.

public import Interface

/// How one call went. Counts are of the core that served it.
public struct CallRecord: Hashable, Sendable {
  public let tag: CallTag
  /// From the load that brought the call to the load that acknowledged it; for a cold call from
  /// the load of the kernel endpoint.
  public let instructions: UInt64
  /// Changes from EL0 to EL1 in the same span.
  public let kernelEntries: UInt64
  /// Loads that were held and then answered with this call.
  public let heldLoads: UInt32
  /// Lines that the NIC gave; a cold call counts the kernel's control line too.
  public let lineFills: UInt32
  /// Lines that the NIC took back; the kernel's control line is counted when it is given, since
  /// it comes back after the call has ended.
  public let lineFetches: UInt32
  /// Modified lines that the core evicted while it had the call.
  public let lineWriteBacks: UInt32
  /// Messages of the coherence protocol for all these, and how many of them carried a line.
  public let coherenceMessages: UInt32
  public let coherenceMessagesWithData: UInt32
  public let transaction: UInt32
  public let program: UInt32
  public let version: UInt32
  public let procedure: UInt32
  public let process: ProcessIdentifier
  /// Nil when no core ever had it.
  public let core: CoreIdentifier?
  /// Delivered through the kernel's dispatch thread.
  public let isCold: Bool
  /// Answered with SUCCESS.
  public let succeeded: Bool
}

/// An access that breaks a rule of the interface. It did no harm but shows a defect in software.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  public enum Rule: Hashable, Sendable {
    case unknownCore
    case unalignedAccess
    case outsideWindow
    case noEndpoint
    case noProcess
    case reservedLine
    case endpointNotAttached
    case acknowledgeWithoutMessage
    case overflowWithoutMessage
    case responseNotOrdered
    case storeWithoutMessage
    case storeToOtherControlLine
    case partialStateStore
    case reservedStateWord
    case storeToLoadLine
    case unknownCoreMode
    case unknownWorkerInState
    case loadAfterRetire
    case endpointOnTwoCores
    case foreignEndpointInState
    case unknownRegister
    case readOnlyRegister
    case frameOutsideLines
  }

  public let rule: Rule
  public let core: CoreIdentifier
  /// In the window that was accessed.
  public let offset: UInt64
  /// Of the instruction; 0 when it is not known.
  public let programCounter: UInt64

  public var description: String {
    let place = programCounter == 0 ? "" : ", pc 0x\(String(programCounter, radix: 16))"
    return "core \(core.number)\(place), offset 0x\(String(offset, radix: 16)): \(rule.text)"
  }
}

extension Violation.Rule {
  var text: String {
    switch self {
    case .unknownCore: "the NIC was not built with so many cores"
    case .unalignedAccess: "accesses have 1, 2, 4 or 8 bytes (registers 8), naturally aligned"
    case .outsideWindow: "nothing is at this offset of the window"
    case .noEndpoint: "no endpoint is installed here"
    case .noProcess: "no process with this number is installed"
    case .reservedLine: "these lines of an endpoint are reserved"
    case .endpointNotAttached: "the core's state line does not say that it serves this endpoint"
    case .acknowledgeWithoutMessage: "load of C[1-p] before C[p] was answered (R4)"
    case .overflowWithoutMessage: "load of an overflow line without a message"
    case .responseNotOrdered: "no barrier between a store and the load of C[1-p] (R5)"
    case .storeWithoutMessage: "store to a line that was not given with a message"
    case .storeToOtherControlLine: "store to C[1-p]; the response belongs into C[p] (R4)"
    case .partialStateStore: "a core's state is published by one store of 8 bytes"
    case .reservedStateWord: "this word of a state line is reserved"
    case .storeToLoadLine: "only the NIC writes a process's load line"
    case .unknownCoreMode: "unknown mode in a core's state"
    case .unknownWorkerInState:
      "the NIC was not built with so many processes or endpoints as the state names"
    case .loadAfterRetire: "the kernel endpoint is loaded again and again after RETIRE (R16)"
    case .endpointOnTwoCores: "the endpoint is attached to another core already (R1)"
    case .foreignEndpointInState: "the endpoint does not belong to the process of the state"
    case .unknownRegister: "no such register"
    case .readOnlyRegister: "this register is read-only"
    case .frameOutsideLines: "a frame to send has 14 bytes or more, all in the declared lines"
    }
  }
}

/// A frame to send, in the model's output buffer.
public struct FrameReference: Hashable, Sendable {
  let range: Range<Int>
  public var length: Int { range.count }
}

public enum Output: Hashable, Sendable {
  case transmit(FrameReference)
  /// The held load of this core is answered.
  case wake(CoreIdentifier)
  /// Raise this software-generated interrupt at this core.
  case interrupt(CoreIdentifier, number: UInt8)
  case call(CallRecord)
  case violation(Violation)
  /// Something happened, for the trace; only if the configuration asks for events.
  case event(NICEvent)
}

/// Outputs in order. Memory is kept when all were taken, so a caller that takes them after
/// every call makes the model allocate nothing.
struct Outputs: Hashable {
  /// The first `count` are to be taken, or were; what stands behind is no state.
  private var queue: [Output] = []
  private var count = 0
  private var taken = 0
  var frames = FrameBuffer()
  /// Of frames that a fault put at the end: they had their faults.
  private var repeatedFrom: Int?

  /// The longest frame: headers, and as much XDR as an argument area can give.
  static var maximumFrameBytes: Int { ReplyEncoder.resultsOffset + ArgumentArea.bytes }

  init() {
    queue.reserveCapacity(64)
  }

  mutating func append(_ output: Output) {
    if count < queue.count { queue[count] = output } else { queue.append(output) }
    count += 1
  }

  /// Bytes of the frame that was appended last; 0: none since the last `reclaim`.
  var lastFrameLength: Int {
    for output in queue[..<count].reversed() {
      if case .transmit(let frame) = output { return frame.length }
    }
    return 0
  }

  mutating func next() -> Output? {
    guard taken < count else { return nil }
    defer { taken += 1 }
    return queue[taken]
  }

  /// Forgets outputs that were all taken, frames among them. At the start of every call into
  /// the model, so that a frame stays readable until then.
  mutating func reclaim() {
    guard taken > 0, taken == count else { return }
    count = 0
    frames.removeAll()
    repeatedFrom = nil
    taken = 0
  }

  /// Sends a frame of `frames` once more.
  mutating func repeatFrame(_ frame: FrameReference) {
    repeatFrame(frames.copy(of: frame.range))
  }

  /// Sends a frame as it is.
  mutating func repeatFrame(_ bytes: [UInt8]) {
    let range = frames.append(bytes.span, paddedTo: 0)
    if repeatedFrom == nil { repeatedFrom = range.lowerBound }
    append(.transmit(FrameReference(range: range)))
  }

  /// Whether `repeatFrame` put it there. They are taken before anything else is sent, so all
  /// frames behind the first are.
  func isRepeated(_ frame: FrameReference) -> Bool {
    repeatedFrom.map { frame.range.lowerBound >= $0 } ?? false
  }

  /// Appends the frame at `range` of `bytes`, padded with zeros to Ethernet's minimum.
  mutating func appendFrame(_ bytes: [UInt8], _ range: Range<Int>) {
    let range = frames.append(
      bytes.span.extracting(range), paddedTo: EthernetFrame.minimumBytes)
    append(.transmit(FrameReference(range: range)))
  }

  static func == (left: Outputs, right: Outputs) -> Bool {
    left.queue[..<left.count] == right.queue[..<right.count] && left.taken == right.taken
      && left.frames == right.frames && left.repeatedFrom == right.repeatedFrom
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(queue[..<count])
    hasher.combine(taken)
    hasher.combine(frames)
    hasher.combine(repeatedFrom)
  }
}
