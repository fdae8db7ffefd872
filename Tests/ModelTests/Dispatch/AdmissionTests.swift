// Calls that may not wait, and cores that are not given away for every call (interface §11).

import Interface
import Testing

@testable import Model

@Suite struct AdmissionTests {
  private static let serviceNanoseconds: UInt64 = 10_000

  /// One core whose worker is in a handler; three more calls wait, and two have been served.
  private func makeBusyBench(
    waitLimitNanoseconds: UInt64, dropsExcess: Bool = false
  ) throws -> (bench: Bench, worker: Consumer) {
    let bench = try Bench(cores: 1)
    try bench.install(
      process: 1, waitLimitNanoseconds: waitLimitNanoseconds, dropsExcess: dropsExcess,
      endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    try #require(worker.load() == nil)
    for _ in 0..<6 { bench.receive(CallFrame()) }
    try #require(worker.load() != nil)
    for _ in 0..<2 { try serve(bench, &worker) }
    return (bench, worker)
  }

  private func serve(_ bench: Bench, _ worker: inout Consumer) throws {
    bench.now += Self.serviceNanoseconds
    worker.respond(ResponseHead(status: .success), 1)
    try #require(worker.finishAndLoad() != nil)
  }

  @Test func r7ACallThatWouldWaitTooLongIsRefusedAndCounted() throws {
    // Calls leave every 10 µs; behind three others a fourth would wait for 40 µs.
    var (bench, worker) = try makeBusyBench(waitLimitNanoseconds: 39_000)
    _ = bench.takeFrames()
    bench.receive(CallFrame())
    #expect(bench.count(.rejectedExpectedWait) == 1)
    #expect(bench.count(.rejectedOverload) == 0)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == [0, 0, 0, 5])
    // One less in front of it.
    try serve(bench, &worker)
    bench.receive(CallFrame())
    #expect(bench.count(.rejectedExpectedWait) == 1)
    #expect(bench.count(.callsAccepted) == 7)
    #expect(bench.isConserved)
  }

  @Test func r7ACallWithinTheLimitWaits() throws {
    let (bench, _) = try makeBusyBench(waitLimitNanoseconds: 41_000)
    bench.receive(CallFrame())
    #expect(bench.count(.rejectedExpectedWait) == 0)
    #expect(bench.count(.callsAccepted) == 7)
  }

  @Test func r7ADroppedCallIsCountedAndGetsNoAnswer() throws {
    let (bench, _) = try makeBusyBench(waitLimitNanoseconds: 39_000, dropsExcess: true)
    _ = bench.takeFrames()
    bench.receive(CallFrame())
    #expect(bench.count(.droppedOverload) == 1)
    #expect(bench.count(.rejectedExpectedWait) == 0)
    #expect(bench.takeFrames().isEmpty)
    #expect(bench.isConserved)
  }

  @Test func r14AnEmptyQueueTakesACallWhateverItsLimit() throws {
    var (bench, worker) = try makeBusyBench(waitLimitNanoseconds: 1)
    // The first six came before anybody knew how long they would wait.
    for _ in 0..<3 { try serve(bench, &worker) }
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    #expect(bench.count(.callsAccepted) == 7)
    #expect(bench.count(.rejectedExpectedWait) == 1)
  }

  /// What is left of the call pool is for processes that have no call waiting.
  @Test func r14AFullQueueOfOneLeavesRoomForOthers() throws {
    let bench = try Bench(calls: 16)
    for process: UInt64 in [1, 2] {
      try bench.install(process: process, queueLimit: 64, endpoints: [process + 3])
      try #require(bench.installService(process: process, port: 8999 + process) == .done)
    }
    for _ in 0..<20 { bench.receive(CallFrame()) }
    #expect(bench.count(.callsAccepted) == 12)
    #expect(bench.count(.rejectedOverload) == 8)
    var other = CallFrame()
    other.port = 9001
    for _ in 0..<2 { bench.receive(other) }
    #expect(bench.count(.callsAccepted) == 13)
    #expect(bench.count(.rejectedOverload) == 9)
    #expect(bench.isConserved)
  }

  @Test func theEstimateFollowsALastingChange() {
    var estimate = WaitEstimate()
    var now: UInt64 = 1
    estimate.noteArrival(nowNanoseconds: now)
    func leave(every interval: UInt64, times: Int) {
      for _ in 0..<times {
        now += interval
        estimate.noteDeparture(nowNanoseconds: now, isEmpty: false)
      }
    }
    leave(every: 10_000, times: 1)
    #expect(estimate.waitNanoseconds(behind: 0) == 10_000)
    leave(every: 80_000, times: 40)
    #expect((78_000...80_000).contains(estimate.intervalNanoseconds))
    leave(every: 1_000, times: 60)
    #expect((1_000...1_100).contains(estimate.intervalNanoseconds))
    #expect(estimate.waitNanoseconds(behind: .max - 1) == .max)
    // What did not wait says nothing.
    now += 5
    estimate.noteDeparture(nowNanoseconds: now, isEmpty: true)
    let before = estimate
    estimate.noteArrival(nowNanoseconds: now)
    estimate.noteDeparture(nowNanoseconds: now, isEmpty: true)
    #expect(estimate == before)
  }

  @Test(arguments: [
    // Its own next call is older, or not younger by enough: no switch.
    (patience: 50_000 as UInt64, ownComesFirst: true, delay: 10_000 as UInt64, yields: false),
    (50_000, false, 49_000, false),
    (50_000, false, 50_000, true),
    // Without patience any older call will do.
    (0, false, 0, true), (0, true, 0, true),
  ])
  func r14AWorkerKeepsItsCoreUnlessTheOthersCallIsOlderByItsPatience(
    patience: UInt64, ownComesFirst: Bool, delay: UInt64, yields: Bool
  ) throws {
    let bench = try Bench(cores: 1)
    for process: UInt64 in [1, 2] {
      try bench.install(process: process, patienceNanoseconds: patience, endpoints: [process + 3])
      try #require(bench.installService(process: process, port: 8999 + process) == .done)
    }
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    try #require(worker.load() == nil)
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    bench.receive(CallFrame())
    var other = CallFrame()
    other.port = 9001
    if ownComesFirst { bench.receive(CallFrame()) } else { bench.receive(other) }
    bench.now += delay
    if ownComesFirst { bench.receive(other) } else { bench.receive(CallFrame()) }
    // Its process was last served before the other came, so it has one turn more.
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad()?.code == Stub.handler)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad()?.code == (yields ? Stub.yieldNow : Stub.handler))
  }
}
