// Fetches that take time: what waits for them and what does not (R4, R17).

import Interface
import Testing

@testable import Model

@Suite struct FetchTests {
  static let fetch: UInt64 = 1_000
  static let invalidation: UInt64 = 400
  static let mark: UInt64 = 0x40_4000
  static let endpoint = EndpointIdentifier(4)

  /// A worker of process 1 at endpoint 4, on core 0, whose load is held.
  ///
  /// - Parameter marks: it leaves `mark` in each line that it has answered, and the NIC knows.
  static func listening(
    marks: Bool = true, cores: Int = 2, signature: [UInt8] = Bench.int,
    _ configure: (inout Configuration) -> Void = { _ in }
  ) throws -> (Bench, Consumer) {
    let bench = try Bench(cores: cores) {
      $0.fetchNanoseconds = fetch
      $0.invalidationNanoseconds = invalidation
      configure(&$0)
    }
    try bench.install(process: 1, endpoints: [4], marksLines: marks)
    try #require(
      bench.installService(process: 1, arguments: signature, results: signature) == .done)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    if marks { worker.mark = mark }
    worker.publishUser(process: 1)
    try #require(worker.load() == nil)
    return (bench, worker)
  }

  static func call(_ value: UInt32) -> CallFrame {
    var frame = CallFrame()
    frame.transaction = value
    frame.arguments = networkBytes(value)
    return frame
  }

  /// Transactions and results of the replies so far.
  static func replies(_ bench: Bench) -> [[UInt32]] {
    bench.takeFrames().compactMap { ReplyFrame($0) }.map { [$0.transaction] + $0.words.suffix(1) }
  }

  // MARK: - The answer follows

  @Test(arguments: [false, true])
  func r4TheAnswerFollowsTheFetch(marks: Bool) throws {
    var (bench, worker) = try Self.listening(marks: marks) { $0.answersDuringFetch = !marks }
    bench.receive(Self.call(1))
    bench.receive(Self.call(2))
    try #require(worker.load()?.argument0 == 1)
    worker.respond(ResponseHead(status: .success), 11)
    _ = bench.takeWakes()
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.nic.deadline == bench.now + Self.fetch)
    bench.advance(by: Self.fetch - 1)
    #expect(worker.load() == nil)
    #expect(bench.takeFrames().isEmpty && bench.takeWakes().isEmpty)
    bench.advance(by: 1)
    #expect(bench.takeWakes() == [0])
    #expect(Self.replies(bench) == [[1, 11]])
    #expect(worker.load()?.argument0 == 2)
    // It waited for the NIC, not for a call.
    #expect(bench.count(.loadsHeld) == 1)
    #expect(bench.isConserved)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r6ALineThatWasEvictedNeedsNoFetch() throws {
    var (bench, worker) = try Self.listening(marks: false)
    bench.receive(Self.call(1))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(bench.evict(0, worker.offset(ofWord: 0)))
    #expect(worker.finishAndLoad() == nil)
    #expect(Self.replies(bench) == [[1, 11]])
  }

  @Test func r9AWorkerPreemptedWhileItsLoadWaitsGetsYIELDNOW() throws {
    var (bench, worker) = try Self.listening(marks: false)
    bench.receive(Self.call(1))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    #expect(bench.takeInterrupts() == [0])
    bench.advance(by: Self.fetch)
    #expect(worker.load()?.code == Stub.yieldNow)
    // And that once.
    worker.turnForYield()
    bench.advance(by: Self.fetch)
    #expect(worker.load() == nil)
    bench.advance(by: Self.fetch)
    #expect(worker.load() == nil)
    #expect(bench.count(.loadsHeld) == 2)
  }

  @Test func r11AWorkerMayLeaveWhileItsLoadWaits() throws {
    var (bench, worker) = try Self.listening(marks: false)
    bench.receive(Self.call(1))
    bench.receive(Self.call(2))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.command(.preemptCore, [0]) == .done)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    _ = bench.takeWakes()
    bench.advance(by: Self.fetch)
    // Its worker is free for the next call now, on the other core, too.
    #expect(Self.replies(bench) == [[1, 11]])
    #expect(bench.takeWakes() == [0])
    #expect(kernel.load()?.code == Stub.kernelCall)
    worker.core = 1
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r8TheKernelsWordCountsWhenItIsHome() throws {
    let bench = try Bench(cores: 1) { $0.fetchNanoseconds = Self.fetch }
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    bench.receive(Self.call(1))
    #expect(kernel.load()?.code == Stub.kernelCall)
    kernel.respond(ResponseHead(status: .fail))
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.count(.callsFailedByKernel) == 0)
    bench.advance(by: Self.fetch)
    #expect(bench.count(.callsFailedByKernel) == 1)
    #expect(kernel.load() == nil)
    #expect(bench.count(.loadsHeld) == 2)
    #expect(bench.isConserved)
  }

  // MARK: - The answer need not follow

  @Test func r17TheFeatureIsSaid() throws {
    for isOn in [false, true] {
      let bench = try Bench { $0.answersDuringFetch = isOn }
      let features = Features(rawValue: bench.read(Register.features))
      #expect(features.contains(.answersDuringFetch) == isOn)
    }
  }

  @Test func r17TheNextCallIsThereBeforeTheResponseIsHome() throws {
    var (bench, worker) = try Self.listening()
    for value in 1...3 as ClosedRange<UInt32> { bench.receive(Self.call(value)) }
    try #require(worker.load()?.argument0 == 1)
    for value in 1...2 as ClosedRange<UInt64> {
      worker.respond(ResponseHead(status: .success), value + 10)
      #expect(worker.finishAndLoad()?.argument0 == value + 1)
      #expect(bench.takeFrames().isEmpty)
      #expect(bench.nic.deadline == bench.now + Self.fetch)
      bench.advance(by: Self.fetch - 1)
      #expect(bench.takeFrames().isEmpty)
      bench.advance(by: 1)
      #expect(Self.replies(bench) == [[UInt32(value), UInt32(value) + 10]])
    }
    #expect(bench.isConserved)
    #expect(bench.takeViolations().isEmpty)
    for record in bench.takeRecords() {
      #expect(record.coherenceMessages == 4)
      #expect(record.coherenceMessagesWithData == 2)
    }
  }

  @Test func r17ALoadOfALineThatIsFetchedHitsTheMarkThenWaits() throws {
    var (bench, worker) = try Self.listening()
    for value in 1...3 as ClosedRange<UInt32> { bench.receive(Self.call(value)) }
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    try #require(worker.finishAndLoad()?.argument0 == 2)
    worker.respond(ResponseHead(status: .success), 12)
    // The invalidation has not come: the core's copy is what it left there.
    #expect(worker.finishAndLoad()?.code == Self.mark)
    #expect(bench.nic.count(of: .faultMarkedLoads) == 4)
    #expect(bench.count(.callsReplied) == 0)
    bench.advance(by: Self.invalidation)
    _ = bench.takeWakes()
    #expect(worker.load() == nil)
    bench.advance(by: Self.fetch - Self.invalidation)
    #expect(bench.takeWakes() == [0])
    #expect(Self.replies(bench) == [[1, 11]])
    // Now it acknowledges the second, and gets the third.
    #expect(worker.load()?.argument0 == 3)
    bench.advance(by: Self.fetch)
    #expect(Self.replies(bench) == [[2, 12]])
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r17AHeldLoadIsAnsweredDuringTheFetch() throws {
    var (bench, worker) = try Self.listening()
    bench.receive(Self.call(1))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(worker.finishAndLoad() == nil)
    _ = bench.takeWakes()
    bench.advance(by: Self.fetch / 2)
    bench.receive(Self.call(2))
    #expect(bench.takeWakes() == [0])
    #expect(worker.load()?.argument0 == 2)
    #expect(bench.takeFrames().isEmpty)
    bench.advance(by: Self.fetch / 2)
    #expect(Self.replies(bench) == [[1, 11]])
  }

  /// 112 bytes: 12 words in the control line, two in the first overflow line.
  @Test func r17OverflowLinesAreHomeBeforeTheyAreUsedAgain() throws {
    let hypers = Array(repeating: SignatureCode.hyper.rawValue, count: 14)
    var (bench, worker) = try Self.listening(signature: hypers)
    for value in 1...2 as ClosedRange<UInt8> {
      var frame = CallFrame()
      frame.arguments = Array(repeating: [0, 0, 0, 0, 0, 0, 0, value], count: 14).flatMap { $0 }
      bench.receive(frame)
    }
    try #require(worker.load()?.argument0 == 1)
    let overflow = LineWindow.offset(of: Self.endpoint) + 0x100
    bench.store(0, overflow, 0x77)
    worker.respond(ResponseHead(status: .success, overflowLineCount: 1), 11)
    #expect(worker.finishAndLoad() == nil)
    bench.advance(by: Self.fetch)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words.suffix(3) == [0x77, 0, 1])
    #expect(worker.load()?.argument0 == 2)
    #expect(bench.load(0, overflow) == .value(2))
  }

  @Test func r17AnEndpointIsNotNamedWhileItsResponseIsUnderWay() throws {
    var (bench, worker) = try Self.listening()
    bench.receive(Self.call(1))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(worker.finishAndLoad() == nil)
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    bench.receive(Self.call(2))
    #expect(kernel.load() == nil)
    bench.advance(by: Self.fetch)
    #expect(Self.replies(bench) == [[1, 11]])
    #expect(kernel.load()?.code == Stub.kernelCall)
    // The first touch may be a store (R8).
    worker.publishUser(process: 1)
    worker.store(5, atWord: ControlLineWord.firstArgument + 1)
    #expect(worker.load()?.argument1 == 5)
    worker.respond(ResponseHead(status: .success), 12)
    worker.finish()
    kernel.publishDispatch()
    kernel.finish()
    #expect(kernel.load() == nil)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r17YIELDNOWIsNotMarkedSoItsAnswerFollows() throws {
    var (bench, worker) = try Self.listening()
    #expect(bench.command(.preemptCore, [0]) == .done)
    try #require(worker.load()?.code == Stub.yieldNow)
    worker.turnForYield()
    bench.receive(Self.call(1))
    #expect(worker.load() == nil)
    bench.advance(by: Self.fetch)
    #expect(worker.load()?.argument0 == 1)
  }

  @Test func r12AResponseUnderWayIsSentBeforeItsProcessIsRemoved() throws {
    var (bench, worker) = try Self.listening()
    bench.receive(Self.call(1))
    bench.receive(Self.call(2))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    try #require(worker.finishAndLoad()?.argument0 == 2)
    #expect(bench.command(.removeProcess, [1]) == .done)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.count(.callsFailedProcessRemoved) == 1)
    #expect(bench.isConserved)
    #expect(bench.nic.deadline == nil)
    for line: Parity in [.zero, .one] {
      for word in 0..<LineGeometry.wordsPerLine {
        #expect(bench.nic.lines.word(word, of: Self.endpoint, line: line) == 0)
      }
    }
  }

  /// Of 16 endpoints the even ones have one class, and the odd.
  @Test func r16ALineThatIsFetchedKeepsItsClassFromBeingHeld() throws {
    var (bench, worker) = try Self.listening { $0.hasColours = true }
    bench.receive(Self.call(1))
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 11)
    #expect(worker.finishAndLoad() == nil)
    bench.publish(0, CoreState(mode: .general))
    try bench.install(process: 2, endpoints: [6])
    let other = Consumer(bench, endpoint: 6, core: 1)
    other.publishUser(process: 2)
    #expect(other.load()?.code == Stub.yieldNow)
    bench.advance(by: Self.fetch)
    #expect(Self.replies(bench) == [[1, 11]])
  }

  // MARK: - Lines that nobody needs

  /// From YIELDNOW to the next process's call no load waits for a fetch.
  @Test func aSwitchWaitsForNoFetch() throws {
    var (bench, worker) = try Self.listening(cores: 1)
    try bench.install(process: 2, endpoints: [5], marksLines: true)
    try #require(bench.installService(process: 2, port: 9001) == .done)
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    var other = Consumer(bench, endpoint: 5, core: 0)
    other.mark = Self.mark
    func switchTo(_ next: inout Consumer, from last: inout Consumer, port: UInt16) throws {
      var frame = Self.call(UInt32(port))
      frame.port = port
      bench.receive(frame)
      #expect(last.load()?.code == Stub.yieldNow)
      last.turnForYield()
      kernel.publishDispatch()
      bench.advance(by: Self.fetch)
      #expect(kernel.load()?.code == Stub.kernelCall)
      next.publishUser(process: port == 9000 ? 1 : 2)
      #expect(next.load()?.argument0 == UInt64(port))
      next.respond(ResponseHead(status: .success), 1)
      bench.advance(by: Self.fetch)
      #expect(next.finishAndLoad() == nil)
      kernel.finish()
    }
    try switchTo(&other, from: &worker, port: 9001)
    bench.advance(by: Self.fetch)
    try switchTo(&worker, from: &other, port: 9000)
    bench.advance(by: Self.fetch)
    try switchTo(&other, from: &worker, port: 9001)
    #expect(bench.takeViolations().isEmpty)
  }
}
