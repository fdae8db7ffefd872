// The NIC's counters, one for each `NICCounter`.

import Interface

/// In place rather than in an array, since every step of a call counts something.
struct Counters: Hashable {
  /// Room for more than there are; the index is checked.
  private var values: [96 of UInt64] = .init(repeating: 0)

  subscript(_ counter: NICCounter) -> UInt64 { values[Int(counter.rawValue)] }

  mutating func count(_ counter: NICCounter, by amount: Int = 1) {
    values[Int(counter.rawValue)] &+= UInt64(amount)
  }

  static func == (left: Counters, right: Counters) -> Bool {
    left.values.indices.allSatisfy { left.values[$0] == right.values[$0] }
  }

  func hash(into hasher: inout Hasher) {
    for index in values.indices { hasher.combine(values[index]) }
  }
}
