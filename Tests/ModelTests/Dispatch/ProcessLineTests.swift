// The lines of processes (interface §7.2, §7.3): limits that change by a store, and the load that
// the NIC shows.

import Interface
import Testing

@testable import Model

@Suite struct ProcessLineTests {
  static let process = ProcessIdentifier(1)

  /// Two cores whose kernels wait; process 1 with workers on endpoints 4 and 5.
  private func makeBench(
    cores: Int = 2, maximumCores: UInt64 = 2, configure: (inout Configuration) -> Void = { _ in }
  ) throws -> (bench: Bench, kernels: [Consumer]) {
    let bench = try Bench(cores: cores, configure: configure)
    try bench.install(
      process: 1, maximumCores: maximumCores, queueLimit: 8, quantumNanoseconds: 77,
      minimumCores: 1, endpoints: [4, 5])
    try #require(bench.installService(process: 1) == .done)
    let kernels = (0..<cores).map { Consumer(bench, endpoint: $0, core: $0) }
    for kernel in kernels {
      kernel.publishDispatch()
      try #require(kernel.load() == nil)
    }
    return (bench, kernels)
  }

  private func stateOffset(_ word: Int) -> UInt64 {
    LineWindow.processStateOffset(of: Self.process) + UInt64(word * LineGeometry.wordBytes)
  }

  private func publish(_ bench: Bench, _ limits: CoreLimits, from core: Int = 0) {
    bench.store(core, stateOffset(ProcessStateWord.limits), limits.word)
  }

  /// The kernel of `core` got a CALL and runs its worker, which gets the call.
  private func serve(_ kernel: Consumer, on core: Int) throws -> Consumer {
    let head = try #require(kernel.load())
    var worker = Consumer(kernel.bench, endpoint: Int(head.argument1), core: core)
    worker.core = core
    worker.publishUser(process: 1)
    try #require(worker.load() != nil)
    return worker
  }

  private struct LoadLine: LoadLineAccess {
    let bench: Bench
    var core = 0
    mutating func load(word: Int) -> UInt64 {
      let offset =
        LineWindow.processLoadOffset(of: process) + UInt64(word * LineGeometry.wordBytes)
      guard case .value(let value) = bench.load(core, offset) else { return .max }
      return value
    }
    mutating func orderLoads() {}
  }

  private func readLoad(_ bench: Bench, core: Int = 0) -> ProcessLoad {
    var line = LoadLine(bench: bench, core: core)
    return ProcessLoad(reading: &line)
  }

  // MARK: - State lines

  @Test func installProcessFillsTheLine() throws {
    let (bench, _) = try makeBench()
    let limits = CoreLimits(minimum: 1, maximum: 2, weight: 1)
    #expect(bench.load(0, stateOffset(ProcessStateWord.limits)) == .value(limits.word))
    #expect(bench.load(1, stateOffset(ProcessStateWord.quantum)) == .value(77))
    #expect(bench.load(0, stateOffset(ProcessStateWord.workers)) == .value(0))
    #expect(bench.load(0, stateOffset(ProcessStateWord.allowedCores)) == .value(.max))
    #expect(bench.read(Register.features) & Features.processLines.rawValue != 0)
    #expect(bench.command(.removeProcess, [1]) == .done)
    #expect(bench.load(0, stateOffset(ProcessStateWord.limits)) == .value(0))
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r14AStoreRaisesTheMaximum() throws {
    let (bench, kernels) = try makeBench(maximumCores: 1)
    bench.receive(CallFrame())
    _ = try serve(kernels[0], on: 0)
    bench.receive(CallFrame())
    #expect(kernels[1].load() == nil)
    publish(bench, CoreLimits(maximum: 2))
    #expect(kernels[1].load()?.code == Stub.kernelCall)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r14AWorkerThatWaitsLeavesWhenTheMaximumSinks() throws {
    let (bench, kernels) = try makeBench()
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    var workers = [try serve(kernels[0], on: 0), try serve(kernels[1], on: 1)]
    workers[0].respond(ResponseHead(status: .success), 1)
    #expect(workers[0].finishAndLoad() == nil)
    publish(bench, CoreLimits(maximum: 1))
    // The one that waits goes, the handler stays and then may wait.
    #expect(workers[0].load()?.code == Stub.yieldNow)
    workers[1].respond(ResponseHead(status: .success), 1)
    #expect(workers[1].finishAndLoad() == nil)
    // 0: calls wait, and no interrupt.
    publish(bench, CoreLimits(maximum: 0))
    #expect(workers[1].load()?.code == Stub.yieldNow)
    workers[1].publishUser(process: 1)
    bench.receive(CallFrame())
    #expect(bench.nic.callsInFlight == 1)
    #expect(bench.takeInterrupts().isEmpty)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func aHandlerThatRunsOnACoreTooManyIsToldWhenItIsDone() throws {
    let (bench, kernels) = try makeBench()
    bench.receive(CallFrame())
    var worker = try serve(kernels[0], on: 0)
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    publish(bench, CoreLimits(maximum: 0))
    worker.respond(ResponseHead(status: .success), 5)
    #expect(worker.finishAndLoad()?.code == Stub.yieldNow)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.isConserved)
  }

  @Test func coresThatAreNotAllowedGetNoCalls() throws {
    let (bench, kernels) = try makeBench()
    bench.store(1, stateOffset(ProcessStateWord.allowedCores), 0b10)
    bench.receive(CallFrame())
    #expect(kernels[0].load() == nil)
    var worker = try serve(kernels[1], on: 1)
    worker.respond(ResponseHead(status: .success), 5)
    #expect(worker.finishAndLoad() == nil)
    bench.store(0, stateOffset(ProcessStateWord.allowedCores), 0b01)
    #expect(worker.load()?.code == Stub.yieldNow)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func theQuantumAndTheWeightChangeByAStore() throws {
    let (bench, _) = try makeBench()
    bench.store(0, stateOffset(ProcessStateWord.quantum), 5_000)
    publish(bench, CoreLimits(minimum: 9, maximum: 1, weight: 0))
    let process = bench.nic.processes[Self.process]
    #expect(process.quantumNanoseconds == 5_000)
    #expect(process.weight == 1)
    #expect(process.maximumCores == 1)
    #expect(process.minimumCores == 1)
  }

  /// The line of a process may be loaded before it is installed.
  @Test func aNewProcessHasNoFetchOfItsLineUnderWay() throws {
    let (bench, _) = try makeBench { $0.stateFetchNanoseconds = 100 }
    let other = ProcessIdentifier(2)
    #expect(bench.load(0, LineWindow.processStateOffset(of: other)) == .value(0))
    #expect(bench.nic.processes.unseenStates == 1)
    try bench.install(process: 2, endpoints: [])
    #expect(bench.nic.processes.unseenStates == 0)
    bench.advance(by: 100)
    #expect(bench.command(.removeProcess, [2]) == .done)
    #expect(bench.nic.processes.unseenStates == 0)
  }

  @Test func aStateLineIsTakenBackInTime() throws {
    let (bench, kernels) = try makeBench { $0.stateFetchNanoseconds = 100 }
    bench.advance(by: 200)
    publish(bench, CoreLimits(maximum: 0))
    #expect(bench.nic.processes[Self.process].maximumCores == 2)
    #expect(bench.nic.deadline == bench.now + 100)
    publish(bench, CoreLimits(maximum: 1), from: 1)
    // The other core's store took the line from the first.
    #expect(bench.nic.processes[Self.process].maximumCores == 0)
    bench.advance(by: 100)
    #expect(bench.nic.processes[Self.process].maximumCores == 1)
    publish(bench, CoreLimits(maximum: 2))
    #expect(bench.evict(0, stateOffset(0)))
    #expect(bench.nic.processes[Self.process].maximumCores == 2)
    #expect(kernels[0].load() == nil)
  }

  @Test func storesThatMeanNothingAreReported() throws {
    let (bench, _) = try makeBench()
    bench.store(0, stateOffset(3), 1)
    #expect(bench.takeViolations() == [.reservedStateWord])
    bench.store(0, stateOffset(ProcessStateWord.limits), 1, size: 4)
    #expect(bench.takeViolations() == [.partialStateStore])
    bench.store(0, LineWindow.processStateOffset(of: ProcessIdentifier(2)), 1)
    #expect(bench.takeViolations() == [.noProcess])
    bench.store(0, LineWindow.processLoadOffset(of: Self.process), 1)
    #expect(bench.takeViolations() == [.storeToLoadLine])
    // Eight processes are all that this NIC has lines for.
    bench.store(0, LineWindow.processStateOffset(of: ProcessIdentifier(8)), 1)
    _ = bench.load(0, LineWindow.processLoadOffset(of: ProcessIdentifier(8)))
    #expect(bench.takeViolations() == [.outsideWindow, .outsideWindow])
    #expect(bench.nic.processes[Self.process].maximumCores == 2)
  }

  // MARK: - Load lines

  @Test func aLoadSaysWhatIsSo() throws {
    let (bench, kernels) = try makeBench()
    #expect(readLoad(bench) == ProcessLoad())
    bench.receive(CallFrame())
    var worker = try serve(kernels[0], on: 0)
    bench.now += 300
    publish(bench, CoreLimits(maximum: 1))
    // Taken back by the offer on core 1 when the limit sank; it waits.
    for _ in 0..<10 { bench.receive(CallFrame()) }
    bench.advance(by: ProcessLoad.intervalNanoseconds)
    #expect(
      readLoad(bench)
        == ProcessLoad(
          demand: ProcessDemand(callsWaiting: 8, cores: 1, busyCores: 1, coresWanted: 1),
          arrivals: 11, deliveries: 1, rejections: 2))
    bench.now += 500
    worker.respond(ResponseHead(status: .success), 5)
    #expect(worker.finishAndLoad() != nil)
    bench.advance(by: ProcessLoad.intervalNanoseconds)
    let load = readLoad(bench)
    #expect(load.demand.callsWaiting == 7)
    #expect(load.deliveries == 2)
    #expect(load.waitingNanoseconds == ProcessLoad.intervalNanoseconds + 500)
    // What a new process finds begins at 0.
    #expect(bench.command(.removeProcess, [1]) == .done)
    #expect(readLoad(bench) == ProcessLoad())
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func aLoadThatStaysTheSameIsReadFromTheCache() throws {
    let (bench, _) = try makeBench()
    _ = readLoad(bench)
    let messages = bench.count(.coherenceMessages)
    for _ in 0..<5 {
      bench.advance(by: 10 * ProcessLoad.intervalNanoseconds)
      _ = readLoad(bench)
    }
    #expect(bench.count(.coherenceMessages) == messages)
    // A second reader shares it.
    _ = readLoad(bench, core: 1)
    #expect(bench.count(.coherenceMessages) == messages + 2)
    #expect(bench.evict(1, LineWindow.processLoadOffset(of: Self.process)))
    #expect(!bench.evict(1, LineWindow.processLoadOffset(of: Self.process)))
    #expect(bench.count(.coherenceMessages) == messages + 3)
  }

  @Test func moreCoresWantedAreSeenAtOnce() throws {
    let (bench, _) = try makeBench()
    for wanted in 1...2 as ClosedRange<UInt16> {
      _ = readLoad(bench)
      _ = readLoad(bench, core: 1)
      bench.receive(CallFrame())
      #expect(readLoad(bench).demand.coresWanted == wanted)
      #expect(readLoad(bench, core: 1).demand.coresWanted == wanted)
    }
  }

  @Test func otherChangesAreSeenWhenTheIntervalIsOver() throws {
    let (bench, _) = try makeBench(maximumCores: 1)
    bench.receive(CallFrame())
    bench.now += 1_000
    #expect(readLoad(bench).demand.callsWaiting == 1)
    let fetched = bench.count(.linesFetched)
    bench.advance(by: ProcessLoad.intervalNanoseconds - 1)
    for _ in 0..<3 { bench.receive(CallFrame()) }
    #expect(readLoad(bench).demand.callsWaiting == 1)
    #expect(bench.count(.linesFetched) == fetched)
    #expect(bench.nic.deadline == bench.now + 1)
    bench.advance(by: 1)
    #expect(bench.count(.linesFetched) == fetched + 1)
    #expect(readLoad(bench).demand.callsWaiting == 4)
    // After the interval a change is seen at once.
    bench.advance(by: ProcessLoad.intervalNanoseconds)
    bench.receive(CallFrame())
    #expect(readLoad(bench).demand.callsWaiting == 5)
  }

  @Test func workersBoundTheCoresWanted() throws {
    let (bench, _) = try makeBench(cores: 4, maximumCores: 4)
    bench.store(
      0, stateOffset(ProcessStateWord.workers), WorkerCounts(workers: 3, queued: 1).word)
    #expect(readLoad(bench).demand.coresWanted == 1)
    for wanted in [2, 3, 3, 3] as [UInt16] {
      bench.receive(CallFrame())
      #expect(readLoad(bench).demand.coresWanted == wanted)
    }
  }
}
