// Preemption: the interrupt, the answer that comes with it, and who is preempted when (R9, R10).

import Interface
import Testing

@testable import Model

@Suite struct PreemptionTests {
  static func twoProcesses(
    cores: Int = 1, order: InterruptOrder = .interruptFirst, quantum: UInt64 = 0,
    minimum: UInt64 = 0
  ) throws -> Bench {
    let bench = try Bench(cores: cores) { $0.faults.interruptOrder = order }
    for process in 1...2 as ClosedRange<UInt64> {
      try bench.install(
        process: process, quantumNanoseconds: quantum, minimumCores: minimum,
        endpoints: [3 + process])
      try #require(
        bench.installService(process: process, port: 9000 + process) == .done)
    }
    return bench
  }

  static func call(process: Int) -> CallFrame {
    var frame = CallFrame()
    frame.port = UInt16(9000 + process)
    return frame
  }

  @Test func r9AHeldLoadIsAnsweredAndTheCoreInterrupted() throws {
    for (order, events) in [
      (InterruptOrder.interruptFirst, ["interrupt 0", "wake 0"]),
      (.answerFirst, ["wake 0", "interrupt 0"]),
    ] {
      let bench = try Self.twoProcesses(order: order)
      var worker = Consumer(bench, endpoint: 4, core: 0)
      worker.publishUser(process: 1)
      #expect(worker.load() == nil)
      #expect(bench.command(.preemptCore, [0]) == .done)
      #expect(worker.load()?.code == Stub.yieldNow)
      #expect(bench.order == events)
      // Acknowledged like every message (R4), and only one interrupt.
      #expect(worker.finishAndLoad() == nil)
      #expect(bench.takeInterrupts() == [0])
      #expect(bench.count(.preemptions) == 1)
    }
  }

  @Test func r9AKernelEndpointGetsRETIRE() throws {
    let bench = try Self.twoProcesses(order: .random)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    #expect(kernel.load()?.code == Stub.kernelRetire)
    #expect(bench.takeInterrupts() == [0])
    #expect(bench.command(.preemptCore, [1]) == .invalidCore)
  }

  /// The core took the interrupt of something else and never came back to its load.
  @Test func r10AnInterruptBehindAnAnswerIsNotLost() throws {
    let bench = try Self.twoProcesses(order: .answerFirst)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    #expect(bench.takeInterrupts() == [])
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(bench.takeInterrupts() == [0])
  }

  /// Nor when nobody can come back to it, since the endpoint is gone.
  @Test(arguments: [[4], [1]] as [[UInt64]])
  func r10AnInterruptBehindAnAnswerOutlivesTheEndpoint(removed: [UInt64]) throws {
    let bench = try Self.twoProcesses(order: .answerFirst)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    #expect(bench.takeInterrupts() == [])
    #expect(bench.command(removed == [4] ? .removeEndpoint : .removeProcess, removed) == .done)
    #expect(bench.takeInterrupts() == [0])
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(bench.takeInterrupts() == [])
  }

  @Test func aPreemptibleCoreInGeneralModeIsInterruptedOnce() throws {
    let bench = try Self.twoProcesses()
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    bench.publish(0, CoreState(mode: .general))
    bench.receive(Self.call(process: 1))
    #expect(bench.takeInterrupts() == [])
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    #expect(bench.takeInterrupts() == [0])
    bench.receive(Self.call(process: 1))
    #expect(bench.takeInterrupts() == [])
    // It stays: the kernel declined.
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    #expect(bench.takeInterrupts() == [])
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(kernel.load()?.code == Stub.kernelCall)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func aHandlerPastItsQuantumIsPreemptedWhenOthersWait() throws {
    let bench = try Self.twoProcesses(quantum: 1000)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    bench.receive(Self.call(process: 1))
    try #require(worker.load() != nil)
    bench.advance(by: 5000)
    #expect(bench.takeInterrupts() == [], "nobody waits")
    #expect(bench.nic.deadline == nil)
    bench.receive(Self.call(process: 2))
    let deadline = try #require(bench.nic.deadline)
    #expect(deadline <= bench.now)
    bench.advance(by: 0)
    #expect(bench.takeInterrupts() == [0])
    #expect(bench.nic.deadline == nil)
    bench.advance(by: 100_000)
    #expect(bench.takeInterrupts() == [], "once for a call")
    // The kernel saves the handler; the core goes to process 2, then the handler goes on.
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelCall)
    #expect(kernel.word(ControlLineWord.firstArgument) == 2)
    var other = Consumer(bench, endpoint: 5, core: 0)
    other.publishUser(process: 2)
    try #require(other.load() != nil)
    other.respond(ResponseHead(status: .success), 2)
    #expect(other.finishAndLoad()?.code == Stub.yieldNow)
    kernel.publishDispatch()
    #expect(kernel.finishAndLoad()?.code == Stub.kernelResume)
    worker.publishUser(process: 1)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.callsReplied) == 2)
    #expect(bench.takeViolations().isEmpty)
    #expect(bench.isConserved)
  }

  @Test func withoutAQuantumAHandlerKeepsItsCore() throws {
    let bench = try Self.twoProcesses()
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    bench.receive(Self.call(process: 1))
    try #require(worker.load() != nil)
    bench.receive(Self.call(process: 2))
    #expect(bench.nic.deadline == nil)
    bench.advance(by: 1_000_000_000)
    #expect(bench.takeInterrupts() == [])
  }

  @Test(arguments: [0, 1] as [UInt64])
  func r14AnIdleWorkerYieldsAboveTheMinimum(minimum: UInt64) throws {
    let bench = try Self.twoProcesses(minimum: minimum)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    bench.receive(Self.call(process: 2))
    #expect(bench.count(.messagesYieldNow) == 1 - minimum)
  }

  /// A command without its later arguments gets none from the command before.
  @Test func argumentsDoNotOutliveTheirCommand() throws {
    let bench = try Self.twoProcesses()
    #expect(bench.command(.installProcess, [3, 1, 1, 9, 9, 1]) == .done)
    #expect(bench.command(.installProcess, [4, 1, 1]) == .done)
    let process = bench.nic.processes[ProcessIdentifier(4)]
    #expect(process.weight == 1)
    #expect(process.quantumNanoseconds == 0)
    #expect(process.minimumCores == 0)
  }
}
