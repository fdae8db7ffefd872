// R16: which loads the NIC holds, and what becomes of the others.

import Interface
import Randomness
import Testing

@testable import Model

@Suite struct HeldLoadTests {
  /// Kernel endpoints 0…3 on cores 0…3. Of 16 endpoints the even ones have one class, and the odd.
  private func bench(_ configure: (inout Configuration) -> Void) throws -> Bench {
    try Bench(cores: 4, configure: configure)
  }

  @Test(arguments: [(false, 0, 0), (true, 0, 2), (false, 3, 3), (true, 1, 1), (true, 3, 2)])
  func r16TheRegisterSaysHowManyLoadsAreHeld(hasColours: Bool, heldLoads: Int, limit: Int) throws {
    let bench = try bench {
      $0.hasColours = hasColours
      $0.heldLoads = heldLoads
    }
    #expect(bench.read(Register.heldLoadLimit) == UInt64(limit))
    let feature = Features(rawValue: bench.read(Register.features)).contains(.colours)
    #expect(feature == (limit > 0))
  }

  @Test func r16LoadsAboveTheLimitGetRetire() throws {
    let bench = try bench { $0.heldLoads = 2 }
    for core in 0..<4 {
      let kernel = Consumer(bench, endpoint: core, core: core)
      kernel.publishDispatch()
      #expect(kernel.load()?.code == (core < 2 ? nil : Stub.kernelRetire), "core \(core)")
    }
    #expect(bench.count(.loadsHeld) == 2)
    #expect(bench.count(.loadsNotHeld) == 2)
  }

  @Test func r16ALoadIsNotHeldWhileItsClassHasAnotherCore() throws {
    let bench = try bench { $0.hasColours = true }
    let kernels = (0..<4).map { Consumer(bench, endpoint: $0, core: $0) }
    kernels[2].publishDispatch()
    for core in [0, 1] {
      kernels[core].publishDispatch()
      #expect(kernels[core].load()?.code == (core == 0 ? Stub.kernelRetire : nil), "core \(core)")
    }
    // Core 0 is about to go: two that meet do not both leave.
    #expect(kernels[2].load() == nil)
    #expect(bench.count(.colourWaits) == 0)
  }

  /// The state line comes before the first load: what would block that is answered by then.
  @Test func r16AHeldLoadMakesWayForAnEndpointThatGetsACore() throws {
    let bench = try bench { $0.hasColours = true }
    try bench.install(process: 1, endpoints: [5, 7])
    let first = Consumer(bench, endpoint: 5, core: 0)
    first.publishUser(process: 1)
    #expect(first.load() == nil)
    let second = Consumer(bench, endpoint: 7, core: 1)
    second.publishUser(process: 1)
    #expect(first.load()?.code == Stub.yieldNow)
    #expect(second.load() == nil)
    let kernel = Consumer(bench, endpoint: 3, core: 3)
    kernel.publishDispatch()
    #expect(second.load()?.code == Stub.yieldNow)
    #expect(kernel.load() == nil)
    #expect(bench.count(.colourWaits) == 0)
  }

  /// §11, 5: the core that holds nothing is interrupted, and answered when it comes.
  @Test func r16ARetiredCoreIsInterruptedForACall() throws {
    let bench = try bench { $0.heldLoads = 1 }
    for process in [1, 2] as [UInt64] {
      try bench.install(process: process, endpoints: [3 + process])
      try #require(bench.installService(process: process, port: 9000 + process) == .done)
    }
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    var kernel = Consumer(bench, endpoint: 1, core: 1)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelRetire)
    bench.publish(1, CoreState(mode: .general, isPreemptible: true))
    bench.receive(PreemptionTests.call(process: 1))
    #expect(worker.load()?.code == Stub.handler)
    #expect(bench.takeInterrupts() == [])
    bench.receive(PreemptionTests.call(process: 2))
    #expect(bench.takeInterrupts() == [1])
    kernel.publishDispatch()
    #expect(kernel.finishAndLoad()?.code == Stub.kernelCall)
    #expect(bench.takeViolations() == [])
  }

  @Test func r16AKernelThatComesBackAfterRetireIsReported() throws {
    let bench = try bench { $0.heldLoads = 1 }
    let holder = Consumer(bench, endpoint: 0, core: 0)
    holder.publishDispatch()
    #expect(holder.load() == nil)
    var kernel = Consumer(bench, endpoint: 1, core: 1)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelRetire)
    // Once is nothing: an interrupt may have been on its way.
    #expect(kernel.finishAndLoad()?.code == Stub.kernelRetire)
    #expect(bench.takeViolations().isEmpty)
    #expect(kernel.finishAndLoad()?.code == Stub.kernelRetire)
    #expect(bench.takeViolations() == [.loadAfterRetire])
  }

  /// Whatever cores do, at no time are two loads held of one class, nor more than the limit, and no
  /// call is lost.
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func r16NoTwoHeldLoadsShareAColour(seed: UInt64) throws {
    var crowd = try Crowd(seed: seed)
    for step in 0..<20_000 {
      crowd.step()
      let held = crowd.bench.nic.cores.compactMap(\.heldEndpoint)
      let classes = Set(held.map(EndpointPlacement.colourClass))
      try #require(classes.count == held.count, "seed \(seed), step \(step)")
      try #require(held.count <= 3, "seed \(seed), step \(step)")
    }
    #expect(crowd.bench.takeViolations() == [], "seed \(seed)")
    #expect(crowd.bench.isConserved, "seed \(seed)")
    #expect(crowd.bench.count(.loadsNotHeld) > 100, "seed \(seed)")
    #expect(crowd.bench.count(.callsReplied) > 100, "seed \(seed)")
  }
}

/// Six cores and eight workers in the four classes of 256 endpoints, three loads at most; each core
/// goes on, leaves or comes back when chance says so.
private struct Crowd {
  private enum Place {
    case away
    case kernel
    case worker(Int)
  }

  let bench: Bench
  private var random: SplitMix
  private var kernels: [Consumer]
  private var workers: [Int: Consumer] = [:]
  private var places: [Place]

  init(seed: UInt64) throws {
    let bench = try Bench(cores: 6, endpoints: 256) {
      $0.hasColours = true
      $0.heldLoads = 3
    }
    self.bench = bench
    random = SplitMix(seed: seed)
    let endpoints = [8, 9, 10, 11, 128, 129, 130, 131]
    try bench.install(process: 1, maximumCores: 6, endpoints: endpoints.map { UInt64($0) })
    try #require(bench.installService(process: 1) == .done)
    kernels = (0..<6).map { Consumer(bench, endpoint: $0, core: $0) }
    places = Array(repeating: .away, count: 6)
    for endpoint in endpoints { workers[endpoint] = Consumer(bench, endpoint: endpoint, core: 0) }
  }

  private mutating func happens(oneIn number: Int) -> Bool {
    Int.random(in: 0..<number, using: &random) == 0
  }

  mutating func step() {
    if happens(oneIn: 8) { bench.receive(CallFrame()) }
    if happens(oneIn: 50) { bench.advance(by: Bench.stallLimit) }
    let core = Int.random(in: 0..<6, using: &random)
    switch places[core] {
    case .away: if happens(oneIn: 2) { enterKernel(core) }
    case .kernel: stepKernel(core)
    case .worker(let endpoint): stepWorker(endpoint, on: core)
    }
  }

  private mutating func enterKernel(_ core: Int) {
    kernels[core].publishDispatch()
    places[core] = .kernel
  }

  private mutating func leave(_ core: Int) {
    bench.publish(core, CoreState(mode: .general, isPreemptible: true))
    places[core] = .away
  }

  private mutating func stepKernel(_ core: Int) {
    guard let head = kernels[core].load() else {
      if happens(oneIn: 4) { leave(core) }
      return
    }
    kernels[core].finish()
    switch head.code {
    case Stub.kernelRetire: leave(core)
    case Stub.kernelCall, Stub.kernelResume:
      let endpoint = Int(head.argument1)
      workers[endpoint]?.core = core
      workers[endpoint]?.publishUser(process: 1)
      places[core] = .worker(endpoint)
    default: break
    }
  }

  private mutating func stepWorker(_ endpoint: Int, on core: Int) {
    guard var worker = workers[endpoint] else { return }
    guard let head = worker.load() else {
      if happens(oneIn: 8) { enterKernel(core) }
      return
    }
    if head.code == Stub.handler { worker.respond(ResponseHead(status: .success), 1) }
    worker.finish()
    workers[endpoint] = worker
    if head.code == Stub.yieldNow { enterKernel(core) }
  }
}
