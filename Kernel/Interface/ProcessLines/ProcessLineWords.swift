// Where the words of a process's two lines are: what the kernel says of it, and what the NIC does.
//
// One line for each direction, so that neither side ever takes a line from the other to write.

/// Word numbers in a process's state line: written by the kernel, read by the NIC (interface §7.2).
///
/// Every word means something by itself and is published by one store, so the NIC never sees half
/// of a change. `installProcess` sets all of them; from then on what the line says holds.
public enum ProcessStateWord {
  /// `CoreLimits`.
  @inlinable public static var limits: Int { 0 }
  /// How long a handler may run while others wait, in nanoseconds; 0: to its end.
  @inlinable public static var quantum: Int { 1 }
  /// `WorkerCounts`.
  @inlinable public static var workers: Int { 2 }
  /// The first of `allowedCoreWords` words: bit c % 64 of word c / 64 allows core c.
  @inlinable public static var allowedCores: Int { 8 }
  @inlinable public static var allowedCoreWords: Int { 8 }

  /// The word that has the bit of a core, and the bit.
  @inlinable
  public static func allowedBit(of core: CoreIdentifier) -> (word: Int, mask: UInt64) {
    (allowedCores + core.index / 64, 1 << UInt64(core.index % 64))
  }

  /// Words that version 1 does not define: nobody stores there.
  @inlinable public static func isReserved(_ word: Int) -> Bool {
    word > workers && word < allowedCores
  }
}

/// Word numbers in a process's load line: written by the NIC, read by the kernel (interface §7.3).
public enum ProcessLoadWord {
  /// `ProcessDemand`.
  @inlinable public static var demand: Int { 0 }
  /// Calls that the NIC accepted or rejected for the process.
  @inlinable public static var arrivals: Int { 1 }
  /// Calls that a worker got.
  @inlinable public static var deliveries: Int { 2 }
  /// The time that these have waited, in nanoseconds, all together.
  @inlinable public static var waitingNanoseconds: Int { 3 }
  /// Calls that were rejected since the queue was full.
  @inlinable public static var rejections: Int { 4 }
  /// Changes whenever the line does.
  @inlinable public static var update: Int { 5 }
}
