// The kernel's half of a dispatch policy, as far as one core's scheduler needs it.

/// In which order ready workers run, and how long.
public struct KernelRules: Hashable, Sendable {
  public enum WorkerOrder: UInt8, Hashable, Sendable, CaseIterable {
    /// First come, first served.
    case arrival
    /// By weight, as general threads.
    case weightedFair
  }

  public var workerOrder: WorkerOrder
  /// How long a worker of standard weight may keep its core while other workers are ready; nil:
  /// until its handler ends.
  public var workerQuantumNanoseconds: UInt64?
  /// How long ready general threads wait for workers and calls before one of them runs for a
  /// slice all the same; nil: for ever.
  public var generalPatienceNanoseconds: UInt64?

  public init(
    workerOrder: WorkerOrder, workerQuantumNanoseconds: UInt64?,
    generalPatienceNanoseconds: UInt64?
  ) {
    self.workerOrder = workerOrder
    self.workerQuantumNanoseconds = workerQuantumNanoseconds
    self.generalPatienceNanoseconds = generalPatienceNanoseconds
  }

  /// 100 ms: the usual `generalPatienceNanoseconds`, one slice in a hundred.
  public static var usualPatienceNanoseconds: UInt64 { 100_000_000 }

  /// The quantum of a worker with that weight.
  public func workerSliceNanoseconds(_ weight: Weight) -> UInt64? {
    workerQuantumNanoseconds.map { $0 * UInt64(weight.value) / UInt64(Weight.standard.value) }
  }
}
