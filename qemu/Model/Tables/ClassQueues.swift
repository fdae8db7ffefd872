// The waiting calls of a process, by class, and which of them goes next (interface §11).
//
// Every operation takes the same few steps, however many calls wait.

import Interface

/// A queue for each `ServiceClass`.
///
/// The most urgent class goes first. But who was passed by `ServiceClass.passingLimit` calls while it
/// was first of its class goes before, so that no class starves (R14): a call waits for that many others
/// between two of its own class, and for one more of each of the at most two classes between the most
/// urgent and its own whose turn has come as well.
struct ClassQueues: Hashable {
  private static var classes: Int { ServiceClass.allCases.count }

  private var queues: [4 of CallQueue] = .init(repeating: CallQueue())
  /// Calls of other classes that went since a class's first call is its first; 0 for an empty one.
  private(set) var passes: [4 of UInt8] = .init(repeating: 0)
  /// In all classes.
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// One class's calls begin here.
  func first(of serviceClass: ServiceClass) -> CallIndex? {
    queues[Int(serviceClass.rawValue)].first
  }

  /// Calls that go before a new one of this class, as far as they are here already.
  func count(before serviceClass: ServiceClass) -> Int {
    var sum = 0
    for index in 0...Int(serviceClass.rawValue) { sum += queues[index].count }
    return sum
  }

  /// The call that has waited longest: in each class they stand by age.
  func oldest(in calls: CallTable) -> CallIndex? {
    var oldest: CallIndex?
    for index in 0..<Self.classes {
      guard let first = queues[index].first else { continue }
      if oldest.map({ calls[first].arrivalOrder < calls[$0].arrivalOrder }) ?? true {
        oldest = first
      }
    }
    return oldest
  }

  mutating func append(_ call: CallIndex, in calls: inout CallTable) {
    queues[Int(calls[call].serviceClass.rawValue)].append(call, in: &calls)
    count += 1
  }

  /// First of its class.
  mutating func prepend(_ call: CallIndex, in calls: inout CallTable) {
    queues[Int(calls[call].serviceClass.rawValue)].prepend(call, in: &calls)
    count += 1
  }

  mutating func popFirst(in calls: inout CallTable) -> CallIndex? {
    guard let next, let call = queues[next].popFirst(in: &calls) else { return nil }
    count -= 1
    for index in 0..<Self.classes where queues[index].count > 0 { passes[index] += 1 }
    passes[next] = 0
    return call
  }

  /// The class whose turn it is.
  private var next: Int? {
    var mostUrgent: Int?
    for index in 0..<Self.classes where queues[index].count > 0 {
      if Int(passes[index]) >= ServiceClass.passingLimit { return index }
      if mostUrgent == nil { mostUrgent = index }
    }
    return mostUrgent
  }

  static func == (left: ClassQueues, right: ClassQueues) -> Bool {
    (0..<classes).allSatisfy {
      left.queues[$0] == right.queues[$0] && left.passes[$0] == right.passes[$0]
    }
  }

  func hash(into hasher: inout Hasher) {
    for index in 0..<Self.classes {
      hasher.combine(queues[index])
      hasher.combine(passes[index])
    }
  }
}
