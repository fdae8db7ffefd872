// How long calls took by the guest's clock: from the NIC's own events.

import Foundation
import Tracing

/// The device's file of events (property `trace`), as far as this needs it.
enum GuestClock {
  /// When the frame came that brought a call, and when the one left that answered it, in
  /// nanoseconds.
  struct Times {
    let begin: Double
    let end: Double

    var latency: Double { end - begin }
  }

  /// By transaction; of calls that were answered.
  static func times(inFile path: String) throws(LoadFailure) -> [UInt32: Times] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .run("\(path): cannot be read")
    }
    let bytes = [UInt8](data)
    let header: StreamHeader
    do throws(StreamHeader.Failure) {
      header = try StreamHeader(Array(bytes.prefix(StreamHeader.bytes)).span)
    } catch { throw .run("\(path): is no trace of this version: \(error)") }
    var begins: [UInt64: UInt64] = [:]
    var transactions: [UInt64: UInt32] = [:]
    var times: [UInt32: Times] = [:]
    let nanosecondsPerTick = 1e9 / Double(header.ticksPerSecond)
    var offset = StreamHeader.bytes
    while let record = TraceRecord(bytes.span, at: offset) {
      offset += TraceRecord.bytes
      switch record.event {
      case .frameReceived: begins[record.tag] = record.time
      case .callAccepted: transactions[record.tag] = record.first
      case .frameSent:
        guard let begin = begins.removeValue(forKey: record.tag),
          let transaction = transactions.removeValue(forKey: record.tag)
        else { continue }
        times[transaction] = Times(
          begin: Double(begin) * nanosecondsPerTick, end: Double(record.time) * nanosecondsPerTick)
      default: continue
      }
    }
    return times
  }
}
