// The counters by number, and their names as C strings that live for ever.

import Interface
import Model

/// Behind the interface's own counters come the simulator's.
enum NumberedCounter {
  case interface(NICCounter)
  case fault(FaultCounter)

  init?(_ number: UInt32) {
    let first = UInt32(NICCounter.allCases.count)
    if number < first {
      guard let counter = NICCounter(rawValue: UInt16(number)) else { return nil }
      self = .interface(counter)
    } else {
      guard let number = UInt16(exactly: number - first),
        let counter = FaultCounter(rawValue: number)
      else { return nil }
      self = .fault(counter)
    }
  }
}

enum CounterNames {
  // Safety: written once, before the first use, and never freed or changed.
  private nonisolated(unsafe) static let names: [UnsafePointer<CChar>] =
    unsafe (NICCounter.allCases.map { "\($0)" } + FaultCounter.allCases.map { "\($0)" }).map {
      let text = Array($0.utf8CString)
      let name = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
      for (position, character) in text.enumerated() { unsafe name[position] = character }
      return unsafe UnsafePointer(name)
    }

  /// - Parameter number: of a `NumberedCounter`.
  static func name(ofCounter number: Int) -> UnsafePointer<CChar> {
    // Safety: see `names`.
    unsafe names[number]
  }
}
