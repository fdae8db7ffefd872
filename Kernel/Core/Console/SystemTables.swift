// What the kernel's tables hold now, a line for each entry, within 80 columns.
//
// Other cores go on meanwhile: a line is true for the moment in which it was made. What belongs to
// another core is read without its lock, and only to be shown.

internal import Boot
internal import Images
internal import Interface
internal import Reporting
internal import Scheduling

/// Prints tables.
enum SystemTables {
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
            "process \(number): \(block.plan.name) \(state), starts \(block.life.starts), threads \(block.threadCount), KiB \(block.pages * 4), weight \(block.plan.limits.weight), ms \(runMilliseconds(of: block))"
        }
      }
      if let text { write(text) }
    }
    write("end of processes")
    StatisticsText.printProcesses()
  }

  /// What its general threads have run, as their cores have noted it last.
  private static func runMilliseconds(of block: borrowing ProcessBlock) -> UInt64 {
    var sum: UInt64 = 0
    for index in 0..<block.threads.count {
      guard let thread = block.threads[index] else { continue }
      sum += Kernel.threads[thread].record.account.runNanoseconds
    }
    return sum / 1_000_000
  }

  static func printCores() {
    for number in 0..<Kernel.coreCount {
      guard Kernel.onlineCores.contains(CoreIdentifier(number)) else {
        write("core \(number): offline")
        continue
      }
      let core = Kernel.cores[CoreIdentifier(number)]
      let moved: LogText =
        "queued \(core.readyGeneral), came \(core[.arrivals]), left \(core[.departures])"
      guard let state = CoreState(word: core.publishedState) else { continue }
      switch state.mode {
      case .offline: write("core \(number): offline")
      case .dispatch: write("core \(number): dispatch thread, \(moved)")
      case .user: write("core \(number): a worker of process \(state.process.number), \(moved)")
      case .general where state.process == .kernel: write("core \(number): idle, \(moved)")
      case .general:
        let duty: StaticString =
          CoreHiring.retiredCores.contains(core.core) ? ", retired" : ""
        write(
          "core \(number): a general thread of process \(state.process.number)\(duty), \(moved)")
      }
    }
    let moves = CoreHiring.moves
    write(
      "\(CoreHiring.retiredCores.count) cores retired; \(moves.retirements) retirements, \(moves.hires) hires since boot"
    )
  }

  static func printRunQueues() {
    var waiting = 0
    for number in 0..<ThreadTable.capacity {
      let thread = Kernel.threads[ThreadIdentifier(UInt16(number))]
      guard thread.state == .runnable else { continue }
      waiting += 1
      let (process, core) = (thread.process.number, thread.core.number)
      let record = thread.record
      write(
        "thread \(number): process \(process) core \(core) weight \(record.weight.value) moved \(record.account.migrations)"
      )
    }
    for number in 0..<Kernel.coreCount {
      let length = Kernel.cores[CoreIdentifier(number)].readyGeneral
      if length > 0 { write("core \(number): queued \(length)") }
    }
    write("\(waiting) threads wait for a core")
  }

  static func printEndpoints() {
    for number in 0..<ThreadTable.capacity {
      let thread = Kernel.threads[ThreadIdentifier(UInt16(number))]
      guard thread.isAttached, thread.state != .ended else { continue }
      let state: StaticString =
        switch thread.state {
        case .running: "on a core"
        case .parked: "parked"
        case .runnable: "waits for a core"
        default: "waits"
        }
      write(
        "endpoint \(thread.endpoint.number): process \(thread.process.number) thread \(number) \(state)"
      )
    }
    for number in 0..<Kernel.coreCount {
      let core = CoreIdentifier(number)
      guard let nic = Kernel.nic, let loop = Kernel.cores[core].loop else { continue }
      let endpoint = (UInt(loop.currentLine) - nic.lines) / UInt(EndpointLayout.blockBytes)
      write("endpoint \(endpoint): dispatch thread of core \(number)")
    }
  }

  /// State lines as the kernel's own tables have them, and load lines as the NIC has: what the
  /// device writes of its side (`view=`) is to be the same.
  static func printLines() {
    for number in 0..<Kernel.coreCount {
      let core = Kernel.cores[CoreIdentifier(number)]
      if let running = core.running, case let thread = Kernel.threads[running], !thread.isStarting {
        write(
          "core \(number): user process \(thread.process.number) endpoint \(thread.endpoint.number)"
        )
      } else {
        let mode: StaticString =
          switch CoreState(word: core.publishedState)?.mode {
          case .dispatch: "dispatch"
          case .general: "general"
          case .offline: "offline"
          // The thread has left.
          case .user, nil: "unknown"
          }
        write("core \(number): \(mode)")
      }
    }
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      let exported = Kernel.withTables {
        ProcessTable.withBlock(of: process) { $0.table == nil ? nil : $0.exported } ?? nil
      }
      guard let exported else { continue }
      let limits = exported.limits
      write(
        "process \(number): cores \(limits.minimum) to \(limits.maximum) weight \(limits.weight) quantum \(exported.quantumNanoseconds) workers \(exported.workers.workers) queued \(exported.workers.queued)"
      )
      guard let load = ProcessExport.load(of: process) else { continue }
      write(
        "load \(number): waiting \(load.demand.callsWaiting) cores \(load.demand.cores) busy \(load.demand.busyCores) wanted \(load.demand.coresWanted) arrivals \(load.arrivals) deliveries \(load.deliveries) ns \(load.waitingNanoseconds) rejections \(load.rejections)"
      )
    }
    write("end of lines")
  }

  static func printServices() {
    for index in 0..<ServiceRegistry.capacity {
      guard let entry = ServiceRegistry.entry(at: index) else { continue }
      write(
        "program \(hexadecimal: entry.program) version \(entry.version) UDP port \(entry.port) process \(entry.process.number) classes \(entry.classes.trailingZeroBitCount) to \(7 - entry.classes.leadingZeroBitCount)"
      )
    }
    StatisticsText.printServices()
  }

  static func printNIC() {
    guard let nic = Kernel.nic else {
      write("no NIC")
      return
    }
    let address = nic.internetAddress
    write(
      "LAUBERHORN, \(nic.endpointCapacity) endpoints, address \(address >> 24).\(address >> 16 & 0xff).\(address >> 8 & 0xff).\(address & 0xff)"
    )
    StatisticsText.printNIC(nic)
    StatisticsText.printNICCores()
    StatisticsText.printSpans()
  }

  private static func write(_ text: LogText) {
    Console.withReply { $0.writeLine(text) }
  }
}
