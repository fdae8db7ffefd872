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
      Console.withReply { output in
        output.write("core ")
        output.write(decimal: number)
        output.write(":")
        for counter in CoreCounter.allCases {
          output.write(" ")
          output.write(counter.name)
          output.write(" ")
          output.write(decimal: core[counter])
        }
        output.write("\n")
      }
    }
    let grace = Kernel.withTables { Unlinked.gracePeriods }
    Console.withReply {
      $0.writeLine("RCU: grace-periods \(grace.count)")
      $0.writeLine("RCU: longest-grace-us \(grace.longestNanoseconds / 1_000)")
    }
    guard let nic = Kernel.nic else {
      Console.withReply { $0.write("NIC: none\n") }
      return
    }
    printNIC(nic)
  }

  /// The NIC's counters that are not zero.
  static func printNIC(_ nic: NIC) {
    for counter in NICCounter.allCases {
      guard let value = Kernel.withTables({ () -> UInt64? in try? nic.counter(counter) }),
        value != 0
      else { continue }
      Console.withReply { $0.writeLine("NIC: \(counter.name) \(value)") }
    }
  }
}
