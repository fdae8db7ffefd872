// Ready threads of one class on one core, by weight, with a pick in constant time.
//
// Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", SIGCOMM'96; for
// processors: "A Hierarchical CPU Scheduler", OSDI'96): a thread that becomes ready gets the tag
// max(virtual time, its last tag + time it ran ÷ weight); the smallest tag runs; the virtual time
// is the tag of the thread that runs. Any two threads that stay ready get time in proportion to
// their weights, within one slice of each.
//
// A sorted tree would make the pick depend on the number of threads. Here tags are rounded to
// granules of 2^17 ns and a ring of 64 lists holds the 64 granules from the virtual time on, with
// a bit for each list that is not empty: the pick is a rotation and a count of trailing zeros.
// Rounding costs one granule of fairness, an eighth of a slice. The ring suffices since a full
// slice costs the same virtual time, 8 granules, whatever the weight (Weight.sliceNanoseconds).

internal import Interface

/// A queue of ready threads; owned by one core.
struct FairQueue: Sendable {
  static var granuleShift: UInt64 { 17 }
  static var bucketCount: UInt64 { 64 }
  /// How far ahead of the virtual time a tag can be. A thread that overruns its slices by more
  /// (the kernel held it on its core) is forgiven the rest.
  static var horizonNanoseconds: UInt64 { (bucketCount - 1) << granuleShift }
  /// Threads that a steal looks at before it gives up: it is answered on the way of `schedule`.
  static var stealScanLimit: Int { 16 }

  private var lists = InlineArray<64, ThreadList>(repeating: ThreadList())
  /// Bit b: list b is not empty.
  private var occupied: UInt64 = 0
  private(set) var virtualNanoseconds: UInt64 = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  private var currentBucket: UInt64 {
    (virtualNanoseconds >> Self.granuleShift) % Self.bucketCount
  }

  /// `occupied`, with the bucket of the virtual time as bit 0.
  private var upcoming: UInt64 {
    occupied >> currentBucket | occupied << ((Self.bucketCount - currentBucket) % 64)
  }

  mutating func insert(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    let tag = min(
      max(records[thread].startTag, virtualNanoseconds),
      virtualNanoseconds + Self.horizonNanoseconds)
    let bucket = (tag >> Self.granuleShift) % Self.bucketCount
    records[thread].startTag = tag
    records[thread].bucket = UInt8(bucket)
    lists[Int(bucket)].append(thread, in: records)
    occupied |= 1 << bucket
    count += 1
  }

  /// Takes the thread whose turn it is, and makes its tag the virtual time.
  mutating func takeFirst(in records: some ThreadRecords) -> ThreadIdentifier? {
    guard occupied != 0 else { return nil }
    let bucket =
      (currentBucket + UInt64(upcoming.trailingZeroBitCount)) % Self.bucketCount
    guard let thread = lists[Int(bucket)].first else { return nil }
    remove(thread, in: records)
    virtualNanoseconds = max(virtualNanoseconds, records[thread].startTag)
    return thread
  }

  /// The thread must be in this queue.
  mutating func remove(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    let bucket = records[thread].bucket
    lists[Int(bucket)].remove(thread, in: records)
    if lists[Int(bucket)].isEmpty { occupied &= ~(1 << UInt64(bucket)) }
    count -= 1
  }

  /// A thread ran while nobody waited: that was nobody's loss, so the virtual time follows.
  mutating func advance(to tag: UInt64) {
    guard isEmpty else { return }
    virtualNanoseconds = max(virtualNanoseconds, tag)
  }

  /// Takes a thread that may run on another core: of those that would run last here, the first
  /// that may. Nil when none of the last `stealScanLimit` may.
  mutating func takeLast(
    for core: CoreIdentifier, in records: some ThreadRecords
  ) -> ThreadIdentifier? {
    var remaining = upcoming
    var looked = 0
    while remaining != 0 {
      let offset = 63 - UInt64(remaining.leadingZeroBitCount)
      remaining &= ~(1 << offset)
      let bucket = Int((currentBucket + offset) % Self.bucketCount)
      var candidate = lists[bucket].last
      while let thread = candidate {
        if records[thread].affinity.contains(core) {
          remove(thread, in: records)
          return thread
        }
        looked += 1
        guard looked < Self.stealScanLimit else { return nil }
        candidate = lists[bucket].previous(of: thread, in: records)
      }
    }
    return nil
  }
}
