// An event as it lies in memory, on the wire and in files: 32 bytes, whoever wrote it.

/// One recorded event: four little-endian words.
///
/// | word | bits | content |
/// |---|---|---|
/// | 0 | 0…63 | time, in ticks of the stream's clock |
/// | 1 | 0…63 | tag of the call; 0 when the event belongs to none |
/// | 2 | 0…15 | number of the event |
/// |   | 16…31 | core; `noCore` when it belongs to none |
/// |   | 32…63 | first argument |
/// | 3 | 0…63 | second argument |
public struct TraceRecord: Hashable, Sendable {
  public static var bytes: Int { 32 }
  public static var words: Int { 4 }
  public static var noCore: UInt16 { .max }

  public var time: UInt64
  public var tag: UInt64
  /// A number of `TraceEvent`, or one that a newer writer knows.
  public var eventNumber: UInt16
  public var core: UInt16
  public var first: UInt32
  public var second: UInt64

  public init(
    time: UInt64, event: TraceEvent, core: UInt16, tag: UInt64 = 0, first: UInt32 = 0,
    second: UInt64 = 0
  ) {
    self.time = time
    self.tag = tag
    eventNumber = event.rawValue
    self.core = core
    self.first = first
    self.second = second
  }

  public init(words: InlineArray<4, UInt64>) {
    time = words[0]
    tag = words[1]
    eventNumber = UInt16(truncatingIfNeeded: words[2])
    core = UInt16(truncatingIfNeeded: words[2] >> 16)
    first = UInt32(truncatingIfNeeded: words[2] >> 32)
    second = words[3]
  }

  public var event: TraceEvent? { TraceEvent(rawValue: eventNumber) }

  public var wordsInMemory: InlineArray<4, UInt64> {
    [time, tag, Self.headWord(eventNumber, core: core, first: first), second]
  }

  @inline(__always)
  static func headWord(_ event: UInt16, core: UInt16, first: UInt32) -> UInt64 {
    UInt64(event) | UInt64(core) << 16 | UInt64(first) << 32
  }

  /// The record at a byte offset; nil when the bytes end before it does.
  public init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard offset >= 0, offset <= bytes.count - Self.bytes else { return nil }
    var words = InlineArray<4, UInt64>(repeating: 0)
    for index in 0..<Self.bytes {
      words[index / 8] |= UInt64(bytes[offset + index]) << UInt64(index % 8 * 8)
    }
    self.init(words: words)
  }
}
