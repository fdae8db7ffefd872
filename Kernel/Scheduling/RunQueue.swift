// The threads that are ready on one core, first come, first served.

public import Interface

/// A bounded queue of threads, owned by one core.
public struct RunQueue: Sendable {
  /// As many as there can be threads, so that it can never be full.
  public static var capacity: Int { 256 }

  private var threads = InlineArray<256, UInt16>(repeating: 0)
  private var first = 0
  public private(set) var count = 0

  public init() {}

  /// Appends a thread; false when the queue is full.
  public mutating func append(_ thread: ThreadIdentifier) -> Bool {
    guard count < Self.capacity else { return false }
    threads[(first + count) % Self.capacity] = thread.number
    count += 1
    return true
  }

  /// Takes the thread that waited longest; nil when none does.
  public mutating func takeFirst() -> ThreadIdentifier? {
    guard count > 0 else { return nil }
    let thread = ThreadIdentifier(threads[first])
    first = (first + 1) % Self.capacity
    count -= 1
    return thread
  }
}
