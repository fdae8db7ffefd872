// Who did what how often, and how long requests took: counts in arrays that are made once.
//
// Counting is one addition at a known place. Nothing here takes part in a decision.

import Interface

struct Statistics: Hashable {
  private var cores: [UInt64]
  private var processes: [UInt64]
  private var services: [UInt64]
  /// The most calls of a process that ever waited.
  private var longestQueues: [UInt64]
  private var spans: [UInt64]

  /// Places for one core, process or service: as many as there are statistics, or more.
  private static var stride: Int { 16 }

  init(cores: Int, processes: Int, services: Int) {
    precondition(CoreStatistic.allCases.count <= Self.stride)
    precondition(CallStatistic.allCases.count <= Self.stride)
    self.cores = Array(repeating: 0, count: cores * Self.stride)
    self.processes = Array(repeating: 0, count: processes * Self.stride)
    self.services = Array(repeating: 0, count: services * Self.stride)
    longestQueues = Array(repeating: 0, count: processes)
    spans = Array(
      repeating: 0, count: RequestSpan.allCases.count * NICStatistics.bucketCount)
  }

  // MARK: Counting

  mutating func count(_ statistic: CoreStatistic, of core: CoreIdentifier) {
    cores[core.index * Self.stride + statistic.rawValue] += 1
  }

  mutating func count(
    _ statistic: CallStatistic, of process: ProcessIdentifier, _ service: ServiceIndex
  ) {
    processes[process.index * Self.stride + statistic.rawValue] += 1
    services[service.index * Self.stride + statistic.rawValue] += 1
  }

  mutating func noteQueue(of process: ProcessIdentifier, _ length: Int) {
    longestQueues[process.index] = max(longestQueues[process.index], UInt64(length))
  }

  mutating func note(_ span: RequestSpan, from start: UInt64, to end: UInt64) {
    // Clocks of a test may stand still or begin anew.
    let nanoseconds = end >= start ? end - start : 0
    spans[
      span.rawValue * NICStatistics.bucketCount + NICStatistics.bucket(of: nanoseconds)] += 1
  }

  // MARK: New owners

  mutating func forget(_ process: ProcessIdentifier) {
    let first = process.index * Self.stride
    for index in first..<first + Self.stride { processes[index] = 0 }
    longestQueues[process.index] = 0
  }

  mutating func forget(_ service: ServiceIndex) {
    let first = service.index * Self.stride
    for index in first..<first + Self.stride { services[index] = 0 }
  }

  // MARK: Reading

  subscript(_ statistic: CoreStatistic, of core: CoreIdentifier) -> UInt64 {
    cores[core.index * Self.stride + statistic.rawValue]
  }

  subscript(_ statistic: CallStatistic, of process: ProcessIdentifier) -> UInt64 {
    processes[process.index * Self.stride + statistic.rawValue]
  }

  subscript(_ statistic: CallStatistic, of service: ServiceIndex) -> UInt64 {
    services[service.index * Self.stride + statistic.rawValue]
  }

  func longestQueue(of process: ProcessIdentifier) -> UInt64 { longestQueues[process.index] }

  subscript(_ span: RequestSpan, bucket: Int) -> UInt64 {
    spans[span.rawValue * NICStatistics.bucketCount + bucket]
  }
}

/// When a call got how far.
struct CallTimes: Hashable {
  /// The kernel's load that brought it, the first time; nil for a warm call.
  var kernel: UInt64?
  /// Its worker's, the first time.
  var worker: UInt64?
}
