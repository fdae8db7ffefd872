// What the kernel's paths cost: guest instructions between two things that the NIC saw of one core.
//
// The NIC's events of a load carry how many instructions their core had executed; nothing is added
// to what is measured. An interrupt is no load, so its path is measured in time: under
// `DETERMINISTIC=1 SMP=1` a nanosecond is an instruction.

import Interface
import Tracing

/// A path, from one event of a core to another.
enum Path: CaseIterable {
  /// A worker's load returned with CALL … it loaded the other line.
  case call
  /// The kernel's load returned with CALL … the worker's load returned with the same call.
  case coldDispatch
  /// A worker's load returned with YIELDNOW … the core loaded its kernel endpoint.
  case yield
  /// The NIC interrupted a handler … a worker of another call had its own.
  case preemption
  /// A held load of the dispatch thread … its next one, when TRYAGAIN was all that came between.
  case kernelTryAgain
  /// The same in a user loop.
  case workerTryAgain

  var name: String {
    switch self {
    case .call: "⑤ ⑥ ⑦ call"
    case .coldDispatch: "③ ④ cold dispatch"
    case .yield: "YIELDNOW to kernel"
    case .preemption: "preemption (ns)"
    case .kernelTryAgain: "TRYAGAIN, kernel"
    case .workerTryAgain: "TRYAGAIN, worker"
    }
  }
}

/// The costs of every path that was taken, in the order in which that happened.
struct PathCosts {
  private(set) var costs: [Path: [UInt64]] = [:]

  /// What a core has begun and not ended.
  private struct Progress {
    var call: (endpoint: UInt16, tag: UInt64, instructions: UInt64)?
    var yield: (endpoint: UInt16, instructions: UInt64)?
    /// When a handler was interrupted, and whose.
    var interrupt: (tag: UInt64, nanoseconds: UInt64)?
    /// The endpoint of its first load, which is its dispatch thread's: nobody else sends it to another.
    var kernelEndpoint: UInt16?
    /// The latest load that was held, unless something but TRYAGAIN has come since. TRYAGAIN itself is
    /// no event: idle cores would fill the trace.
    var held: (endpoint: UInt16, instructions: UInt64)?
  }

  init(_ capture: Capture) {
    var cores: [UInt16: Progress] = [:]
    for event in capture.events where event.recorder == .nic {
      follow(event, &cores[event.record.core, default: Progress()])
    }
  }

  private mutating func follow(_ event: Event, _ core: inout Progress) {
    let record = event.record
    let endpoint = UInt16(truncatingIfNeeded: record.first)
    if record.event == .coreInterrupted {
      core.interrupt = core.call.map { ($0.tag, event.nanoseconds) }
      return
    }
    guard record.event?.isLoad == true else { return }
    if core.kernelEndpoint == nil { core.kernelEndpoint = endpoint }
    followHeldLoad(record, at: endpoint, &core)
    if let yield = core.yield, yield.endpoint != endpoint {
      add(.yield, record.second &- yield.instructions)
      core.yield = nil
    }
    guard record.event != .loadHeld else { return }
    switch (record.event, MessageKind(rawValue: UInt8(truncatingIfNeeded: record.first >> 16))) {
    case (.messageTaken, .call): take(event, at: endpoint, &core)
    case (.messageTaken, .yieldNow): core.yield = (endpoint, record.second)
    case (.lineAcknowledged, .call):
      guard let call = core.call, call.endpoint == endpoint, call.tag == record.tag else { break }
      // An interrupted handler's span is not its own only.
      if core.interrupt == nil { add(.call, record.second &- call.instructions) }
      core.call = nil
      core.interrupt = nil
    default: break
    }
  }

  private mutating func followHeldLoad(
    _ record: TraceRecord, at endpoint: UInt16, _ core: inout Progress
  ) {
    guard record.event == .loadHeld else {
      core.held = nil
      return
    }
    if let held = core.held, held.endpoint == endpoint, held.instructions != record.second {
      add(
        endpoint == core.kernelEndpoint ? .kernelTryAgain : .workerTryAgain,
        record.second &- held.instructions)
    }
    core.held = (endpoint, record.second)
  }

  private mutating func take(_ event: Event, at endpoint: UInt16, _ core: inout Progress) {
    let record = event.record
    // The same call at a second endpoint: the first was the kernel's.
    if let first = core.call, first.tag == record.tag, first.endpoint != endpoint {
      add(.coldDispatch, record.second &- first.instructions)
      if let interrupt = core.interrupt, interrupt.tag != record.tag {
        add(.preemption, event.nanoseconds &- interrupt.nanoseconds)
        core.interrupt = nil
      }
    }
    core.call = (endpoint, record.tag, record.second)
  }

  private mutating func add(_ path: Path, _ cost: UInt64) { costs[path, default: []].append(cost) }
}

extension TraceEvent {
  /// A core's load, as the NIC saw it: the second argument is what the core had executed.
  fileprivate var isLoad: Bool {
    switch self {
    case .loadHeld, .messageTaken, .lineAcknowledged: true
    default: false
    }
  }
}
