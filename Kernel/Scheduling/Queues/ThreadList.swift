// Threads in the order in which they came. The links are in the records: no memory of its own.

internal import Interface

/// A doubly linked list; a thread is in one list at most.
struct ThreadList: Sendable {
  /// In the place of a thread's number: there is none.
  static var end: UInt16 { .max }

  private var head = ThreadList.end
  private var tail = ThreadList.end

  var isEmpty: Bool { head == Self.end }
  var first: ThreadIdentifier? { head == Self.end ? nil : ThreadIdentifier(head) }
  var last: ThreadIdentifier? { tail == Self.end ? nil : ThreadIdentifier(tail) }

  mutating func append(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    records[thread].next = Self.end
    records[thread].previous = tail
    if tail == Self.end {
      head = thread.number
    } else {
      records[ThreadIdentifier(tail)].next = thread.number
    }
    tail = thread.number
  }

  /// The thread must be in this list.
  mutating func remove(_ thread: ThreadIdentifier, in records: some ThreadRecords) {
    let next = records[thread].next
    let previous = records[thread].previous
    if previous == Self.end {
      head = next
    } else {
      records[ThreadIdentifier(previous)].next = next
    }
    if next == Self.end {
      tail = previous
    } else {
      records[ThreadIdentifier(next)].previous = previous
    }
    records[thread].next = Self.end
    records[thread].previous = Self.end
  }

  mutating func popFirst(in records: some ThreadRecords) -> ThreadIdentifier? {
    guard let thread = first else { return nil }
    remove(thread, in: records)
    return thread
  }

  /// The thread before `thread`; nil at the list's head.
  func previous(of thread: ThreadIdentifier, in records: some ThreadRecords) -> ThreadIdentifier? {
    let previous = records[thread].previous
    return previous == Self.end ? nil : ThreadIdentifier(previous)
  }
}
