// The policy that a boot argument names.

internal import Interface

/// One of the policies. An enumeration, since Embedded Swift has no existential values; a switch
/// over a trivial value costs less than a witness table would.
public enum SelectedPolicy: DispatchPolicy {
  case firstCome(FirstCome)
  case weightedFair(WeightedFair)
  case staticPartition(StaticPartition)

  public static var name: StaticString { "selected" }

  /// What runs when nobody chooses.
  public static var standard: SelectedPolicy { .firstCome(FirstCome()) }

  /// Every policy with its usual settings.
  public static var all: InlineArray<3, SelectedPolicy> {
    [.firstCome(FirstCome()), .weightedFair(WeightedFair()), .staticPartition(StaticPartition())]
  }

  /// - Parameter isNamed: whether that is the name asked for. Nil when no policy has it.
  public init?(where isNamed: (StaticString) -> Bool) {
    let all = Self.all
    for index in all.indices where isNamed(all[index].name) {
      self = all[index]
      return
    }
    return nil
  }

  /// The value of the boot argument `policy=` that chooses this.
  public var name: StaticString { perform(Name()) }

  public func partition(place: Int, count: Int, cores: CoreSet) -> CoreSet {
    perform(Partition(place: place, count: count, cores: cores))
  }

  public func choose(for process: ProcessView, among cores: CoreView) -> DispatchChoice {
    perform(Choose(process: process, cores: cores))
  }

  public func precedes(_ first: ProcessView, _ second: ProcessView) -> Bool {
    perform(Precedes(first: first, second: second))
  }

  public func quantumNanoseconds(_ weight: Weight) -> UInt64? {
    perform(Quantum(weight: weight))
  }

  public var patienceNanoseconds: UInt64 { perform(Patience()) }

  public var kernelRules: KernelRules { perform(Rules()) }

  /// The only switch.
  private func perform<Q: Question>(_ question: Q) -> Q.Answer {
    switch self {
    case .firstCome(let policy): question.ask(policy)
    case .weightedFair(let policy): question.ask(policy)
    case .staticPartition(let policy): question.ask(policy)
    }
  }
}

/// A requirement of `DispatchPolicy` as a value, so that one switch does for all.
private protocol Question {
  associatedtype Answer
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> Answer
}

private struct Name: Question {
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> StaticString { Policy.name }
}

private struct Partition: Question {
  let place: Int
  let count: Int
  let cores: CoreSet
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> CoreSet {
    policy.partition(place: place, count: count, cores: cores)
  }
}

private struct Choose: Question {
  let process: ProcessView
  let cores: CoreView
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> DispatchChoice {
    policy.choose(for: process, among: cores)
  }
}

private struct Precedes: Question {
  let first: ProcessView
  let second: ProcessView
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> Bool { policy.precedes(first, second) }
}

private struct Quantum: Question {
  let weight: Weight
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> UInt64? {
    policy.quantumNanoseconds(weight)
  }
}

private struct Patience: Question {
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> UInt64 { policy.patienceNanoseconds }
}

private struct Rules: Question {
  func ask<Policy: DispatchPolicy>(_ policy: Policy) -> KernelRules { policy.kernelRules }
}
