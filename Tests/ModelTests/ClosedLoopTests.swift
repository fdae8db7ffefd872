// Clients, cores and processes in random order: nothing is lost, nothing comes twice (R7).

import Interface
import Randomness
import Testing

@testable import Model

/// Cores with a small kernel each, on the model. Every step of a core is one the hardware could
/// take, an interrupt between any two accesses among them.
struct Machine {
  enum Place {
    /// Before the load of the current line.
    case atLoad
    case inHandler(LineHead)
    /// Left by the YIELDNOW stub; turns to the other line when it comes back.
    case yielded
  }

  struct Thread {
    let process: Int
    var consumer: Consumer
    var place = Place.atLoad
  }

  struct Core {
    var kernel: Consumer
    /// The kernel has a message that it has not acknowledged.
    var kernelHasMessage = false
    var running: Int?
    var isStalled = false
    /// Runs a thread that has nothing to do with RPC.
    var isGeneral = false
  }

  let bench: Bench
  var threads: [Thread] = []
  var cores: [Core] = []
  var random: SplitMix
  /// Of 1,000 steps, how many begin with an interrupt.
  let interruptsPerMille: Int
  /// Of 1,000 calls through the kernel, how many it does not take.
  let refusalsPerMille: Int
  /// Else a core may be woken although it has left its held load.
  let statesAreSeenAtOnce: Bool
  var handled = 0
  var faults: [String] = []

  init(
    seed: UInt64, cores coreCount: Int, workersOfProcess: [Int], maximumCores: [UInt64],
    interruptsPerMille: Int, refusalsPerMille: Int,
    configure: (inout Configuration) -> Void = { _ in }
  ) throws {
    random = SplitMix(seed: seed)
    self.interruptsPerMille = interruptsPerMille
    self.refusalsPerMille = refusalsPerMille
    bench = try Bench(cores: coreCount, endpoints: 32, configure: configure)
    statesAreSeenAtOnce = bench.nic.configuration.stateFetchNanoseconds == 0
    var endpoint = coreCount
    for (index, workers) in workersOfProcess.enumerated() {
      let process = index + 1
      let endpoints = (endpoint..<endpoint + workers).map { UInt64($0) }
      try bench.install(
        process: UInt64(process), maximumCores: maximumCores[index], endpoints: endpoints)
      try #require(
        bench.installService(
          process: UInt64(process), port: UInt64(9000 + process),
          code: Stub.handler + UInt64(process)) == .done)
      for endpoint in endpoints {
        let consumer = Consumer(bench, endpoint: Int(endpoint), core: 0)
        threads.append(Thread(process: process, consumer: consumer))
      }
      endpoint += workers
    }
    for core in 0..<coreCount {
      cores.append(Core(kernel: Consumer(bench, endpoint: core, core: core)))
      cores[core].kernel.publishDispatch()
    }
  }

  mutating func chance(_ perMille: Int) -> Bool {
    Int.random(in: 0..<1000, using: &random) < perMille
  }

  var canStep: Bool { cores.contains { !$0.isStalled } }

  mutating func wake() {
    for core in bench.takeWakes() {
      if !cores[core].isStalled, statesAreSeenAtOnce {
        faults.append("core \(core) was woken but did not wait")
      }
      cores[core].isStalled = false
    }
  }

  mutating func step(_ core: Int) {
    if cores[core].isGeneral {
      if chance(300) {
        cores[core].isGeneral = false
        leave(core)
      }
      return
    }
    if chance(interruptsPerMille) {
      if cores[core].running != nil, Bool.random(using: &random) {
        leave(core)
      } else {
        // From a worker or from the dispatch thread, at its held load too.
        cores[core].running = nil
        cores[core].isStalled = false
        cores[core].isGeneral = true
        bench.publish(core, CoreState(mode: .general))
        wake()
        return
      }
    }
    guard !cores[core].isStalled else { return }
    if let thread = cores[core].running {
      stepThread(thread, on: core)
    } else {
      stepKernel(core)
    }
    wake()
  }

  private mutating func leave(_ core: Int) {
    cores[core].running = nil
    cores[core].isStalled = false
    cores[core].kernel.publishDispatch()
    wake()
  }

  private mutating func stepKernel(_ core: Int) {
    if cores[core].kernelHasMessage {
      cores[core].kernel.finish()
      cores[core].kernelHasMessage = false
    }
    guard let head = cores[core].kernel.load() else {
      cores[core].isStalled = true
      return
    }
    cores[core].kernelHasMessage = true
    switch head.code {
    case Stub.kernelTryAgain: break
    case Stub.kernelCall, Stub.kernelResume:
      if chance(refusalsPerMille) {
        if Bool.random(using: &random) {
          cores[core].kernel.respond(ResponseHead(status: .requeue))
        }
        return
      }
      guard
        let thread = threads.firstIndex(where: { UInt64($0.consumer.endpoint) == head.argument1 }),
        threads[thread].process == Int(head.argument0)
      else {
        faults.append("no worker \(head.argument1) of process \(head.argument0)")
        return
      }
      if cores.contains(where: { $0.running == thread }) {
        faults.append("worker \(thread) is asked for but runs")
        return
      }
      cores[core].running = thread
      threads[thread].consumer.core = core
      threads[thread].consumer.publishUser(process: threads[thread].process)
    default: faults.append("kernel jumps to \(head.code)")
    }
  }

  private mutating func stepThread(_ thread: Int, on core: Int) {
    switch threads[thread].place {
    case .yielded:
      threads[thread].consumer.finish()
      threads[thread].place = .atLoad
    case .atLoad:
      guard let head = threads[thread].consumer.load() else {
        cores[core].isStalled = true
        return
      }
      switch head.code {
      case Stub.tryAgain: threads[thread].consumer.finish()
      case Stub.yieldNow:
        threads[thread].place = .yielded
        leave(core)
      case Stub.handler + UInt64(threads[thread].process):
        threads[thread].place = .inHandler(head)
      default: faults.append("worker of process \(threads[thread].process) jumps to \(head.code)")
      }
    case .inHandler(let head):
      if chance(500) { return }
      threads[thread].consumer.respond(ResponseHead(status: .success), head.argument0 ^ 0xFFFF)
      threads[thread].consumer.finish()
      threads[thread].place = .atLoad
      handled += 1
    }
  }

  func coresRunning(process: Int) -> Int {
    cores.count { core in core.running.map { threads[$0].process == process } ?? false }
  }
}

@Suite struct ClosedLoopTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    let cores: Int
    let workers: [Int]
    let maximumCores: [UInt64]
    let interruptsPerMille: Int
    let refusalsPerMille: Int
    var evictionsPerMillion: UInt32 = 0
    var lineLatencyNanoseconds: UInt64 = 0
    var earlyTryAgainsPerMillion: UInt32 = 0
    var stateFetchNanoseconds: UInt64 = 0
    var testDescription: String {
      "\(cores) cores, workers \(workers), at most \(maximumCores) cores, "
        + "interrupts \(interruptsPerMille), refusals \(refusalsPerMille) per mille, "
        + "evictions \(evictionsPerMillion), early TRYAGAIN \(earlyTryAgainsPerMillion) per million, "
        + "lines after \(lineLatencyNanoseconds) ns, states after \(stateFetchNanoseconds) ns"
    }
  }

  static let settings = [
    Setting(
      cores: 1, workers: [1, 1], maximumCores: [1, 1], interruptsPerMille: 0,
      refusalsPerMille: 0),
    Setting(
      cores: 2, workers: [1, 1, 1], maximumCores: [1, 1, 1], interruptsPerMille: 0,
      refusalsPerMille: 0),
    Setting(
      cores: 1, workers: [3, 2], maximumCores: [1, 1], interruptsPerMille: 50,
      refusalsPerMille: 0),
    Setting(
      cores: 3, workers: [3, 2, 1, 2], maximumCores: [2, 3, 1, 2], interruptsPerMille: 30,
      refusalsPerMille: 0),
    Setting(
      cores: 4, workers: [4, 4, 4], maximumCores: [4, 1, 2], interruptsPerMille: 10,
      refusalsPerMille: 100),
    Setting(
      cores: 3, workers: [2, 2], maximumCores: [2, 3], interruptsPerMille: 40,
      refusalsPerMille: 20, evictionsPerMillion: 300_000),
    Setting(
      cores: 3, workers: [3, 2, 1], maximumCores: [2, 3, 1], interruptsPerMille: 60,
      refusalsPerMille: 20, evictionsPerMillion: 100_000, stateFetchNanoseconds: 70),
    Setting(
      cores: 2, workers: [2, 2, 1], maximumCores: [1, 2, 1], interruptsPerMille: 100,
      refusalsPerMille: 0, stateFetchNanoseconds: .max),
    Setting(
      cores: 3, workers: [2, 1, 2], maximumCores: [2, 1, 3], interruptsPerMille: 50,
      refusalsPerMille: 20, evictionsPerMillion: 100_000, lineLatencyNanoseconds: 15,
      earlyTryAgainsPerMillion: 100_000, stateFetchNanoseconds: 15),
  ]

  @Test(arguments: settings, 1...6 as ClosedRange<UInt64>)
  func r7EveryCallIsAnsweredOnceAndR14NoneWaitsForNothing(
    setting: Setting, seed: UInt64
  ) throws {
    print("R7 closed loop, seed \(seed), \(setting)")
    var machine = try Machine(
      seed: seed, cores: setting.cores, workersOfProcess: setting.workers,
      maximumCores: setting.maximumCores, interruptsPerMille: setting.interruptsPerMille,
      refusalsPerMille: setting.refusalsPerMille
    ) {
      $0.faults.seed = seed
      $0.faults.evictionsPerMillion = setting.evictionsPerMillion
      $0.faults.lineLatencyNanoseconds = setting.lineLatencyNanoseconds
      $0.faults.earlyTryAgainsPerMillion = setting.earlyTryAgainsPerMillion
      $0.stateFetchNanoseconds = setting.stateFetchNanoseconds
    }
    let bench = machine.bench
    // Short enough that TRYAGAIN comes between calls.
    bench.write(Register.stallLimitNanoseconds, 400)
    let calls = 600
    let clients = 9
    var sent = 0
    var outstanding: [UInt32: CallFrame] = [:]
    var steps = 0
    while sent < calls || !outstanding.isEmpty {
      steps += 1
      try #require(steps < 400_000, "stuck with \(outstanding.count) calls outstanding")
      bench.advance(by: 10)
      machine.wake()
      if outstanding.count < clients, sent < calls, machine.chance(300) {
        var frame = CallFrame()
        sent += 1
        frame.transaction = UInt32(sent)
        frame.port =
          9001 + UInt16.random(in: 0..<UInt16(setting.workers.count), using: &machine.random)
        frame.arguments = networkBytes(UInt32(sent))
        outstanding[frame.transaction] = frame
        bench.receive(frame)
        machine.wake()
      }
      if machine.canStep {
        machine.step(Int.random(in: 0..<setting.cores, using: &machine.random))
      } else {
        // R14: every core waits at a load, so no call may wait for a core, unless the kernel
        // said that it shall.
        if setting.refusalsPerMille == 0, setting.stateFetchNanoseconds == 0 {
          #expect(bench.nic.callsInFlight == 0)
        }
        let deadline = try #require(bench.nic.deadline)
        bench.advance(by: deadline - bench.now)
        machine.wake()
      }
      for (index, limit) in setting.maximumCores.enumerated() {
        #expect(machine.coresRunning(process: index + 1) <= Int(limit))
      }
      for bytes in bench.takeFrames() {
        let transaction = bytes[42..<46].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        let waiting = outstanding.removeValue(forKey: transaction)
        let request = try #require(waiting, "a reply that nobody waits for")
        let reply = try #require(ReplyFrame(bytes, to: request))
        #expect(reply.words == ReplyFrame.success + [transaction ^ 0xFFFF])
      }
      #expect(bench.isConserved)
      try #require(machine.faults.isEmpty, "\(machine.faults)")
      try #require(bench.takeViolations().isEmpty)
    }
    #expect(machine.handled == calls)
    #expect(bench.count(.callsReplied) == UInt64(calls))
    #expect(bench.nic.callsInFlight == 0)
    let records = bench.takeRecords()
    #expect(Set(records.map(\.tag)).count == calls)
    #expect(records.allSatisfy { $0.succeeded })
    #expect(
      bench.count(.deliveredToUserLoop) + bench.count(.deliveredThroughKernel) == UInt64(calls))
  }
}
