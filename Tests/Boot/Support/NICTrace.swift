// What the NIC recorded of a run (Kernel/Tracing), for tests that ask when something happened.

import Foundation
import Harness
import Interface
import Testing
import Tracing

/// The device's file of events, when the guest has ended. Times are in nanoseconds of its clock.
struct NICTrace {
  /// A call, from the frame that brought it to the frame that answered it.
  struct Call {
    let arrival: UInt64
    let answer: UInt64
  }

  private let records: [TraceRecord]

  init(file path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    #expect(
      try StreamHeader(Array(bytes.prefix(StreamHeader.bytes)).span).ticksPerSecond == 1_000_000_000
    )
    var records: [TraceRecord] = []
    var offset = StreamHeader.bytes
    while let record = TraceRecord(bytes.span, at: offset) {
      records.append(record)
      offset += TraceRecord.bytes
    }
    self.records = records
  }

  /// All answered calls of a procedure, by transaction.
  func calls(of target: RPCProcedure) -> [UInt32: Call] {
    let procedure = UInt64(target.program) << 32 | UInt64(target.procedure)
    var calls: [UInt32: Call] = [:]
    var accepted: [UInt64: (transaction: UInt32, time: UInt64)] = [:]
    for record in records {
      switch record.event {
      case .callAccepted where record.second == procedure:
        accepted[record.tag] = (record.first, record.time)
      case .frameSent:
        guard let call = accepted.removeValue(forKey: record.tag) else { continue }
        calls[call.transaction] = Call(arrival: call.time, answer: record.time)
      default: continue
      }
    }
    return calls
  }

  /// What the cores did, as the kernel published it.
  func states(cores: Int) -> CoreHistory {
    CoreHistory(
      cores: cores,
      changes: records.compactMap { record in
        guard record.event == .coreStateSeen, let state = CoreState(word: record.second) else {
          return nil
        }
        return CoreHistory.Change(
          nanoseconds: record.time, core: Int(record.core), state: state)
      })
  }
}
