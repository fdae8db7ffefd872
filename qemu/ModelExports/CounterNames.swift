// The names of the NIC's counters as C strings that live for ever.

import Interface

enum CounterNames {
  // Safety: written once, before the first use, and never freed or changed.
  private nonisolated(unsafe) static let names: [UnsafePointer<CChar>] =
    unsafe NICCounter.allCases.map { counter in
      let text = Array("\(counter)".utf8CString)
      let name = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
      for (position, character) in text.enumerated() { unsafe name[position] = character }
      return unsafe UnsafePointer(name)
    }

  static func name(of counter: NICCounter) -> UnsafePointer<CChar> {
    // Safety: see `names`.
    unsafe names[Int(counter.rawValue)]
  }
}
