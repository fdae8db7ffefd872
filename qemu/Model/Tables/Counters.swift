// The NIC's counters, one for each `NICCounter`.

import Interface

struct Counters: Hashable {
  private var values = [UInt64](repeating: 0, count: NICCounter.allCases.count)

  subscript(_ counter: NICCounter) -> UInt64 { values[Int(counter.rawValue)] }

  mutating func count(_ counter: NICCounter, by amount: Int = 1) {
    values[Int(counter.rawValue)] += UInt64(amount)
  }
}
