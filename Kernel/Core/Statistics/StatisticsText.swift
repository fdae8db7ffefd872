// What cores, processes and services have counted, as text on the console, within 80 columns.

internal import Boot
internal import Interface
internal import Memory
internal import Platform
internal import Reporting
internal import Scheduling
internal import SystemInterface
internal import Tracing

/// Prints counts.
enum StatisticsText {
  /// Everything that is not zero, core by core, then the NIC's.
  static func printAll() {
    for number in 0..<Kernel.coreCount {
      let core = Kernel.cores[CoreIdentifier(number)]
      var text: LogText = "core \(number):"
      for counter in CoreCounter.allCases { text.add(counter.name, core[counter]) }
      line(text)
    }
    printMemory()
    let grace = Kernel.withTables { Unlinked.gracePeriods }
    line("RCU: grace-periods \(grace.count)")
    line("RCU: longest-grace-us \(grace.longestNanoseconds / 1_000)")
    guard let nic = Kernel.nic else {
      line("NIC: none")
      return
    }
    printNIC(nic)
    printSpans()
  }

  /// RAM that is free, and what each core and each thread has for good.
  private static func printMemory() {
    let (free, all) = Kernel.withTables {
      KernelMemory.withSpace { ($0.frames.freeFrames, $0.frames.totalFrames) }
    }
    let page = Int(Page.bytes)
    line("memory: KiB-free \(free * page / 1024) of \(all * page / 1024)")
    let core = CoreTable.stride + Int(AddressMap.stackBytes) + EventRecorder.bytes
    line("memory: bytes-per-core \(core), of which the stack has \(AddressMap.stackBytes)")
    line("memory: bytes-per-thread \(ThreadTable.stride)")
    var deepest: UInt64 = 0
    var cores = Kernel.onlineCores
    while let core = cores.popFirst() {
      deepest = max(deepest, KernelMemory.stackUse(ofCore: core.index))
    }
    line("memory: stack-used \(deepest) at most, on any core so far")
  }

  /// The NIC's counters that are not zero.
  static func printNIC(_ nic: NIC) {
    for counter in NICCounter.allCases {
      guard let value = Kernel.withTables({ () -> UInt64? in try? nic.counter(counter) }),
        value != 0
      else { continue }
      line("NIC: \(counter.name) \(value)")
    }
  }

  /// What the NIC has counted for each core.
  static func printNICCores() {
    for number in 0..<Kernel.coreCount {
      guard let record = SystemRecords.record(.core, from: UInt64(number)) else { continue }
      line(
        "core \(number): held \(record[13]) try-again \(record[14]) yield-now \(record[15]) retire \(record[16])"
      )
      line(
        "core \(number): warm \(record[18]) cold \(record[19]) resumed \(record[20]) preempted \(record[17])"
      )
    }
  }

  /// How long requests took, in nanoseconds of the NIC's clock.
  static func printSpans() {
    var next: UInt64 = 0
    while let record = SystemRecords.record(.span, from: next) {
      let span: StaticString =
        switch RequestSpan(rawValue: Int(record[0])) {
        case .waiting: "waiting"
        case .kernel: "kernel"
        case .handler: "handler"
        case .whole, nil: "whole"
        }
      line(
        "ns \(span): requests \(record[1]) p50 \(record[2]) p99 \(record[3]) p99.9 \(record[4])"
      )
      next = record[0] + 1
    }
  }

  /// A process's calls, behind its line in `ps`.
  static func printProcesses() {
    var next: UInt64 = 0
    while let record = SystemRecords.record(.process, from: next) {
      next = record[0] + 1
      var text: LogText = "process \(record[0]):"
      text.addCalls(record, from: 8)
      line(text)
      guard record[18] > 0 || record[19] > 0 else { continue }
      line("process \(record[0]): queued \(record[18]) at-most \(record[19])")
    }
  }

  /// Each procedure's calls.
  static func printServices() {
    var next: UInt64 = 0
    while let record = SystemRecords.record(.service, from: next) {
      next = record[0] + 1
      var text: LogText = "procedure \(hexadecimal: record[3])/\(record[4])/\(record[5]):"
      text.addCalls(record, from: 6)
      line(text)
    }
  }

  private static func line(_ text: LogText) { Console.withReply { $0.writeLine(text) } }
}

extension LogText {
  /// A count by its name; nothing when it is zero.
  fileprivate mutating func add(_ name: StaticString, _ count: UInt64) {
    guard count > 0 else { return }
    write(" ")
    write(name)
    write(" ")
    write(decimal: count)
  }

  /// The call counts of a record (`SystemRecord`).
  fileprivate mutating func addCalls(_ record: RecordWords, from first: Int) {
    let begin = count
    add("calls", record[first + CallStatistic.accepted.rawValue])
    add("warm", record[first + CallStatistic.warm.rawValue])
    add("cold", record[first + CallStatistic.cold.rawValue])
    add("replied", record[first + CallStatistic.replied.rawValue])
    add("handler-failed", record[first + CallStatistic.failedByHandler.rawValue])
    add("malformed", record[first + CallStatistic.failedMalformedResponse.rawValue])
    add("kernel-failed", record[first + CallStatistic.failedByKernel.rawValue])
    add("removed", record[first + CallStatistic.failedProcessRemoved.rawValue])
    add("garbage", record[first + CallStatistic.rejectedGarbageArguments.rawValue])
    add("overload", record[first + CallStatistic.rejectedOverload.rawValue])
    if count == begin { write(" no calls") }
  }
}
