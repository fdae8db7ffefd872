// The kernel's only lock between cores.
//
// Nothing on the way of a call takes one: locks are for start-up, tables and the console.

internal import Boot
internal import Synchronization

/// Lets one core at a time run a closure.
///
/// Not recursive. Interrupts are masked wherever the kernel takes a lock (the dispatch thread
/// unmasks them only at its held load), so an interrupt cannot meet its own core's lock.
public struct SpinLock: ~Copyable, Sendable {
  private let isHeld = Atomic<Bool>(false)

  public init() {}

  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// Takes the lock. Waiting cores sleep in WFE; a store to the lock's line wakes them.
  public borrowing func lock() {
    while isHeld.exchange(true, ordering: .acquiring) {
      while isHeld.load(ordering: .relaxed) { wait_for_event() }
    }
  }

  /// Gives the lock back. The holder, or a panic that ignores who holds it.
  public borrowing func unlock() {
    isHeld.store(false, ordering: .releasing)
    barrier_complete()
    send_event()
  }
}
