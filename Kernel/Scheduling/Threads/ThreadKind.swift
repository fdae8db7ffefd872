// What a thread is for, and before whom it runs because of that.

/// What a thread is for.
public enum ThreadKind: UInt8, Hashable, Sendable, CaseIterable {
  /// Executes in the kernel only.
  case kernel
  /// A process's thread that has nothing to do with RPC.
  case user
  /// Serves calls on a worker endpoint of its own (paper §6).
  case rpcWorker

  public var schedulingClass: SchedulingClass { self == .rpcWorker ? .workers : .general }
}

/// Which queue of a core a thread waits in. A class that comes first runs first, except that
/// general threads are not made to wait for ever (`KernelRules.generalPatienceNanoseconds`).
public enum SchedulingClass: UInt8, Hashable, Comparable, Sendable, CaseIterable {
  case workers
  case general

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
