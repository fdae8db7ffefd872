// Classes: which of a process's waiting calls goes next (interface §11, R14).

import Interface
import Randomness
import Testing

@testable import Model

@Suite struct ClassTests {
  /// Procedure n is of class n; its handler stands at its own address.
  private static func handler(_ serviceClass: ServiceClass) -> UInt64 {
    Stub.handler + 0x100 * UInt64(serviceClass.rawValue)
  }

  private static func call(_ serviceClass: ServiceClass, port: UInt16 = 9000) -> CallFrame {
    var call = CallFrame()
    call.port = port
    call.procedure = UInt32(serviceClass.rawValue)
    return call
  }

  private func makeBench(
    waitLimitNanoseconds: UInt64 = 0
  ) throws -> (bench: Bench, worker: Consumer) {
    let bench = try Bench(cores: 1)
    try bench.install(
      process: 1, queueLimit: 64, waitLimitNanoseconds: waitLimitNanoseconds, endpoints: [4])
    try install(bench, process: 1, port: 9000)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    try #require(worker.load() == nil)
    return (bench, worker)
  }

  private func install(_ bench: Bench, process: UInt64, port: UInt64) throws {
    for serviceClass in ServiceClass.allCases {
      try #require(
        bench.installService(
          process: process, port: port, procedure: UInt64(serviceClass.rawValue),
          code: Self.handler(serviceClass), serviceClass: UInt64(serviceClass.rawValue)) == .done)
    }
  }

  /// Answers the call under way; the address of the next one's handler.
  private func serve(_ worker: inout Consumer) -> UInt64? {
    worker.respond(ResponseHead(status: .success), 1)
    return worker.finishAndLoad()?.code
  }

  @Test func r14TheMostUrgentClassGoesFirstAndEachInItsOrder() throws {
    var (bench, worker) = try makeBench()
    bench.receive(Self.call(.bulk))
    try #require(worker.load()?.code == Self.handler(.bulk))
    for serviceClass: ServiceClass in [.bulk, .background, .normal, .bulk, .urgent, .normal] {
      bench.receive(Self.call(serviceClass))
    }
    for serviceClass: ServiceClass in [.urgent, .normal, .normal, .background, .bulk, .bulk] {
      #expect(serve(&worker) == Self.handler(serviceClass))
    }
    #expect(serve(&worker) == nil)
    #expect(bench.count(.callsReplied) == 7)
    #expect(bench.isConserved)
  }

  @Test func r14AClassThatWasPassedOftenEnoughGoesNext() throws {
    var (bench, worker) = try makeBench()
    bench.receive(Self.call(.urgent))
    try #require(worker.load() != nil)
    bench.receive(Self.call(.bulk))
    bench.receive(Self.call(.urgent))
    var passes = 0
    // An urgent call always waits.
    while serve(&worker) == Self.handler(.urgent), passes <= 20 {
      passes += 1
      bench.receive(Self.call(.urgent))
    }
    #expect(passes == ServiceClass.passingLimit)
    #expect(serve(&worker) == Self.handler(.urgent))
  }

  @Test func aRequeuedCallIsFirstOfItsClassAgain() throws {
    var calls = CallTable(capacity: 4)
    var queues = ClassQueues()
    var indices: [CallIndex] = []
    for (order, serviceClass) in [ServiceClass.normal, .normal, .urgent].enumerated() {
      let call = Self.entry(serviceClass, order: UInt64(order))
      let index = calls.insert(call, arguments: [])
      indices.append(try #require(index))
    }
    queues.append(indices[0], in: &calls)
    queues.append(indices[1], in: &calls)
    #expect(queues.popFirst(in: &calls) == indices[0])
    queues.append(indices[2], in: &calls)
    queues.prepend(indices[0], in: &calls)
    for place in [2, 0, 1] { #expect(queues.popFirst(in: &calls) == indices[place]) }
    #expect(queues.isEmpty)
  }

  /// A class is what a process says of itself: it is worth nothing against others.
  @Test func r14ClassesDecideNothingBetweenProcesses() throws {
    let bench = try Bench(cores: 1)
    for process: UInt64 in [1, 2] {
      try bench.install(process: process, endpoints: [process + 3])
      try install(bench, process: process, port: 8999 + process)
    }
    bench.receive(Self.call(.bulk, port: 9000))
    bench.receive(Self.call(.urgent, port: 9001))
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load()?.argument0 == 1)
  }

  @Test func r7ACallIsExpectedToWaitForThoseBeforeItOnly() throws {
    var (bench, worker) = try makeBench(waitLimitNanoseconds: 35_000)
    for _ in 0..<6 { bench.receive(Self.call(.bulk)) }
    try #require(worker.load() != nil)
    for _ in 0..<2 {
      bench.now += 10_000
      #expect(serve(&worker) != nil)
    }
    // A call leaves every 10 µs, three wait.
    bench.receive(Self.call(.bulk))
    #expect(bench.count(.rejectedExpectedWait) == 1)
    bench.receive(Self.call(.urgent))
    #expect(bench.count(.rejectedExpectedWait) == 1)
    #expect(bench.count(.callsAccepted) == 7)
  }

  @Test(arguments: [4, 255, 256, UInt64.max])
  func anUnknownClassIsRefused(serviceClass: UInt64) throws {
    let bench = try Bench(cores: 1)
    try bench.install(process: 1, endpoints: [4])
    #expect(bench.installService(process: 1, serviceClass: serviceClass) == .invalidClass)
    #expect(bench.installService(process: 1, serviceClass: 3) == .done)
  }

  /// Against a list that is searched: order, bound, and that nothing is lost.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func r14NoClassIsPassedMoreThanTheBound(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var calls = CallTable(capacity: 64)
    var queues = ClassQueues()
    var waiting: [(index: CallIndex, serviceClass: ServiceClass, order: UInt64, passes: Int)] = []
    for step in 0..<5_000 as Range<UInt64> {
      // Half of the time more comes than goes.
      let comes = random.next() % 8 < (step / 500 % 2 == 0 ? 6 : 3)
      if comes, waiting.count < 64 {
        // Mostly urgent ones, which are what others starve by.
        let number = UInt8(truncatingIfNeeded: [0, 0, 0, 0, 0, 1, 2, 3][Int(random.next() % 8)])
        let serviceClass = try #require(ServiceClass(rawValue: number))
        let call = Self.entry(serviceClass, order: step)
        let slot = calls.insert(call, arguments: [])
        let index = try #require(slot)
        queues.append(index, in: &calls)
        waiting.append((index, serviceClass, step, 0))
      } else if let gone = queues.popFirst(in: &calls) {
        let place = try #require(waiting.firstIndex { $0.index == gone })
        let taken = waiting.remove(at: place)
        // First of its class.
        #expect(!waiting[..<place].contains { $0.serviceClass == taken.serviceClass })
        #expect(
          waiting.allSatisfy { $0.serviceClass.rawValue >= taken.serviceClass.rawValue }
            || taken.passes >= ServiceClass.passingLimit)
        #expect(taken.passes <= ServiceClass.passingLimit + 2)
        for serviceClass in ServiceClass.allCases where serviceClass != taken.serviceClass {
          if let first = waiting.firstIndex(where: { $0.serviceClass == serviceClass }) {
            waiting[first].passes += 1
          }
        }
        calls.remove(gone)
      }
      #expect(queues.count == waiting.count)
      #expect(queues.oldest(in: calls) == waiting.min { $0.order < $1.order }?.index)
    }
  }

  private static func entry(_ serviceClass: ServiceClass, order: UInt64) -> Call {
    Call(
      tag: CallTag(order + 1),
      caller: Caller(ethernet: EthernetAddress(2), internet: InternetAddress(1), port: 1),
      transaction: UInt32(order),
      procedure: ProcedureKey(port: 9000, program: 1, version: 1, procedure: 1),
      service: ServiceIndex(number: 0), serviceClass: serviceClass, process: ProcessIdentifier(1),
      argumentBytes: 0, arrivalOrder: order, arrival: Moment())
  }
}
