// Comma-separated values (RFC 4180): one event a line, for spreadsheets and scripts.

import Tracing

enum CSV {
  static func text(_ capture: Capture) -> String {
    var lines = ["time_ns,recorder,core,source,event,stage,tag,first,second"]
    lines.reserveCapacity(capture.events.count + 1)
    for event in capture.events {
      let record = event.record
      lines.append(
        [
          String(event.nanoseconds), event.recorder == .nic ? "nic" : "kernel",
          record.core == TraceRecord.noCore ? "" : String(record.core), EventWords.source(record),
          EventWords.name(record), EventWords.stage(record),
          record.tag == 0 ? "" : String(record.tag), String(record.first), String(record.second),
        ].joined(separator: ","))
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }
}
