// A dispatch policy: pure decisions, the NIC's half and the kernel's half in one value.
//
// The NIC asks where a call goes and whose turn it is; the kernel asks in which order and for how
// long workers run. Both ask the same value, chosen by a boot argument, so the halves fit. To add
// a policy: a file with a type that conforms, and its case in `SelectedPolicy`.

internal import Interface

/// The decisions of a policy. The steps in comments are those of interface §11.
public protocol DispatchPolicy: Sendable {
  /// The value of the boot argument `policy=`.
  static var name: StaticString { get }

  /// The cores that a process may use.
  /// - Parameters:
  ///   - place: the process's place among the `count` processes, from 0.
  ///   - cores: all cores on RPC duty.
  func partition(place: Int, count: Int, cores: CoreSet) -> CoreSet

  /// Where a call of `process` goes.
  func choose(for process: ProcessView, among cores: CoreView) -> DispatchChoice

  /// Whether a core that both could use goes to `first`; a strict order.
  func precedes(_ first: ProcessView, _ second: ProcessView) -> Bool

  /// How long a handler may run while a process that precedes its own waits; nil: to its end.
  func quantumNanoseconds(_ weight: Weight) -> UInt64?

  /// How much older another process's call must be than the next one of a worker's own before the
  /// worker gives its core up for it; 0: any older one will do. The NIC's (interface §11).
  var patienceNanoseconds: UInt64 { get }

  /// The kernel's half.
  var kernelRules: KernelRules { get }
}

extension DispatchPolicy {
  /// 50 µs, about fifteen switches on Enzian: four processes on 16 cores at 0.8 load then switch for
  /// three calls in ten, not for all of them (Documentation/simulation.md).
  public var patienceNanoseconds: UInt64 { 50_000 }

  /// Steps 1, 3, 4, 5, 7: what no policy that shares cores does otherwise. A call never waits
  /// while a core is idle that its process may use (work conservation, R14).
  func chooseWithoutPreemption(
    for process: ProcessView, among cores: CoreView
  ) -> DispatchChoice {
    if let core = cores.ownWaiting.first { return .deliver(core) }
    if process.isBelowMaximum {
      if let core = cores.kernelWaiting.first { return .offer(core) }
      if let core = cores.reclaimable.first { return .reclaim(core) }
      if let core = cores.interruptible.first { return .interrupt(core) }
    }
    return process.mayQueue ? .queue : .reject
  }
}
