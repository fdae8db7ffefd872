// The memory that events go to: one writer that never waits, any number of readers.
//
// The newest events push out the oldest, so that after a crash the last ones are there. A reader
// notices what it missed, in a count that never wraps.

internal import Synchronization

/// A ring of records in memory that somebody else owns.
///
/// Its core writes; all may read at any time. The count of records ever written is published
/// after the record (release), and a reader looks at it again after it has copied one: a record
/// whose slot may have been taken meanwhile counts as lost.
@safe public struct EventRing: Sendable {
  /// In front of the records, on a line of its own.
  struct Header: ~Copyable {
    let written = Atomic<UInt64>(0)
  }

  static var headerBytes: Int { 128 }

  // Safety: `init` takes the memory over for good; slots are reached through `mask` only.
  nonisolated(unsafe) private let header: UnsafeMutablePointer<Header>
  nonisolated(unsafe) private let slots: UnsafeMutablePointer<UInt64>
  private let mask: UInt64

  /// Bytes for a ring of that many records.
  public static func bytes(capacity: Int) -> Int { headerBytes + capacity * TraceRecord.bytes }

  /// - Parameters:
  ///   - storage: zeroed, aligned to 128 bytes, `bytes(capacity:)` long, given over for good.
  ///   - capacity: a power of two, at least 2.
  public init(storage: UnsafeMutableRawPointer, capacity: Int) {
    precondition(capacity >= 2 && capacity & (capacity - 1) == 0, "a ring has 2ⁿ records")
    unsafe header = storage.bindMemory(to: Header.self, capacity: 1)
    unsafe header.initialize(to: Header())
    unsafe slots = (storage + Self.headerBytes).bindMemory(
      to: UInt64.self, capacity: capacity * TraceRecord.words)
    mask = UInt64(capacity - 1)
  }

  public var capacity: Int { Int(mask) + 1 }

  /// Records ever written.
  public var written: UInt64 { unsafe header.pointee.written.load(ordering: .acquiring) }

  /// Appends a record. The owning core only.
  @inline(__always)
  func append(_ time: UInt64, _ tag: UInt64, _ head: UInt64, _ second: UInt64) {
    let number = unsafe header.pointee.written.load(ordering: .relaxed)
    // The count that announces this slot's end of life comes before its new content.
    atomicMemoryFence(ordering: .releasing)
    let slot = unsafe slots + Int(number & mask) * TraceRecord.words
    unsafe slot[0] = time
    unsafe slot[1] = tag
    unsafe slot[2] = head
    unsafe slot[3] = second
    unsafe header.pointee.written.store(number &+ 1, ordering: .releasing)
  }

  /// Appends a record that was made elsewhere. The ring's writer only.
  public func append(_ record: TraceRecord) {
    let words = record.wordsInMemory
    append(words[0], words[1], words[2], words[3])
  }

  /// Copies record `number`; nil when it is not written yet or was pushed out.
  func copy(_ number: UInt64) -> InlineArray<4, UInt64>? {
    let end = written
    // The slot after the newest may be in the writing: it counts as pushed out.
    guard number < end, end - number <= mask else { return nil }
    let slot = unsafe slots + Int(number & mask) * TraceRecord.words
    let words: InlineArray<4, UInt64> = unsafe [slot[0], slot[1], slot[2], slot[3]]
    atomicMemoryFence(ordering: .acquiring)
    guard unsafe header.pointee.written.load(ordering: .relaxed) - number <= mask else {
      return nil
    }
    return words
  }
}

/// A place in a ring, from which one reader reads on.
public struct EventCursor: Sendable {
  /// Number of the record to read next.
  public private(set) var next: UInt64 = 0
  /// Records that were pushed out before they were read, over all time.
  public private(set) var lost: UInt64 = 0

  public init() {}

  /// The oldest record that was not read yet; nil when all were.
  public mutating func read(from ring: EventRing) -> TraceRecord? {
    while true {
      let end = ring.written
      guard next < end else { return nil }
      let oldest = end - min(end, UInt64(ring.capacity - 1))
      if next < oldest {
        lost += oldest - next
        next = oldest
      }
      if let words = ring.copy(next) {
        next += 1
        return TraceRecord(words: words)
      }
    }
  }

  /// Turns to the newest `count` records; what is passed over does not count as lost.
  public mutating func rewind(_ count: Int, before ring: EventRing) {
    let end = ring.written
    next = end - min(end, UInt64(min(count, ring.capacity - 1)))
  }
}
