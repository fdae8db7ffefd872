// What cores and NIC have counted, as text on the console.

internal import Boot
internal import Interface
internal import Platform
internal import Reporting

/// Prints counters.
enum Statistics {
  static func print() {
    for number in 0..<Kernel.coreCount {
      let core = Kernel.cores[CoreIdentifier(number)]
      let counters = core.counters
      Console.withOutput {
        $0.writeLine(
          "core \(number): dispatches \(counters.dispatches) yields \(counters.yields) try-again \(counters.tryAgain) requeued \(counters.requeued) system-calls \(counters.systemCalls) interrupts \(counters.interrupts) faults \(counters.faults)"
        )
      }
    }
    guard let nic = Kernel.nic else {
      Console.withOutput { $0.write("NIC: none\n") }
      return
    }
    for counter in NICCounter.allCases {
      guard let value = Kernel.withTables({ () -> UInt64? in try? nic.counter(counter) }),
        value != 0
      else { continue }
      Console.withOutput { $0.writeLine("NIC: \(counter.name) \(value)") }
    }
  }
}
