// An event's fields as words, by the table: what CSV and Chrome's format show.

import Tracing

enum EventWords {
  static func name(_ record: TraceRecord) -> String {
    record.event.map { $0.description.name.description } ?? "event_\(record.eventNumber)"
  }

  static func source(_ record: TraceRecord) -> String {
    record.event.map { $0.source.name.description } ?? "unknown"
  }

  static func stage(_ record: TraceRecord) -> String {
    record.event?.description.stage.map { String($0.rawValue) } ?? ""
  }

  static func arguments(
    _ record: TraceRecord, _ processNames: [UInt16: String] = [:]
  ) -> [String: String] {
    var words: [String: String] = [:]
    if record.tag != 0 { words["tag"] = String(record.tag) }
    guard let description = record.event?.description else { return words }
    if let stage = description.prototypeStage { words["prototype"] = stage.description }
    for (argument, value) in [
      (description.first, UInt64(record.first)), (description.second, record.second),
    ] {
      guard let argument else { continue }
      switch argument.unit {
      case .worker:
        let process = UInt16(truncatingIfNeeded: value >> 16)
        words["process"] = processNames[process] ?? String(process)
        words["endpoint"] = String(value & 0xffff)
      case .message:
        words["kind"] = "0x" + String(value >> 16, radix: 16)
        words["endpoint"] = String(value & 0xffff)
      case .bits: words[argument.name.description] = "0x" + String(value, radix: 16)
      case .number, .bytes, .instructions: words[argument.name.description] = String(value)
      }
    }
    return words
  }
}
