// What cores and NIC have counted, as text on the console.

internal import Boot
internal import Interface
internal import Platform
internal import Reporting
internal import Scheduling

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
    guard let nic = Kernel.nic else {
      Console.withReply { $0.write("NIC: none\n") }
      return
    }
    for counter in NICCounter.allCases {
      guard let value = Kernel.withTables({ () -> UInt64? in try? nic.counter(counter) }),
        value != 0
      else { continue }
      Console.withReply { $0.writeLine("NIC: \(counter.name) \(value)") }
    }
  }

  /// One line a process.
  static func printProcesses() {
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      let text = Kernel.withTables {
        ProcessTable.withBlock(of: process) { block -> LogText in
          let state: StaticString =
            if block.table == nil {
              "waits for its restart"
            } else if ProcessTable.isEnding(process) {
              "ends"
            } else {
              "runs"
            }
          return
            "process \(number): \(block.plan.name) \(state), starts \(block.history.starts), threads \(block.threadCount), KiB \(block.pages * 4)"
        }
      }
      if let text { Console.withOutput { $0.writeLine(text) } }
    }
    Console.withOutput { $0.write("end of processes\n") }
  }
}
