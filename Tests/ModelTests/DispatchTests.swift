// Who gets which call: rules R8, R10, R11, R12 and R14, and the order of the design's §3.6.

import Interface
import Testing

@testable import Model

@Suite struct DispatchTests {
  /// A NIC whose kernels wait, with one process of two workers on endpoints 4 and 5.
  private func makeBench(cores: Int = 2, maximumCores: UInt64 = 4, queueLimit: UInt64 = 16) throws
    -> (bench: Bench, kernels: [Consumer], workers: [Consumer])
  {
    let bench = try Bench(cores: cores)
    try bench.install(
      process: 1, maximumCores: maximumCores, queueLimit: queueLimit, endpoints: [4, 5])
    try #require(bench.installService(process: 1) == .done)
    let kernels = (0..<cores).map { Consumer(bench, endpoint: $0, core: $0) }
    for kernel in kernels {
      kernel.publishDispatch()
      try #require(kernel.load() == nil)
    }
    return (bench, kernels, [4, 5].map { Consumer(bench, endpoint: $0, core: 0) })
  }

  private func addProcess2(_ bench: Bench) throws -> (worker: Consumer, call: CallFrame) {
    try bench.install(process: 2, endpoints: [6])
    try #require(bench.installService(process: 2, port: 9002) == .done)
    var call = CallFrame()
    call.port = 9002
    return (Consumer(bench, endpoint: 6, core: 0), call)
  }

  /// The kernel got a CALL or a RESUME and runs the worker that it names.
  private func run(_ head: LineHead?, on core: Int, _ workers: [Consumer]) throws -> Consumer {
    let head = try #require(head)
    var worker = try #require(workers.first { UInt64($0.endpoint) == head.argument1 })
    worker.core = core
    worker.publishUser(process: Int(head.argument0))
    return worker
  }

  // MARK: - Step 4: which idle worker

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

  // MARK: - R8: through the kernel

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

  // MARK: - R11: leaving a core

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

  // MARK: - R12: ends

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

  // MARK: - R14: cores and queues

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
}
