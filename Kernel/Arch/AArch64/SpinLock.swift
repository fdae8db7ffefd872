// The kernel's only lock between cores.
//
// Nothing on the way of a call takes one: locks are for start-up, tables and the console.

internal import Boot
internal import Synchronization

/// The kernel's locks in their order: a core that holds one may take only those after it. With
/// `make kernel CHECKS=1` the order is checked at every lock.
public enum LockRank: UInt64, CaseIterable, Sendable {
  /// Processes, threads' places, address spaces, frames, the NIC's commands, served programs.
  case tables = 0
  /// The serial port and its queue.
  case console = 1

  public var name: StaticString {
    switch self {
    case .tables: "tables"
    case .console: "console"
    }
  }
}

/// Lets one core at a time run a closure.
///
/// Not recursive. Interrupts are masked wherever the kernel takes a lock (the dispatch thread
/// unmasks them only at its held load), so an interrupt cannot meet its own core's lock.
public struct SpinLock: ~Copyable, Sendable {
  /// How long one core may have it while another waits. What a lock is held for takes microseconds.
  private static var stuckNanoseconds: UInt64 { 5_000_000_000 }

  /// TPIDR_EL1 of the core that has it, and 1, since that is 0 very early; 0: nobody has it.
  private let holder = Atomic<UInt64>(0)
  /// How often it was taken: a core that takes it again and again is not one that keeps it.
  private let turns = Atomic<UInt64>(0)
  private let rank: LockRank

  public init(_ rank: LockRank) { self.rank = rank }

  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// Takes the lock.
  public borrowing func lock() {
    #if CHECKS
      precondition(core_held_locks() >> rank.rawValue == 0, "a lock out of its order")
      core_set_held_locks(core_held_locks() | 1 << rank.rawValue)
    #endif
    let core = read_core_local() | 1
    while !holder.compareExchange(expected: 0, desired: core, ordering: .acquiring).exchanged {
      wait()
    }
    turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// Sleeps in WFE until nobody has the lock: `unlock` sends an event, and so does the timer now and
  /// then, since a core that has died sends none. Nobody else would find that out when all wait for it,
  /// with interrupts masked.
  @inline(never)
  private borrowing func wait() {
    let limit = GenericTimer.ticks(nanoseconds: Self.stuckNanoseconds)
    var seen = turns.load(ordering: .relaxed)
    var begin = GenericTimer.now
    while true {
      let core = holder.load(ordering: .relaxed)
      if core == 0 { return }
      let turn = turns.load(ordering: .relaxed)
      if turn != seen { (seen, begin) = (turn, GenericTimer.now) }
      if GenericTimer.now - begin > limit { kernel_lock_stuck(rank.rawValue, core & ~1) }
      wait_for_event()
    }
  }

  /// Gives the lock back. The holder, or a panic that ignores who holds it.
  public borrowing func unlock() {
    #if CHECKS
      core_set_held_locks(core_held_locks() & ~(1 << rank.rawValue))
    #endif
    holder.store(0, ordering: .releasing)
    barrier_complete()
    send_event()
  }
}
