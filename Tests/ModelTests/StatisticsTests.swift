// Statistics: who did what, how often, how long; and the buckets of durations.

import Interface
import Testing

@testable import Model

@Suite struct StatisticsTests {
  private func read(
    _ bench: Bench, _ kind: NICStatistics, _ number: UInt64, first: UInt64 = 0
  ) -> [UInt64]? {
    guard bench.command(.readStatistics, [kind.rawValue, number, first]) == .done else {
      return nil
    }
    let count = bench.read(Register.commandValue)
    return (0..<count).map { bench.read(Register.commandArguments + 8 * $0) }
  }

  /// One cold call and one warm one, of 3 and 5 µs in the handler; then one with garbage.
  private func makeServedBench() throws -> Bench {
    let bench = try Bench(cores: 1)
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    try #require(kernel.load() == nil)
    bench.receive(CallFrame())
    try #require(kernel.load() != nil)
    bench.advance(by: 1_000)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    try #require(worker.load() != nil)
    for handlerNanoseconds: UInt64 in [3_000, 5_000] {
      bench.advance(by: handlerNanoseconds)
      worker.respond(ResponseHead(status: .success), 43)
      try #require(worker.finishAndLoad() == nil)
      guard handlerNanoseconds == 3_000 else { break }
      bench.receive(CallFrame())
      try #require(worker.load() != nil)
    }
    var garbage = CallFrame()
    garbage.arguments = []
    bench.receive(garbage)
    return bench
  }

  @Test func callsAreCountedForProcessProcedureAndCore() throws {
    let bench = try makeServedBench()
    var calls = [UInt64](repeating: 0, count: CallStatistic.allCases.count)
    calls[CallStatistic.accepted.rawValue] = 2
    calls[CallStatistic.cold.rawValue] = 1
    calls[CallStatistic.warm.rawValue] = 1
    calls[CallStatistic.replied.rawValue] = 2
    calls[CallStatistic.rejectedGarbageArguments.rawValue] = 1
    #expect(read(bench, .process, 1) == calls + [0, 0])

    let service = try #require(read(bench, .service, 0))
    #expect(service.count == NICStatistics.serviceWords)
    #expect(Array(service[NICStatistics.serviceHeadWords...]) == calls)
    #expect(service[1] == 1)
    // The next one: there is none.
    #expect(read(bench, .service, service[0] + 1) == nil)

    let core = try #require(read(bench, .core, 0))
    #expect(core[CoreStatistic.coldCalls.rawValue] == 1)
    #expect(core[CoreStatistic.warmCalls.rawValue] == 1)
    #expect(core[CoreStatistic.heldLoads.rawValue] == bench.count(.loadsHeld))
  }

  @Test func spansAreMeasuredInTheirBuckets() throws {
    let bench = try makeServedBench()
    func times(_ span: RequestSpan) throws -> SpanTimes? {
      let buckets = try #require(read(bench, .span, UInt64(span.rawValue)))
      return SpanTimes(buckets.span)
    }
    #expect(try times(.waiting)?.count == 2)
    #expect(try times(.kernel)?.count == 1)
    #expect(try times(.kernel)?.longest == 1_023)
    let handler = try #require(try times(.handler))
    #expect(handler.count == 2)
    // 3,000 lies in 2,048…3,071, 5,000 in 4,096…6,143.
    #expect(handler.median == 3_071)
    #expect(handler.percentile99 == 6_143)
    #expect(try times(.whole)?.longest == 6_143)
    // From a bucket on.
    #expect(read(bench, .span, 2, first: 70)?.count == 2)
  }

  @Test func wrongNumbersAreRefused() throws {
    let bench = try makeServedBench()
    for (arguments, result) in [
      ([4, 0, 0], .invalidCounter), ([0, 1, 0], .invalidCore), ([1, 0xffff, 0], .invalidProcess),
      ([1, 0, 0], .notInstalled), ([2, 1 << 40, 0], .notInstalled),
      ([3, 4, 0], .invalidCounter), ([3, .max, 0], .invalidCounter),
      ([3, 0, 72], .invalidCounter),
    ] as [([UInt64], CommandResult)] {
      #expect(bench.command(.readStatistics, arguments) == result, "\(arguments)")
      #expect(bench.read(Register.commandArguments) == 0)
    }
  }

  @Test func whoComesAnewBeginsAtZero() throws {
    let bench = try makeServedBench()
    try #require(bench.command(.removeProcess, [1]) == .done)
    #expect(read(bench, .process, 1) == nil)
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    #expect(try #require(read(bench, .process, 1)).allSatisfy { $0 == 0 })
    let service = try #require(read(bench, .service, 0))
    #expect(service[NICStatistics.serviceHeadWords...].allSatisfy { $0 == 0 })
  }

  /// Every duration lies in its bucket, and in no other.
  @Test func bucketsCoverAllDurations() {
    var end: UInt64 = 0
    for bucket in 0..<NICStatistics.bucketCount - 1 {
      #expect(NICStatistics.bucket(of: end) == bucket)
      let last = NICStatistics.upperBound(ofBucket: bucket)
      #expect(last >= end)
      #expect(NICStatistics.bucket(of: last) == bucket)
      end = last + 1
    }
    #expect(NICStatistics.bucket(of: end) == NICStatistics.bucketCount - 1)
    #expect(NICStatistics.bucket(of: .max) == NICStatistics.bucketCount - 1)
  }

  /// A debugger's look says what a load would, and changes nothing.
  @Test func inspectionChangesNothing() throws {
    let bench = try makeServedBench()
    let line = LineWindow.offset(of: EndpointIdentifier(4))
    bench.receive(CallFrame())
    let before = bench.nic
    let parity = before[EndpointIdentifier(4)].parity
    let control = line + UInt64(parity.rawValue) * UInt64(LineGeometry.lineBytes)
    #expect(before.inspectLine(offset: control, size: 8) != 0)
    #expect(before.inspectLine(offset: control + 4, size: 8) == 0)
    #expect(before.inspectLine(offset: LineWindow.bytes, size: 8) == 0)
    #expect(before.inspectLine(offset: LineWindow.coreStateOffset, size: 8) & 0xff == 3)
    #expect(before == bench.nic)
  }

  /// State lines and load lines too, of every core and process.
  @Test func inspectionSeesWhatALoadWouldFind() throws {
    let bench = try Bench(cores: 2)
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    bench.publish(1, CoreState(mode: .general, runQueueLength: 7))
    let words = [
      LineWindow.coreStateOffset(of: CoreIdentifier(1)),
      LineWindow.processStateOffset(of: ProcessIdentifier(1)),
    ]
    let process = ProcessIdentifier(1)
    let load = (0..<8).map { LineWindow.processLoadOffset(of: process) + 8 * $0 as UInt64 }
    // While no core has the load line, and while one has a copy that is out of date.
    for _ in 0..<2 {
      for offset in words + load {
        let seen = bench.nic.inspectLine(offset: offset, size: 8)
        #expect(bench.load(0, offset) == .value(seen), "0x\(String(offset, radix: 16))")
      }
      bench.receive(CallFrame())
      bench.store(0, words[1], CoreLimits(maximum: 1).word)
    }
    #expect(bench.nic.inspectLine(offset: words[0], size: 8) >> 48 == 7)
    #expect(bench.nic.inspectLine(offset: words[1], size: 8) != 0)
    #expect(bench.nic.inspectLine(offset: load[ProcessLoadWord.arrivals], size: 8) == 1)
    // Between two cores' state lines there are none.
    let between = LineWindow.coreStateOffset + UInt64(LineGeometry.lineBytes)
    #expect(bench.nic.inspectLine(offset: between, size: 8) == 0)
    #expect(bench.takeViolations().isEmpty)
  }
}
