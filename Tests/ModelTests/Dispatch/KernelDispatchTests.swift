// Calls through the kernel: rule R8.

import Interface
import Testing

@testable import Model

@Suite struct KernelDispatchTests: DispatchSuite {
  @Test func r8ACallThroughTheKernelIsBoundByTheFirstLoad() throws {
    let (bench, kernels, workers) = try makeBench()
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    let head = try #require(kernels[0].load())
    #expect(head.code == Stub.kernelCall)
    #expect(head.data == 0xDA7A)
    #expect(head.argument0 == 1)
    let tail = try #require(MessageTail(word: kernels[0].word(ControlLineWord.tail)))
    #expect(tail == MessageTail(kind: .call, process: ProcessIdentifier(1), argumentBytes: 16))
    #expect(kernels[0].word(ControlLineWord.tag) == 1)
    bench.execute(0, instructions: 100)
    bench.kernelEntries[0] += 1
    var worker = try run(head, on: 0, workers)
    #expect(worker.load()?.argument0 == 42)
    #expect(worker.word(ControlLineWord.tag) == 1)
    worker.respond(ResponseHead(status: .success), 43)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.deliveredThroughKernel) == 1)
    #expect(bench.count(.callsReplied) == 1)
    let record = try #require(bench.takeRecords().first)
    #expect(record.isCold)
    // Head 3 more and 2 words in the kernel, its work, state line, head 4, tag, response 2, ack.
    #expect(record.instructions == 5 + 100 + 1 + 4 + 1 + 2 + 1)
    #expect(record.kernelEntries == 1)
    #expect(record.heldLoads == 1)
    #expect(record.lineFills == 2)
    #expect(record.lineFetches == 2)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r8ACallThroughTheKernelIsBoundByTheFirstStore() throws {
    let (bench, kernels, workers) = try makeBench()
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    // The response first, then its result: the message's other words are there all the same.
    worker.respond(ResponseHead(status: .success), 43)
    #expect(worker.word(ControlLineWord.code) == Stub.handler)
    #expect(worker.word(ControlLineWord.tag) == 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.deliveredThroughKernel) == 1)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == ReplyFrame.success + [43])
    #expect(bench.takeRecords().first?.isCold == true)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r8AStoreToTheNextLineAcknowledgesAYIELDNOWAndBinds() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    #expect(worker.load()?.code == Stub.yieldNow)
    worker.publishUser(process: 1)
    worker.finish()
    bench.publish(0, CoreState(mode: .dispatch))
    bench.receive(CallFrame())
    var kernel = kernels[0]
    var head = kernel.finishAndLoad()
    // The kernel may name the other worker; it runs this one all the same.
    #expect(head?.code == Stub.kernelCall)
    head = nil
    worker.publishUser(process: 1)
    // To the line of the YIELDNOW it is an ordinary store.
    bench.store(0, worker.offset(ofWord: 0) ^ UInt64(EndpointLayout.pairFlip), 7)
    #expect(bench.count(.deliveredThroughKernel) == 1)
    worker.respond(ResponseHead(status: .success), 2)
    #expect(bench.count(.deliveredThroughKernel) == 2)
    #expect(worker.finishAndLoad() == nil)
    let replies = bench.takeFrames().compactMap { ReplyFrame($0)?.words }
    #expect(replies == [ReplyFrame.success + [1], ReplyFrame.success + [2]])
    #expect(bench.takeViolations().isEmpty)
    #expect(bench.isConserved)
  }

  @Test func r8AStoreWithoutACallBindsNothing() throws {
    let (bench, _, workers) = try makeBench(cores: 1)
    workers[0].publishUser(process: 1)
    workers[0].store(7, atWord: 3)
    #expect(bench.takeViolations() == [.storeWithoutMessage])
    #expect(bench.nic.caches.owner(of: .control(.zero, of: EndpointIdentifier(4))) == nil)
  }

  @Test func r8AWorkerThatWasYieldedIsBoundByItsAcknowledgement() throws {
    var (bench, kernels, workers) = try makeBench(cores: 1)
    var (other, otherCall) = try addProcess2(bench)
    bench.receive(CallFrame())
    var worker = try run(kernels[0].load(), on: 0, workers)
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    // §3.6, 4: the idle worker makes room for the other process.
    bench.receive(otherCall)
    #expect(bench.takeWakes().last == 0)
    #expect(worker.load()?.code == Stub.yieldNow)
    worker.publishDispatch()
    let head = kernels[0].finishAndLoad()
    #expect(head?.argument0 == 2)
    other = try run(head, on: 0, [other])
    try #require(other.load() != nil)
    bench.receive(CallFrame())
    other.respond(ResponseHead(status: .success), 1)
    #expect(other.finishAndLoad()?.code == Stub.yieldNow)
    other.publishDispatch()
    // Back to process 1: whichever worker is named, it acknowledges what it saw last.
    let next = kernels[0].finishAndLoad()
    let again = try #require(next)
    #expect(again.argument0 == 1)
    let parity = worker.parity
    worker.core = 0
    worker.publishUser(process: 1)
    #expect(worker.finishAndLoad()?.argument0 == 42)
    #expect(worker.parity == parity.flipped)
    #expect(bench.count(.deliveredThroughKernel) == 3)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r8FAILEndsTheCall() throws {
    var (bench, kernels, _) = try makeBench()
    bench.receive(CallFrame())
    try #require(kernels[0].load() != nil)
    kernels[0].respond(ResponseHead(status: .fail))
    #expect(kernels[0].finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == [0, 0, 0, 5])
    #expect(bench.count(.callsFailedByKernel) == 1)
    #expect(bench.isConserved)
  }

  @Test func r8REQUEUEOffersTheCallToAnotherCore() throws {
    var (bench, kernels, _) = try makeBench()
    bench.receive(CallFrame())
    try #require(kernels[0].load() != nil)
    _ = bench.takeWakes()
    kernels[0].respond(ResponseHead(status: .requeue))
    #expect(kernels[0].finishAndLoad() == nil)
    #expect(bench.takeWakes() == [1])
    try #require(kernels[1].load()?.code == Stub.kernelCall)
    kernels[1].respond(ResponseHead(status: .requeue))
    #expect(kernels[1].finishAndLoad()?.code == nil)
    // Nobody wants it: it waits until something changes.
    #expect(bench.count(.callsRequeued) == 2)
    #expect(bench.nic.callsInFlight == 1)
    bench.publish(1, CoreState(mode: .dispatch, runQueueLength: 1))
    #expect(bench.takeWakes().count == 1)
    #expect(bench.isConserved)
  }

  /// The thread that the call waits for may be the one that runs in general mode: interrupted for the
  /// same call again it would never get there.
  @Test func r14ACoreThatDeclinedIsLeftAloneInGeneralMode() throws {
    var (bench, kernels, _) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    try #require(kernels[0].load()?.code == Stub.kernelCall)
    kernels[0].respond(ResponseHead(status: .requeue))
    #expect(kernels[0].finishAndLoad() == nil)
    _ = bench.takeInterrupts()
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    #expect(bench.takeInterrupts() == [])
    // It has parked: now the core can have the call.
    kernels[0].publishDispatch()
    #expect(kernels[0].load()?.code == Stub.kernelCall)
    #expect(bench.isConserved)
  }

  @Test func r8ACallThatIsNeitherBoundNorDeclinedComesAgain() throws {
    var (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    try #require(kernels[0].load()?.code == Stub.kernelCall)
    let head = kernels[0].finishAndLoad()
    #expect(head?.code == Stub.kernelCall)
    #expect(bench.count(.callsRequeued) == 1)
    #expect(try run(head, on: 0, workers).load()?.argument0 == 42)
  }

  @Test func r8AnyWorkerOfTheProcessMayTakeTheCall() throws {
    let (bench, kernels, workers) = try makeBench(cores: 1)
    bench.receive(CallFrame())
    let head = try #require(kernels[0].load())
    let named = Int(head.argument1)
    let worker = try #require(workers.first { $0.endpoint != named })
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
    // The endpoint that was named is free again.
    #expect(bench.nic.endpoints[named].isParked)
  }
}
