// What a process needs, and what it has: the word by which the kernel divides cores.

/// Word 0 of a process's load line; each number stops at 65,535.
///
///     bits  0…15  calls that wait for a core
///     bits 16…31  cores that run its workers, waiting ones included
///     bits 32…47  of them, cores on which a worker has a call
///     bits 48…63  cores wanted: those with a call, and one more for every call that waits and
///                 every worker that waits for a core, but no more than its maximum or its workers
public struct ProcessDemand: Hashable, Sendable {
  public var callsWaiting: UInt16
  public var cores: UInt16
  public var busyCores: UInt16
  public var coresWanted: UInt16

  @inlinable
  public init(
    callsWaiting: UInt16 = 0, cores: UInt16 = 0, busyCores: UInt16 = 0, coresWanted: UInt16 = 0
  ) {
    self.callsWaiting = callsWaiting
    self.cores = cores
    self.busyCores = busyCores
    self.coresWanted = coresWanted
  }

  @inlinable public init(word: UInt64) {
    self.init(
      callsWaiting: UInt16(truncatingIfNeeded: word), cores: UInt16(truncatingIfNeeded: word >> 16),
      busyCores: UInt16(truncatingIfNeeded: word >> 32),
      coresWanted: UInt16(truncatingIfNeeded: word >> 48))
  }

  @inlinable public var word: UInt64 {
    UInt64(callsWaiting) | UInt64(cores) << 16 | UInt64(busyCores) << 32
      | UInt64(coresWanted) << 48
  }
}
