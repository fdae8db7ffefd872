// Threads of one core that wait for a time, earliest first.
//
// A binary heap of thread numbers: the earliest is known at once, which is what the timer needs;
// going to sleep and waking cost log2 of the sleepers. There is room for every thread.

internal import Interface

/// A queue of sleeping threads; owned by one core. Questions are inlined, as `CoreScheduler`'s.
struct SleepQueue: Sendable {
  private var heap = InlineArray<512, UInt16>(repeating: 0)
  private(set) var count = 0

  /// When the earliest sleeper wakes.
  @inline(__always)
  func earliestNanoseconds(in records: some ThreadRecords) -> UInt64? {
    count == 0 ? nil : records[thread(0)].wakeNanoseconds
  }

  mutating func insert(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    precondition(count < SchedulingLimits.threads, "a thread sleeps twice")
    put(thread.number, at: count, in: records)
    count += 1
    siftUp(count - 1, in: records)
  }

  /// Takes a thread whose time has come.
  mutating func takeDue(
    at nowNanoseconds: UInt64, in records: some ThreadRecords
  ) -> ThreadIdentifier? {
    guard let earliest = earliestNanoseconds(in: records), earliest <= nowNanoseconds else {
      return nil
    }
    let due = thread(0)
    remove(due, in: records)
    return due
  }

  /// The thread must be in this queue.
  mutating func remove(_ removed: ThreadIdentifier, in records: some ThreadRecords) {
    let index = Int(records[removed].heapIndex)
    precondition(index < count && heap[index] == removed.number, "not in this sleep queue")
    count -= 1
    guard index < count else { return }
    put(heap[count], at: index, in: records)
    siftDown(index, in: records)
    siftUp(index, in: records)
  }

  @inline(__always)
  private func thread(_ index: Int) -> ThreadIdentifier { ThreadIdentifier(heap[index]) }

  private mutating func put(_ number: UInt16, at index: Int, in records: some ThreadRecords) {
    heap[index] = number
    records[ThreadIdentifier(number)].heapIndex = UInt16(index)
  }

  /// Changes nothing; mutating, since it is asked in loops, and would get a copy of the heap.
  private mutating func wakes(
    _ left: Int, before right: Int, in records: some ThreadRecords
  ) -> Bool {
    let (first, second) = (ThreadIdentifier(heap[left]), ThreadIdentifier(heap[right]))
    return records[first].wakeNanoseconds < records[second].wakeNanoseconds
  }

  private mutating func exchange(_ left: Int, _ right: Int, in records: some ThreadRecords) {
    let number = heap[left]
    put(heap[right], at: left, in: records)
    put(number, at: right, in: records)
  }

  private mutating func siftUp(_ start: Int, in records: some ThreadRecords) {
    var index = start
    while index > 0, wakes(index, before: (index - 1) / 2, in: records) {
      exchange(index, (index - 1) / 2, in: records)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int, in records: some ThreadRecords) {
    var index = start
    while 2 * index + 1 < count {
      var child = 2 * index + 1
      if child + 1 < count, wakes(child + 1, before: child, in: records) { child += 1 }
      guard wakes(child, before: index, in: records) else { return }
      exchange(index, child, in: records)
      index = child
    }
  }
}
