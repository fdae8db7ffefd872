// How many cores and calls a process may have, and who waits: rule R14, and the order of interface §11.

import Interface
import Testing

@testable import Model

@Suite struct CoreLimitTests: DispatchSuite {
  @Test func r14AProcessGetsNoMoreCoresThanItsLimit() throws {
    let (bench, kernels, workers) = try makeBench(maximumCores: 1)
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    #expect(bench.count(.callsQueued) == 1)
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 1)
    // §3.6, 2: the queued call goes to the worker that is done.
    #expect(worker.finishAndLoad()?.argument0 == 42)
    #expect(bench.takeWakes().isEmpty)
    #expect(kernels[1].load() == nil)
  }

  @Test func r14AFullQueueRejectsWithAnError() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1, queueLimit: 2)
    for _ in 0..<4 { bench.receive(CallFrame()) }
    #expect(bench.count(.callsAccepted) == 3)
    #expect(bench.count(.rejectedOverload) == 1)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == [0, 0, 0, 5])
    _ = try run(kernels[0].load(), on: 0, workers)
    #expect(bench.isConserved)
  }

  @Test func r14WithoutAQueueACallIsTakenAtOnceOrRejected() throws {
    let (bench, _, _) = try makeBench(cores: 1, queueLimit: 0)
    bench.receive(CallFrame())
    #expect(bench.count(.callsAccepted) == 1)
    bench.receive(CallFrame())
    #expect(bench.count(.rejectedOverload) == 1)
    #expect(bench.isConserved)
  }

  @Test func r14AnEmptyCallPoolRejectsWithAnError() throws {
    let bench = try Bench(calls: 2)
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    for _ in 0..<3 { bench.receive(CallFrame()) }
    #expect(bench.count(.callsAccepted) == 2)
    #expect(bench.count(.rejectedOverload) == 1)
  }

  @Test func r14ASecondCallTakesASecondCoreOnlyWhenOneIsNotOnItsWay() throws {
    let (bench, kernels, workers) = try makeBench()
    let (_, otherCall) = try addProcess2(bench)
    // Both cores run idle workers of process 1.
    var running: [Consumer] = []
    for core in 0..<2 {
      bench.receive(CallFrame())
      running.append(try run(kernels[core].load(), on: core, workers))
      try #require(running[core].load() != nil)
    }
    for core in 0..<2 {
      running[core].respond(ResponseHead(status: .success), 1)
      #expect(running[core].finishAndLoad() == nil)
    }
    _ = bench.takeWakes()
    // Process 2 has one worker: a second core would not help it.
    bench.receive(otherCall)
    bench.receive(otherCall)
    #expect(bench.takeWakes().count == 1)
    #expect(bench.count(.messagesYieldNow) == 1)
  }

  @Test func r14NoProcessStarvesOnOneCore() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    let (other, otherCall) = try addProcess2(bench)
    var kernel = kernels[0]
    var threads = workers + [other]
    var hasToFinish = [false, false, false]
    // Both processes always have calls waiting; count who is served in which order.
    var served: [UInt64] = []
    for _ in 0..<4 {
      bench.receive(CallFrame())
      bench.receive(otherCall)
    }
    var head = kernel.load()
    while served.count < 12 {
      let message = try #require(head)
      #expect(message.code == Stub.kernelCall)
      let index = try #require(threads.firstIndex { UInt64($0.endpoint) == message.argument1 })
      threads[index].publishUser(process: Int(message.argument0))
      if hasToFinish[index] { threads[index].finish() }
      while true {
        let call = try #require(threads[index].load())
        guard call.code == Stub.handler else {
          #expect(call.code == Stub.yieldNow)
          hasToFinish[index] = true
          break
        }
        served.append(message.argument0)
        try #require(served.count < 20, "one process keeps the core: \(served)")
        bench.receive(message.argument0 == 1 ? CallFrame() : otherCall)
        threads[index].respond(ResponseHead(status: .success), 1)
        threads[index].finish()
      }
      threads[index].publishDispatch()
      head = kernel.finishAndLoad()
    }
    // Neither has more than two turns in a row.
    for start in 0..<served.count - 2 { #expect(Set(served[start...start + 2]).count == 2) }
    #expect(bench.takeViolations().isEmpty)
  }

  /// Of processes that wait, each has as many turns in a row as its weight.
  @Test func r14TurnsAreByWeight() throws {
    let bench = try Bench(cores: 1)
    for (process, weight) in [(1, 2), (2, 1)] as [(UInt64, UInt64)] {
      try bench.install(process: process, weight: weight, endpoints: [3 + process])
      try #require(bench.installService(process: process, port: 9000 + process) == .done)
    }
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    /// Whose calls the kernel gets, and ends, in which order; the last of them has no load behind it.
    func order(of calls: [Int]) -> [UInt64] {
      for process in calls { bench.receive(PreemptionTests.call(process: process)) }
      return calls.indices.map { index in
        let process = kernel.load()?.argument0 ?? 0
        kernel.respond(ResponseHead(status: .fail))
        kernel.finish()
        return process
      }
    }
    #expect(
      order(of: Array(repeating: [1, 2], count: 6).flatMap(\.self))
        == [1, 1, 2, 1, 1, 2, 1, 1, 2, 2, 2, 2])
    // A turn that was its last call's is forgotten.
    #expect(order(of: [1]) == [1])
    #expect(order(of: [1, 1, 2]) == [1, 1, 2])
  }

  /// Core 0 was interrupted for a call of process 1, which may have one core, and goes on with something
  /// else; so core 1, which waits, got the call.
  private func makeBenchWithALateCore() throws -> (
    bench: Bench, kernels: [Consumer], worker: Consumer
  ) {
    let bench = try Bench(cores: 2)
    try bench.install(process: 1, maximumCores: 1, endpoints: [4, 5])
    try #require(bench.installService(process: 1) == .done)
    let kernels = (0..<2).map { Consumer(bench, endpoint: $0, core: $0) }
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    bench.receive(CallFrame())
    #expect(bench.takeInterrupts() == [0])
    kernels[1].publishDispatch()
    let worker = try run(
      kernels[1].load(), on: 1, [4, 5].map { Consumer(bench, endpoint: $0, core: 1) })
    try #require(worker.load()?.code == Stub.handler)
    return (bench, kernels, worker)
  }

  /// No call waits while a core is idle because another core, which was asked first, does not come.
  @Test func r14ACoreThatComesLateIsOneTooMany() throws {
    let (bench, kernels, _) = try makeBenchWithALateCore()
    bench.receive(CallFrame())
    kernels[0].publishDispatch()
    #expect(kernels[0].load() == nil)
    #expect(bench.takeInterrupts() == [])
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r14NoCallWaitsForACoreThatDidNotComeForAnother() throws {
    var (bench, kernels, worker) = try makeBenchWithALateCore()
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    bench.publish(1, CoreState(mode: .general))
    bench.receive(CallFrame())
    #expect(bench.takeInterrupts() == [0])
    kernels[0].publishDispatch()
    #expect(kernels[0].load()?.code == Stub.kernelCall)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r14APreemptedHandlerGetsTheCoreOfAnIdleWorkerOfItsOwnProcess() throws {
    var (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    let first = try run(kernels[0].load(), on: 0, workers)
    try #require(first.load() != nil)
    // The kernel takes the core from a handler for something else, then runs the other worker.
    bench.publish(0, CoreState(mode: .general))
    var second = try #require(workers.first { $0.endpoint != first.endpoint })
    second.publishUser(process: 1)
    try #require(second.load()?.code == Stub.handler)
    second.respond(ResponseHead(status: .success), 1)
    #expect(second.finishAndLoad()?.code == Stub.yieldNow)
    second.publishDispatch()
    let next = kernels[0].finishAndLoad()
    let head = try #require(next)
    #expect(head.code == Stub.kernelResume)
    #expect(head.argument1 == UInt64(first.endpoint))
    first.publishUser(process: 1)
    first.respond(ResponseHead(status: .success), 1)
    #expect(bench.isConserved)
  }

  /// Step 4 of interface §11.
  @Test func theProcessWithMostIdleWorkersMakesWayWithTheOneThatWaitedLongest() throws {
    let bench = try Bench(cores: 4)
    try bench.install(process: 1, endpoints: [4, 5])
    try bench.install(process: 2, endpoints: [6])
    try bench.install(process: 3, endpoints: [7, 8])
    try #require(bench.installService(process: 3) == .done)
    // In the order in which they begin to wait; process 1 has two of them.
    let workers = [(endpoint: 6, core: 0, process: 2), (5, 2, 1), (4, 1, 1)].map {
      endpoint, core, process in
      let worker = Consumer(bench, endpoint: endpoint, core: core)
      worker.publishUser(process: process)
      bench.now += 10
      #expect(worker.load() == nil)
      return worker
    }
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [2])
    #expect(workers[1].load()?.code == Stub.yieldNow)
    // Now each has one, and process 2's has waited longest.
    var second = CallFrame()
    second.transaction += 1
    bench.receive(second)
    #expect(bench.takeWakes() == [0])
    #expect(workers[0].load()?.code == Stub.yieldNow)
  }
}
