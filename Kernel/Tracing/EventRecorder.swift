// One core's events: a ring for the frequent ones, a ring for the rare ones.

/// What a core records with. Whether it does, a `SourceMask` beside it says: a point in the code
/// costs a load, a test and a branch while its source is off, and its arguments are computed
/// behind the branch.
public struct EventRecorder: Sendable {
  private let core: UInt16
  public let frequent: EventRing
  public let rare: EventRing

  /// Records in the ring of frequent events: 32 KiB.
  public static var frequentCapacity: Int { 1024 }
  /// Records in the ring of rare events.
  public static var rareCapacity: Int { 128 }
  /// Memory for both rings.
  public static var bytes: Int {
    EventRing.bytes(capacity: frequentCapacity) + EventRing.bytes(capacity: rareCapacity)
  }

  /// - Parameter storage: zeroed, aligned to 128 bytes, `bytes` long, given over for good.
  public init(core: UInt16, storage: UnsafeMutableRawPointer) {
    self.core = core
    // Safety: the caller's memory, `bytes` long, is divided between the two rings.
    frequent = unsafe EventRing(storage: storage, capacity: Self.frequentCapacity)
    rare = unsafe EventRing(
      storage: storage + EventRing.bytes(capacity: Self.frequentCapacity),
      capacity: Self.rareCapacity)
  }

  /// Records an event whose source is on. The owning core only.
  @inline(__always)
  public func record(
    _ event: TraceEvent, time: UInt64, tag: UInt64, first: UInt32, second: UInt64
  ) {
    let head = TraceRecord.headWord(event.rawValue, core: core, first: first)
    (event.isRare ? rare : frequent).append(time, tag, head, second)
  }
}
