// Workers that leave their cores, and processes that end: rules R10, R11 and R12.

import Interface
import Testing

@testable import Model

@Suite struct LeavingTests: DispatchSuite {
  @Test func r11ACallThatWasNotAcknowledgedIsResumed() throws {
    var (bench, kernels, workers) = try makeBench()
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    _ = bench.takeWakes()
    // Preempted in the handler; the other core is free.
    worker.publishDispatch()
    #expect(bench.takeWakes() == [1])
    let head = try #require(kernels[1].load())
    #expect(head.code == Stub.kernelResume)
    #expect(head.argument0 == 1)
    #expect(head.argument1 == UInt64(worker.endpoint))
    #expect(kernels[1].word(ControlLineWord.tag) == 1)
    worker = try run(head, on: 1, [worker])
    // R3: the message is still there.
    #expect(worker.load()?.argument0 == 42)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.count(.messagesResume) == 1)
    #expect(kernels[0].finishAndLoad() == nil)
    #expect(bench.isConserved)
    #expect(bench.takeViolations().isEmpty)
  }

  /// A CALL that a core got and did not follow keeps its worker for that core (R1), but not longer
  /// than that has a kernel endpoint.
  @Test func r8AWorkerIsFreeWhenTheKernelEndpointThatNamedItIsRemoved() throws {
    let (bench, kernels, workers) = try makeBench()
    #expect(bench.command(.removeEndpoint, [5]) == .done)
    bench.receive(CallFrame())
    #expect(kernels[0].load()?.code == Stub.kernelCall)
    bench.publish(0, CoreState(mode: .general))
    #expect(kernels[1].load() == nil)
    #expect(bench.command(.removeEndpoint, [0]) == .done)
    let worker = try run(kernels[1].load(), on: 1, workers)
    #expect(worker.load()?.code == Stub.handler)
    #expect(bench.takeViolations().isEmpty)
  }

  /// A held load is answered when its core has left it already: the next touch of the line, a store even,
  /// is about what there is then (R8).
  @Test(arguments: [true, false])
  func r8AnAnswerThatNoLoadGotMakesWay(isTryAgain: Bool) throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    #expect(bench.command(.removeEndpoint, [5]) == .done)
    workers[0].publishUser(process: 1)
    #expect(workers[0].load() == nil)
    if isTryAgain {
      bench.advance(by: Bench.stallLimit)
      #expect(bench.count(.messagesTryAgain) > 0)
    } else {
      #expect(bench.command(.preemptCore, [0]) == .done)
      #expect(bench.count(.messagesYieldNow) == 1)
    }
    workers[0].publishDispatch()
    bench.receive(CallFrame())
    var head = kernels[0].load()
    var kernel = kernels[0]
    // The kernel's load got TRYAGAIN, too.
    if head?.code == Stub.kernelTryAgain { head = kernel.finishAndLoad() }
    let worker = try run(head, on: 0, workers)
    worker.store(0x5a, atWord: ControlLineWord.tail - 1)
    #expect(worker.load()?.code == Stub.handler)
    #expect(worker.word(ControlLineWord.tail - 1) == 0x5a)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r11AWorkerThatTheKernelRunsItselfNeedsNoResume() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    bench.publish(0, CoreState(mode: .general))
    worker.publishUser(process: 1)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.messagesResume) == 0)
    #expect(bench.count(.callsReplied) == 1)
  }

  @Test func r11ARESUMEThatIsNotFollowedComesAgain() throws {
    var (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    let worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.publishDispatch()
    #expect(kernels[0].finishAndLoad()?.code == Stub.kernelResume)
    #expect(kernels[0].finishAndLoad()?.code == Stub.kernelResume)
    kernels[0].respond(ResponseHead(status: .fail))
    #expect(kernels[0].finishAndLoad() == nil)
    #expect(bench.count(.callsFailedByKernel) == 1)
    #expect(bench.isConserved)
  }

  @Test func r11NothingIsDeliveredToAWorkerWithoutACore() throws {
    let (bench, worker) = try makeListeningBench()
    // Interrupted at its held load: the load is given up, the thread is parked.
    bench.publish(0, CoreState(mode: .general))
    bench.receive(CallFrame())
    #expect(bench.takeWakes().isEmpty)
    #expect(bench.count(.callsQueued) == 1)
    #expect(bench.nic.deadline == nil)
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
  }

  @Test func r10ALoadAnsweredBeforeItsCoreLeavesIsFoundLater() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    // The answer comes, then the interrupt: the load never got to see the answer.
    bench.receive(CallFrame())
    bench.publish(0, CoreState(mode: .general))
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
    #expect(bench.count(.deliveredToUserLoop) == 1)
  }

  @Test func r10AYIELDNOWNobodyNeedsIsHarmless() throws {
    var (bench, kernels, workers) = try makeBench(cores: 2)
    let (_, otherCall) = try addProcess2(bench)
    bench.publish(1, CoreState(mode: .general))
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    bench.receive(otherCall)
    // Another core takes the call that the YIELDNOW was for.
    bench.publish(1, CoreState(mode: .dispatch))
    #expect(kernels[1].load()?.argument0 == 2)
    #expect(worker.load()?.code == Stub.yieldNow)
    worker.publishDispatch()
    #expect(kernels[0].finishAndLoad() == nil)
    bench.receive(CallFrame())
    #expect(kernels[0].load()?.argument0 == 1)
    worker.publishUser(process: 1)
    #expect(worker.finishAndLoad()?.argument0 == 42)
  }

  @Test func r12CallsOfARemovedProcessEndInErrorsWhereverTheyAre() throws {
    let (bench, kernels, workers) = try makeBench()
    for transaction in 1...5 as ClosedRange<UInt32> {
      var frame = CallFrame()
      frame.transaction = transaction
      bench.receive(frame)
    }
    // One in a worker's line, one pending at the other kernel, three in the queue.
    let worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    try #require(kernels[1].load() != nil)
    #expect(bench.command(.removeProcess, [1]) == .done)
    let replies = bench.takeFrames().compactMap { ReplyFrame($0) }
    #expect(Set(replies.map(\.transaction)) == [1, 2, 3, 4, 5])
    #expect(replies.allSatisfy { $0.words == [0, 0, 0, 5] })
    #expect(bench.count(.callsFailedProcessRemoved) == 5)
    #expect(bench.nic.callsInFlight == 0)
    #expect(bench.isConserved)
    bench.receive(CallFrame())
    #expect(bench.count(.dropUnknownPort) == 1)
    // The kernel's word on what is gone changes nothing.
    var kernel = kernels[1]
    kernel.respond(ResponseHead(status: .fail))
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.count(.callsFailedByKernel) == 0)
  }

  @Test func r12ALoadHeldAtARemovedEndpointIsReleasedAndR13ItsLinesAreClean() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), .max)
    #expect(bench.command(.removeEndpoint, [4]) == .done)
    #expect(bench.count(.callsFailedProcessRemoved) == 1)
    #expect(bench.command(.removeEndpoint, [4]) == .notInstalled)
    try bench.install(process: 2, endpoints: [4])
    worker = Consumer(bench, endpoint: 4, core: 1)
    worker.publishUser(process: 2)
    #expect(worker.load() == nil)
    _ = bench.takeWakes()
    for word in 0..<16 {
      #expect(bench.nic.lines.word(word, of: EndpointIdentifier(4), line: .zero) == 0)
    }
    #expect(bench.command(.removeEndpoint, [4]) == .done)
    #expect(bench.takeWakes() == [1])
    #expect(worker.load() == LineHead(code: 0, data: 0, argument0: 0, argument1: 0))
    #expect(Set(bench.takeViolations()) == [.noEndpoint])
  }
}
