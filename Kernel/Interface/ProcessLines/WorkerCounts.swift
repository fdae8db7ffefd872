// What the kernel knows of a process's workers and the NIC does not.
//
// The NIC sees by itself which workers run, from the cores' state lines, and which wait to be
// named. It does not see threads that have no endpoint yet, nor those that stand in a core's run
// queue.

/// Word 2 of a process's state line:
///
///     bits  0…15  workers: threads that serve calls, or will; 0: not known
///     bits 16…31  of them, those that wait in run queues for a core that the kernel gives them
///     bits 32…63  zero
public struct WorkerCounts: Hashable, Sendable {
  public var workers: UInt16
  public var queued: UInt16

  @inlinable
  public init(workers: UInt16 = 0, queued: UInt16 = 0) {
    self.workers = workers
    self.queued = queued
  }

  @inlinable public init(word: UInt64) {
    self.init(
      workers: UInt16(truncatingIfNeeded: word), queued: UInt16(truncatingIfNeeded: word >> 16))
  }

  @inlinable public var word: UInt64 { UInt64(workers) | UInt64(queued) << 16 }
}
