// How long calls took by the guest's clock: from the NIC's own events.

import Foundation
import Tracing

/// The device's file of events (property `trace`), as far as this needs it.
enum GuestClock {
  /// By transaction: nanoseconds from the frame that brought a call to the frame that answered it.
  static func latencies(inFile path: String) throws(LoadFailure) -> [UInt32: Double] {
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
    var latencies: [UInt32: Double] = [:]
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
        latencies[transaction] =
          Double(record.time - begin) * 1e9 / Double(header.ticksPerSecond)
      default: continue
      }
    }
    return latencies
  }
}
