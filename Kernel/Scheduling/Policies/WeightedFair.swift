// Weighted fair sharing with preemption: a handler that runs long makes way for processes that
// have had less than their share.

internal import Interface

public struct WeightedFair: DispatchPolicy {
  public static var name: StaticString { "weighted-fair" }

  /// Of a process of standard weight. Shorter serves short calls better and costs more switches.
  public var standardQuantumNanoseconds: UInt64

  /// 50 µs: a preemption (reach: 250 instructions) then costs below 1 %.
  public init(standardQuantumNanoseconds: UInt64 = 50_000) {
    self.standardQuantumNanoseconds = standardQuantumNanoseconds
  }

  public func partition(place: Int, count: Int, cores: CoreSet) -> CoreSet { cores }

  public func choose(for process: ProcessView, among cores: CoreView) -> DispatchChoice {
    let choice = chooseWithoutPreemption(for: process, among: cores)
    // Step 6, before the call would wait: its process's turn has come.
    guard choice == .queue, process.isBelowMaximum, let core = cores.overdue.first else {
      return choice
    }
    return .preempt(core)
  }

  public func precedes(_ first: ProcessView, _ second: ProcessView) -> Bool {
    (first.virtualNanoseconds, first.oldestArrivalNanoseconds, first.process)
      < (second.virtualNanoseconds, second.oldestArrivalNanoseconds, second.process)
  }

  public func quantumNanoseconds(_ weight: Weight) -> UInt64? {
    standardQuantumNanoseconds * UInt64(weight.value) / UInt64(Weight.standard.value)
  }

  public var kernelRules: KernelRules {
    KernelRules(
      workerOrder: .weightedFair, workerQuantumNanoseconds: standardQuantumNanoseconds,
      generalPatienceNanoseconds: KernelRules.usualPatienceNanoseconds)
  }
}
