// Every process has cores of its own and nobody else's: what kernel bypass does.
//
// The rival in the figures (paper §2: works "when the workload is relatively static, can be bound
// to dedicated cores, and is rarely idle"), not a recommendation: it leaves cores idle while
// calls wait, so R14's work conservation holds within a partition only.

internal import Interface

public struct StaticPartition: DispatchPolicy {
  public static var name: StaticString { "static-partition" }

  public init() {}

  /// The cores in order, cut into equal parts; with more processes than cores, several share one.
  public func partition(place: Int, count: Int, cores: CoreSet) -> CoreSet {
    precondition(place >= 0 && place < count, "no such place")
    let available = cores.count
    guard available > 0 else { return .none }
    let start = place * available / count
    let end = max((place + 1) * available / count, start + 1)
    var part = CoreSet.none
    var remaining = cores
    var position = 0
    while let core = remaining.popFirst() {
      if position >= start && position < end { part.insert(core) }
      position += 1
    }
    return part
  }

  /// As the others, within the partition; a worker that waits keeps its core, unless it shares it.
  public func choose(for process: ProcessView, among cores: CoreView) -> DispatchChoice {
    chooseWithoutPreemption(for: process, among: cores)
  }

  public func precedes(_ first: ProcessView, _ second: ProcessView) -> Bool {
    FirstCome().precedes(first, second)
  }

  public func quantumNanoseconds(_ weight: Weight) -> UInt64? { nil }

  /// No general thread gets a core that belongs to a process as long as there is work for it.
  public var kernelRules: KernelRules {
    KernelRules(
      workerOrder: .arrival, workerQuantumNanoseconds: nil, generalPatienceNanoseconds: nil)
  }
}
