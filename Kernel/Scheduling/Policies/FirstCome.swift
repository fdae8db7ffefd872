// First come, first served: one queue for all cores, handlers run to their end.
//
// Optimal for the tail when service times vary little; a long call delays short ones.

internal import Interface

public struct FirstCome: DispatchPolicy {
  public static var name: StaticString { "first-come" }

  public init() {}

  public func partition(place: Int, count: Int, cores: CoreSet) -> CoreSet { cores }

  public func choose(for process: ProcessView, among cores: CoreView) -> DispatchChoice {
    chooseWithoutPreemption(for: process, among: cores)
  }

  public func precedes(_ first: ProcessView, _ second: ProcessView) -> Bool {
    (first.oldestArrivalNanoseconds, first.process)
      < (second.oldestArrivalNanoseconds, second.process)
  }

  public func quantumNanoseconds(_ weight: Weight) -> UInt64? { nil }

  public var kernelRules: KernelRules {
    KernelRules(
      workerOrder: .arrival, workerQuantumNanoseconds: nil,
      generalPatienceNanoseconds: KernelRules.usualPatienceNanoseconds)
  }
}
