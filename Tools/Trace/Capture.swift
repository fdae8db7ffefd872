// What was captured: the kernel's frames out of a serial line, the NIC's file, one clock for both.

import Foundation
import Tracing

/// Who recorded an event: whose clock it has, and on which track it is shown.
enum Recorder: Hashable {
  case kernel
  case nic
}

/// A record on the common clock.
struct Event: Hashable {
  let nanoseconds: UInt64
  let recorder: Recorder
  let record: TraceRecord
  /// The order in which its recorder wrote it, for events of the same time.
  let order: Int
}

/// A line of the kernel's log, on the same clock.
struct LogLine: Hashable {
  let nanoseconds: UInt64
  let core: UInt16
  let text: String
}

/// Why an input cannot be used.
struct CaptureError: Error, CustomStringConvertible {
  let description: String
}

/// Everything of one run.
struct Capture {
  private(set) var events: [Event] = []
  private(set) var logLines: [LogLine] = []
  private(set) var processNames: [UInt16: String] = [:]
  /// Records that were pushed out of a ring before they were dumped.
  private(set) var lostRecords: UInt64 = 0
  /// Frames with a wrong checksum.
  private(set) var damagedFrames = 0
  /// Of a record in whose middle the NIC's file ends.
  private(set) var cutBytes = 0
  private var lostByRing: [Int: UInt64] = [:]
  private var ticksPerSecond: UInt64 = 1

  /// Sorts what was added: by time, and by recorder where a record tells no more.
  mutating func finish() {
    events.sort { left, right in
      if left.nanoseconds != right.nanoseconds { return left.nanoseconds < right.nanoseconds }
      if left.recorder == right.recorder { return left.order < right.order }
      // The kernel's clock is coarser (16 ns under QEMU) and rounds down.
      return left.recorder == .nic
    }
    logLines.sort { $0.nanoseconds < $1.nanoseconds }
    lostRecords = lostByRing.values.reduce(0, +)
  }

  // MARK: The NIC's file

  mutating func addNICFile(_ bytes: [UInt8], path: String) throws(CaptureError) {
    let header = try streamHeader(Array(bytes.prefix(StreamHeader.bytes)), path)
    // As when QEMU was killed while it wrote; what is before counts.
    cutBytes = (bytes.count - StreamHeader.bytes) % TraceRecord.bytes
    var offset = StreamHeader.bytes
    while let record = TraceRecord(bytes.span, at: offset) {
      add(record, by: .nic, ticksPerSecond: header.ticksPerSecond)
      offset += TraceRecord.bytes
    }
  }

  private func streamHeader(_ bytes: [UInt8], _ path: String) throws(CaptureError) -> StreamHeader {
    do throws(StreamHeader.Failure) {
      return try StreamHeader(bytes.span)
    } catch {
      switch error {
      case .tooShort: throw CaptureError(description: "\(path): shorter than a header")
      case .noTrace: throw CaptureError(description: "\(path): is no trace")
      case .unknownVersion(let version):
        throw CaptureError(description: "\(path): version \(version) of the format is unknown")
      case .noClock: throw CaptureError(description: "\(path): its clock has no frequency")
      }
    }
  }

  private mutating func add(
    _ record: TraceRecord, by recorder: Recorder, ticksPerSecond: UInt64
  ) {
    let (seconds, rest) = record.time.quotientAndRemainder(dividingBy: ticksPerSecond)
    let fraction = rest.multipliedFullWidth(by: 1_000_000_000)
    let nanoseconds =
      seconds &* 1_000_000_000 &+ ticksPerSecond.dividingFullWidth(fraction).quotient
    events.append(
      Event(nanoseconds: nanoseconds, recorder: recorder, record: record, order: events.count))
  }

  // MARK: The serial line

  /// Text and frames, mixed, as the guest wrote them.
  mutating func addSerialLine(_ bytes: [UInt8], path: String) throws(CaptureError) {
    var text: [UInt8] = []
    var reader = FrameReader(bytes.span)
    while let piece = reader.next() {
      switch piece {
      case .text(let range): text += bytes[range]
      case .frame(let kind, let range): try addFrame(kind, Array(bytes[range]), path)
      }
    }
    damagedFrames += reader.damagedFrames
    for line in String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline) {
      if let line = LogLine(parsing: line) { logLines.append(line) }
    }
  }

  private mutating func addFrame(
    _ kind: FrameKind, _ payload: [UInt8], _ path: String
  ) throws(CaptureError) {
    switch kind {
    case .header: ticksPerSecond = try streamHeader(payload, path).ticksPerSecond
    case .processName:
      guard payload.count >= 2 else { return }
      processNames[UInt16(payload[0]) | UInt16(payload[1]) << 8] =
        String(decoding: payload[2...], as: UTF8.self)
    case .events:
      guard let batch = BatchHeader(payload.span) else { return }
      lostByRing[Int(batch.core) * 2 + (batch.isRare ? 1 : 0)] = batch.lost
      var offset = BatchHeader.bytes
      while let record = TraceRecord(payload.span, at: offset) {
        add(record, by: .kernel, ticksPerSecond: ticksPerSecond)
        offset += TraceRecord.bytes
      }
    case .end: break
    }
  }
}

extension LogLine {
  /// `[    0.123456] core 3 info: text`; nil for every other line.
  init?(parsing line: Substring) {
    guard
      let match = line.wholeMatch(
        of: /\[ *(?<seconds>[0-9]+)\.(?<micros>[0-9]{6})\] core (?<core>[0-9]+) (?<text>.+)/),
      let seconds = UInt64(match.seconds), let micros = UInt64(match.micros),
      let core = UInt16(match.core)
    else { return nil }
    self.init(
      nanoseconds: (seconds &* 1_000_000 &+ micros) &* 1000, core: core, text: String(match.text))
  }
}
