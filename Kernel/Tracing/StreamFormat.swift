// What stands before records: which clock they have, whose they are, what is missing.

/// The beginning of a stream of records: 32 bytes, little-endian. The device's file begins with
/// it, and every dump of the kernel's does.
///
/// | offset | bytes | content |
/// |---|---|---|
/// | 0 | 8 | `WENGENTR` |
/// | 8 | 4 | version of the format: 1 |
/// | 12 | 4 | bytes of a record: 32 |
/// | 16 | 8 | ticks of the clock in a second |
/// | 24 | 8 | cores |
public struct StreamHeader: Hashable, Sendable {
  public static var bytes: Int { 32 }
  public static var version: UInt32 { 1 }
  /// `WENGENTR` as a little-endian word.
  public static var magic: UInt64 { 0x5254_4e45_474e_4557 }

  public var ticksPerSecond: UInt64
  public var coreCount: UInt64

  public init(ticksPerSecond: UInt64, coreCount: UInt64) {
    self.ticksPerSecond = ticksPerSecond
    self.coreCount = coreCount
  }

  /// Why bytes are no header.
  public enum Failure: Error, Hashable, Sendable {
    case tooShort
    case noTrace
    case unknownVersion(UInt32)
    case noClock
  }

  public init(_ bytes: Span<UInt8>) throws(Failure) {
    guard let record = TraceRecord(bytes, at: 0) else { throw .tooShort }
    let words = record.wordsInMemory
    guard words[0] == Self.magic else { throw .noTrace }
    let version = UInt32(truncatingIfNeeded: words[1])
    guard version == Self.version, words[1] >> 32 == UInt64(TraceRecord.bytes) else {
      throw .unknownVersion(version)
    }
    guard words[2] > 0 else { throw .noClock }
    self.init(ticksPerSecond: words[2], coreCount: words[3])
  }

  /// Writes a frame with this header.
  public func write(to sink: inout some ByteSink & ~Copyable) {
    var frame = FrameWriter(.header, payloadBytes: Self.bytes, to: &sink)
    frame.put(Self.magic, bytes: 8, to: &sink)
    frame.put(UInt64(Self.version), bytes: 4, to: &sink)
    frame.put(UInt64(TraceRecord.bytes), bytes: 4, to: &sink)
    frame.put(ticksPerSecond, bytes: 8, to: &sink)
    frame.put(coreCount, bytes: 8, to: &sink)
    frame.finish(to: &sink)
  }
}

/// The beginning of an `events` frame: whose records follow and how many were lost before them.
public struct BatchHeader: Hashable, Sendable {
  public static var bytes: Int { 16 }
  /// Records in a frame at most.
  public static var largestCount: Int {
    (FrameFormat.largestPayload - bytes) / TraceRecord.bytes
  }

  public var core: UInt16
  public var isRare: Bool
  /// Over all time, so that a lost frame hides no loss.
  public var lost: UInt64

  public init(core: UInt16, isRare: Bool, lost: UInt64) {
    self.core = core
    self.isRare = isRare
    self.lost = lost
  }

  /// - Parameter payload: of an `events` frame.
  public init?(_ payload: Span<UInt8>) {
    guard payload.count >= Self.bytes, (payload.count - Self.bytes) % TraceRecord.bytes == 0 else {
      return nil
    }
    core = UInt16(payload[0]) | UInt16(payload[1]) << 8
    isRare = payload[2] != 0
    lost = 0
    for index in 0..<8 { lost |= UInt64(payload[8 + index]) << UInt64(8 * index) }
  }

  func write(_ frame: inout FrameWriter, to sink: inout some ByteSink & ~Copyable) {
    frame.put(UInt64(core), bytes: 2, to: &sink)
    frame.put(isRare ? 1 : 0, bytes: 6, to: &sink)
    frame.put(lost, bytes: 8, to: &sink)
  }
}

extension EventCursor {
  /// Writes one frame with the next records of a ring; false, and no frame, when there are none.
  public mutating func writeFrame(
    core: UInt16, isRare: Bool, from ring: EventRing, to sink: inout some ByteSink & ~Copyable
  ) -> Bool {
    // Gathered first: a frame begins with its length, and the ring's owner writes on meanwhile.
    var records = InlineArray<31, TraceRecord>(
      repeating: TraceRecord(time: 0, event: .coreStarted, core: 0))
    var count = 0
    while count < BatchHeader.largestCount, let record = read(from: ring) {
      records[count] = record
      count += 1
    }
    guard count > 0 else { return false }
    var frame = FrameWriter(
      .events, payloadBytes: BatchHeader.bytes + count * TraceRecord.bytes, to: &sink)
    BatchHeader(core: core, isRare: isRare, lost: lost).write(&frame, to: &sink)
    for index in 0..<count { frame.put(records[index], to: &sink) }
    frame.finish(to: &sink)
    return true
  }
}
