// The NIC's events: one request is one line of evidence.

import Interface
import Testing
import Tracing

@testable import Model

@Suite struct EventTests {
  private func makeBench(isTraced: Bool) throws -> (bench: Bench, kernel: Consumer) {
    let bench = try Bench(cores: 1) { $0.isTraced = isTraced }
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    try #require(kernel.load() == nil)
    return (bench, kernel)
  }

  /// A cold call, then a warm one, each answered; returns when the worker's load is held.
  private func serveTwoCalls(_ bench: Bench, _ kernel: Consumer) throws {
    bench.receive(CallFrame())
    try #require(kernel.load() != nil)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    try #require(worker.load() != nil)
    bench.execute(0, instructions: 10)
    worker.respond(ResponseHead(status: .success), 43)
    try #require(worker.finishAndLoad() == nil)

    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    bench.execute(0, instructions: 10)
    worker.respond(ResponseHead(status: .success), 43)
    try #require(worker.finishAndLoad() == nil)
  }

  @Test func nothingIsRecordedUnlessAsked() throws {
    let (bench, kernel) = try makeBench(isTraced: false)
    bench.receive(CallFrame())
    try #require(kernel.load() != nil)
    #expect(bench.events.isEmpty)
  }

  @Test func aColdAndAWarmCallLeaveEveryStage() throws {
    let (bench, kernel) = try makeBench(isTraced: true)
    try serveTwoCalls(bench, kernel)
    func events(_ tag: UInt64) -> [NICEvent] { bench.events.filter { $0.tag == CallTag(tag) } }

    // The kernel's line, then the worker's.
    #expect(
      events(1).map(\.event) == [
        .frameReceived, .callAccepted, .messageDelivered, .messageTaken, .messageDelivered,
        .messageTaken, .lineAcknowledged, .callEnded, .frameSent,
      ])
    #expect(
      events(2).map(\.event) == [
        .frameReceived, .callAccepted, .messageDelivered, .messageTaken, .lineAcknowledged,
        .callEnded, .frameSent,
      ])
    let warm = events(2)
    // Instructions between the load that brought the call and the one that acknowledged it.
    let taken = try #require(warm.first { $0.event == .messageTaken })
    let acknowledged = try #require(warm.first { $0.event == .lineAcknowledged })
    #expect(acknowledged.second > taken.second + 10)
    #expect(taken.first == UInt32(MessageKind.call.rawValue) << 16 | 4)
    #expect(taken.core == CoreIdentifier(0))
    #expect(try #require(warm.last).first >= 60)
  }

  @Test func tryAgainIsNotRecorded() throws {
    let (bench, kernel) = try makeBench(isTraced: true)
    bench.advance(by: Bench.stallLimit)
    var consumer = kernel
    try #require(consumer.load() != nil)
    try #require(consumer.finishAndLoad() == nil)
    #expect(bench.events.map(\.event) == [.coreStateSeen, .loadHeld, .loadHeld])
  }

  @Test func everyStateThatTheKernelPublishesIsRecorded() throws {
    let (bench, _) = try makeBench(isTraced: true)
    Consumer(bench, endpoint: 4, core: 0).publishUser(process: 1)
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    let states = bench.events.filter { $0.event == .coreStateSeen }
    #expect(states.map(\.core) == [0, 0, 0].map { CoreIdentifier($0) })
    #expect(states.map(\.first) == [2, 3, 1])
    #expect(
      states.map { CoreState(word: $0.second) } == [
        CoreState(mode: .dispatch),
        CoreState(
          mode: .user, process: ProcessIdentifier(1), endpoint: EndpointIdentifier(4)),
        CoreState(mode: .general, isPreemptible: true),
      ])
  }
}
