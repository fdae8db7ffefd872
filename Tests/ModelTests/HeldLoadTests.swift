// R16: which loads the NIC holds, and what becomes of the others.

import Interface
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
}
