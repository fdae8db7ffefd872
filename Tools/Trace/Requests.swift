// Requests out of events: what the tag joins, from the frame in to the frame out.

import Tracing

/// One request, as far as the trace shows it.
struct Request {
  let tag: UInt64
  /// In time order.
  var events: [Event]

  /// When something happened first.
  func time(of event: TraceEvent) -> UInt64? {
    events.first { $0.record.event == event }?.nanoseconds
  }

  private func lastTime(of event: TraceEvent) -> UInt64? {
    events.last { $0.record.event == event }?.nanoseconds
  }

  /// The kernel's dispatch thread had a hand in it.
  var isCold: Bool {
    events.contains { $0.record.event == .callTaken || $0.record.event == .resumeTaken }
      || events.count { $0.record.event == .messageTaken } > 1
  }

  /// From when to when a core had it in a stage: what `spans` shows and histograms count.
  struct Span {
    let stage: Stage
    let name: String
    let start: UInt64
    let end: UInt64
    /// Nil: in the NIC.
    let core: UInt16?
  }

  /// The intervals between the points that the trace has. ③ and ④ are there for cold requests.
  var spans: [Span] {
    var spans: [Span] = []
    func add(_ stage: Stage, _ name: String, _ start: UInt64?, _ end: UInt64?, _ core: UInt16?) {
      guard let start, let end, end >= start else { return }
      spans.append(Span(stage: stage, name: name, start: start, end: end, core: core))
    }
    let received = time(of: .frameReceived)
    let worker = events.last { $0.record.event == .messageTaken }
    let kernel = events.first { $0.record.event == .messageTaken }
    add(.receive, "① receive", received, time(of: .callAccepted), nil)
    add(.choose, "② wait for a core", time(of: .callAccepted), kernel?.nanoseconds, nil)
    if isCold, let kernel {
      let entered = time(of: .userEntered)
      add(.dispatch, "③ dispatch thread", kernel.nanoseconds, entered, kernel.record.core)
      add(.switchProcess, "④ switch", entered, worker?.nanoseconds, kernel.record.core)
      if entered == nil {
        add(.dispatch, "③ ④ kernel", kernel.nanoseconds, worker?.nanoseconds, kernel.record.core)
      }
    }
    // ⑤ is the moment at which the load returns, ⑦ the one at which the core loads the other line.
    let answered = lastTime(of: .lineAcknowledged)
    add(.handler, "⑥ handler", worker?.nanoseconds, answered, worker?.record.core)
    add(.encode, "⑧ encode", answered, time(of: .callEnded), nil)
    add(.send, "⑨ send", time(of: .callEnded), time(of: .frameSent), nil)
    return spans
  }

  /// Guest instructions of its core from the worker's load to the answer, as the NIC counted them.
  var handlerInstructions: UInt64? {
    guard let taken = events.last(where: { $0.record.event == .messageTaken }),
      let answered = events.last(where: { $0.record.event == .lineAcknowledged }),
      taken.record.core == answered.record.core
    else { return nil }
    return answered.record.second &- taken.record.second
  }

  var isComplete: Bool { time(of: .frameReceived) != nil && time(of: .frameSent) != nil }

  /// All requests of a capture, by the time of their first event.
  static func all(in capture: Capture) -> [Request] {
    var byTag: [UInt64: Int] = [:]
    var requests: [Request] = []
    for event in capture.events where event.record.tag != 0 {
      if let index = byTag[event.record.tag] {
        requests[index].events.append(event)
      } else {
        byTag[event.record.tag] = requests.count
        requests.append(Request(tag: event.record.tag, events: [event]))
      }
    }
    return requests
  }
}
