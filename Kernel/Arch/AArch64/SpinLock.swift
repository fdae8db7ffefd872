// The kernel's only lock between cores.
//
// Nothing on the way of a call takes one: locks are for start-up, tables and the console.

internal import Boot
internal import Synchronization

/// The kernel's locks in their order: a core that holds one may take only those after it. With
/// `make kernel CHECKS=1` the order is checked at every lock.
public enum LockRank: UInt64, Sendable {
  /// Processes, threads' places, address spaces, frames, the NIC's commands, served programs.
  case tables = 0
  /// The serial port and its queue.
  case console = 1
}

/// Lets one core at a time run a closure.
///
/// Not recursive. Interrupts are masked wherever the kernel takes a lock (the dispatch thread
/// unmasks them only at its held load), so an interrupt cannot meet its own core's lock.
public struct SpinLock: ~Copyable, Sendable {
  private let isHeld = Atomic<Bool>(false)
  private let rank: LockRank

  public init(_ rank: LockRank) { self.rank = rank }

  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// Takes the lock. Waiting cores sleep in WFE; a store to the lock's line wakes them.
  public borrowing func lock() {
    #if CHECKS
      precondition(core_held_locks() >> rank.rawValue == 0, "a lock out of its order")
      core_set_held_locks(core_held_locks() | 1 << rank.rawValue)
    #endif
    while isHeld.exchange(true, ordering: .acquiring) {
      while isHeld.load(ordering: .relaxed) { wait_for_event() }
    }
  }

  /// Gives the lock back. The holder, or a panic that ignores who holds it.
  public borrowing func unlock() {
    #if CHECKS
      core_set_held_locks(core_held_locks() & ~(1 << rank.rawValue))
    #endif
    isHeld.store(false, ordering: .releasing)
    barrier_complete()
    send_event()
  }
}
