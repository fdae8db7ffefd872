// Chrome's trace event format, which Perfetto (ui.perfetto.dev) reads: JSON, times in microseconds.
//
// Process 1 is the kernel's cores and process 2 the NIC; a thread of either is a track. A request
// is a flow: an arrow from the NIC's track to each core that had a hand in it, and back.

import Foundation
import Tracing

/// One element of `traceEvents`. The names are the format's.
struct ChromeEvent: Encodable {
  /// X: an interval, i: an instant, s, t, f: a flow's start, step and end, M: a name of a track.
  let ph: String
  let name: String
  let cat: String
  let ts: Double
  let pid: Int
  let tid: Int
  var dur: Double?
  var id: String?
  /// Of an instant: t, only its own track.
  var s: String?
  /// Of a flow's end: e, to the interval around it.
  var bp: String?
  var args: [String: String]?
}

struct ChromeTrace: Encodable {
  private(set) var traceEvents: [ChromeEvent] = []
  let displayTimeUnit = "ns"

  private static let coresTrack = 1
  private static let nicTrack = 2

  init(_ capture: Capture) {
    addTrackNames(capture)
    for event in capture.events { addInstant(event, capture) }
    for line in capture.logLines {
      traceEvents.append(
        ChromeEvent(
          ph: "i", name: line.text, cat: "log", ts: Self.microseconds(line.nanoseconds),
          pid: Self.coresTrack, tid: Int(line.core), s: "t"))
    }
    for request in Request.all(in: capture) { addFlow(request) }
    addUserIntervals(capture)
  }

  private static func microseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1000 }

  private mutating func addTrackNames(_ capture: Capture) {
    func add(_ kind: String, _ name: String, pid: Int, tid: Int) {
      traceEvents.append(
        ChromeEvent(
          ph: "M", name: kind, cat: "__metadata", ts: 0, pid: pid, tid: tid, args: ["name": name]))
    }
    add("process_name", "Cores", pid: Self.coresTrack, tid: 0)
    add("process_name", "NIC", pid: Self.nicTrack, tid: 0)
    add("thread_name", "frames and calls", pid: Self.nicTrack, tid: 0)
    let cores = Set(capture.events.map(\.record.core)).subtracting([TraceRecord.noCore])
    for core in cores.sorted() {
      add("thread_name", "core \(core)", pid: Self.coresTrack, tid: Int(core))
    }
  }

  private mutating func addInstant(_ event: Event, _ capture: Capture) {
    let record = event.record
    let hasCore = record.core != TraceRecord.noCore
    traceEvents.append(
      ChromeEvent(
        ph: "i", name: EventWords.name(record), cat: EventWords.source(record),
        ts: Self.microseconds(event.nanoseconds),
        pid: hasCore ? Self.coresTrack : Self.nicTrack, tid: hasCore ? Int(record.core) : 0,
        s: "t", args: EventWords.arguments(record, capture.processNames)))
  }

  /// Intervals of each stage, and one flow through them.
  private mutating func addFlow(_ request: Request) {
    let spans = request.spans
    for span in spans {
      var event = ChromeEvent(
        ph: "X", name: span.name, cat: "request", ts: Self.microseconds(span.start),
        pid: span.core == nil ? Self.nicTrack : Self.coresTrack, tid: Int(span.core ?? 0),
        dur: Self.microseconds(span.end - span.start), args: ["tag": String(request.tag)])
      if span.stage == .handler, let count = request.handlerInstructions {
        event.args?["instructions"] = String(count)
      }
      traceEvents.append(event)
    }
    guard spans.count > 1 else { return }
    for (index, span) in spans.enumerated() {
      let isLast = index == spans.count - 1
      traceEvents.append(
        ChromeEvent(
          ph: index == 0 ? "s" : isLast ? "f" : "t", name: "request", cat: "request",
          ts: Self.microseconds(span.start),
          pid: span.core == nil ? Self.nicTrack : Self.coresTrack, tid: Int(span.core ?? 0),
          id: String(request.tag), bp: isLast ? "e" : nil))
    }
  }

  /// How long each core was in which process: from `user_entered` to `user_yielded`.
  private mutating func addUserIntervals(_ capture: Capture) {
    var entered: [UInt16: Event] = [:]
    for event in capture.events {
      switch event.record.event {
      case .userEntered: entered[event.record.core] = event
      case .userYielded, .userFaulted, .processEnded:
        guard let start = entered.removeValue(forKey: event.record.core) else { continue }
        let process = UInt16(truncatingIfNeeded: start.record.first >> 16)
        traceEvents.append(
          ChromeEvent(
            ph: "X", name: capture.processNames[process] ?? "process \(process)", cat: "process",
            ts: Self.microseconds(start.nanoseconds), pid: Self.coresTrack,
            tid: Int(event.record.core),
            dur: Self.microseconds(event.nanoseconds - start.nanoseconds)))
      default: break
      }
    }
  }

  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
