// Records of what kernel and NIC have counted: for the console, and for programs
// (SystemInterface/SystemRecord.swift says what the words mean).
//
// Other cores count on meanwhile: a record is true for the moment in which it was made.

internal import Boot
internal import Interface
internal import Scheduling
internal import SystemInterface

/// A record's words.
struct RecordWords {
  private(set) var words = InlineArray<24, UInt64>(repeating: 0)
  private(set) var count = 0

  subscript(index: Int) -> UInt64 { words[index] }

  mutating func append(_ word: UInt64) {
    guard count < SystemRecord.wordCount else { return }
    words[count] = word
    count += 1
  }

  /// Zeros, as for a count that there is no NIC for.
  mutating func pad(to length: Int) {
    while count < length { append(0) }
  }
}

/// Makes records.
enum SystemRecords {
  /// The record of this number, or the next one that there is; nil: none is left.
  static func record(_ kind: SystemRecord, from number: UInt64) -> RecordWords? {
    switch kind {
    case .system: number == 0 ? system() : nil
    case .core: number < UInt64(Kernel.coreCount) ? core(CoreIdentifier(UInt16(number))) : nil
    case .process: firstProcess(from: number)
    case .service: service(from: number)
    case .span: firstSpan(from: number)
    }
  }

  private static func system() -> RecordWords {
    var record = RecordWords()
    record.append(0)
    record.append(Log.uptimeNanoseconds)
    record.append(UInt64(Kernel.coreCount))
    record.append(UInt64(Processes.liveCount))
    func append(_ counter: NICCounter) {
      record.append(Kernel.withTables { try? Kernel.nic?.counter(counter) } ?? 0)
    }
    append(.framesReceived)
    append(.framesSent)
    append(.callsAccepted)
    append(.callsReplied)
    append(.loadsHeld)
    append(.messagesTryAgain)
    append(.messagesYieldNow)
    append(.messagesRetire)
    append(.messagesResume)
    append(.preemptions)
    append(.violations)
    return record
  }

  private static func core(_ number: CoreIdentifier) -> RecordWords {
    let core = Kernel.cores[number]
    var record = RecordWords()
    record.append(UInt64(number.number))
    record.append(UInt64(core.running.map { Kernel.threads[$0].process.number } ?? 0))
    record.append(UInt64(core.readyCount))
    record.append(core[.dispatches])
    record.append(core[.yields])
    record.append(core[.tryAgain])
    record.append(core[.requeued])
    record.append(core[.systemCalls])
    record.append(core[.interrupts])
    record.append(core[.faults])
    record.append(core[.preemptions])
    record.append(core[.alarms])
    record.append(core[.requests])
    appendNICRecord(.core, UInt64(number.number), to: &record)
    record.pad(to: 21)
    return record
  }

  private static func firstProcess(from number: UInt64) -> RecordWords? {
    guard number <= UInt64(ProcessTable.capacity) else { return nil }
    for candidate in max(1, Int(number))...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(candidate))
      let found = Kernel.withTables {
        ProcessTable.withBlock(of: process) { block -> RecordWords in
          var record = RecordWords()
          record.append(UInt64(candidate))
          let name = block.plan.name.padded
          for word in 0..<4 {
            var packed: UInt64 = 0
            for byte in 0..<8 { packed |= UInt64(name[word * 8 + byte]) << UInt64(8 * byte) }
            record.append(packed)
          }
          record.append(UInt64(block.threadCount))
          record.append(block.pages * 4096)
          record.append(UInt64(block.life.starts))
          return record
        }
      }
      guard var record = found else { continue }
      appendNICRecord(.process, UInt64(candidate), to: &record)
      record.pad(to: 20)
      return record
    }
    return nil
  }

  private static func service(from number: UInt64) -> RecordWords? {
    var record = RecordWords()
    appendNICRecord(.service, number, to: &record)
    return record.count > 0 ? record : nil
  }

  private static func firstSpan(from number: UInt64) -> RecordWords? {
    for span in RequestSpan.allCases where UInt64(span.rawValue) >= number {
      guard let times = Kernel.withTables({ Kernel.nic?.times(of: span) }) else { continue }
      var record = RecordWords()
      record.append(UInt64(span.rawValue))
      record.append(times.count)
      record.append(times.median)
      record.append(times.percentile99)
      record.append(times.percentile999)
      record.append(times.longest)
      return record
    }
    return nil
  }

  private static func appendNICRecord(
    _ kind: NICStatistics, _ number: UInt64, to record: inout RecordWords
  ) {
    guard let nic = Kernel.nic else { return }
    var extended = record
    _ = Kernel.withTables {
      nic.readStatistics(kind, number) { _, word in extended.append(word) }
    }
    record = extended
  }
}
