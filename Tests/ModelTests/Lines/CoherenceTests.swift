// Caches and home: what the NIC sees of a core's accesses, and what that costs.

import Interface
import Testing

@testable import Model

@Suite struct CoherenceTests {
  static let endpoint = EndpointIdentifier(4)

  static func home(_ bench: Bench, word: Int, line: Parity = .zero) -> UInt64 {
    bench.nic.lines.word(word, of: endpoint, line: line)
  }

  /// The goal of the design, §9: four messages, two of them with data.
  @Test func aWarmNullCallTakesFourMessages() throws {
    var (bench, worker) = try makeListeningBench()
    for _ in 0..<3 {
      bench.receive(CallFrame())
      let head = try #require(worker.load())
      worker.respond(ResponseHead(status: .success), head.argument0)
      #expect(worker.finishAndLoad() == nil)
    }
    for record in bench.takeRecords() {
      #expect(record.coherenceMessages == 4)
      #expect(record.coherenceMessagesWithData == 2)
      #expect(record.lineFills == 1)
      #expect(record.lineFetches == 1)
      #expect(record.lineWriteBacks == 0)
    }
  }

  @Test func aStoreThatHitsIsSeenWhenTheLineComesBack() throws {
    let (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    let messages = bench.count(.coherenceMessages)
    worker.store(77, atWord: 5)
    #expect(worker.word(5) == 77)
    #expect(Self.home(bench, word: 5) == 0)
    #expect(bench.count(.coherenceMessages) == messages)
    #expect(bench.nic.cachedLines(of: CoreIdentifier(0)) == [worker.offset(ofWord: 0)])
    #expect(bench.evict(0, worker.offset(ofWord: 5)))
    #expect(Self.home(bench, word: 5) == 77)
    #expect(bench.count(.linesWrittenBack) == 1)
    #expect(!bench.evict(0, worker.offset(ofWord: 5)))
    #expect(bench.nic.cachedLines(of: CoreIdentifier(0)).isEmpty)
  }

  @Test func r3AnEvictedLineComesBackWithItsMessageAndTheResponseSoFar() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    bench.receive(CallFrame())
    let head = try #require(worker.load())
    worker.store(7, atWord: ControlLineWord.firstArgument)
    #expect(bench.evict(0, worker.offset(ofWord: 0)))
    let again = try #require(worker.load())
    #expect(again.code == head.code)
    #expect(again.argument0 == 7)
    #expect(bench.count(.callsReplied) == 0)
    // A store that misses gets the line too.
    #expect(bench.evict(0, worker.offset(ofWord: 0)))
    worker.store(ResponseHead(status: .success).word, atWord: ControlLineWord.tail)
    #expect(worker.word(ControlLineWord.firstArgument) == 7)
    worker.finish()
    #expect(worker.load()?.argument0 == 42)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == ReplyFrame.success + [7])
    let record = try #require(bench.takeRecords().first)
    #expect(record.lineFills == 3)
    // The first eviction wrote the response back, the second found the line clean.
    #expect(record.lineWriteBacks == 1)
    #expect(record.coherenceMessages == 3 * 2 + 2 + 2)
    #expect(record.coherenceMessagesWithData == 3 + 1 + 1)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r6AResponseThatWasEvictedIsNotLost() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    worker.respond(ResponseHead(status: .success), 9)
    #expect(bench.evict(0, worker.offset(ofWord: 0)))
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == ReplyFrame.success + [9])
    let record = try #require(bench.takeRecords().first)
    #expect(record.lineFetches == 0)
    #expect(record.coherenceMessages == 3)
  }

  @Test func r1AWorkerThatMovesFindsItsLinesOnTheNextCore() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    worker.store(11, atWord: ControlLineWord.firstArgument)
    // Core 0 leaves the worker with the line modified in its cache; core 1 resumes it.
    bench.publish(0, CoreState(mode: .general))
    let kernel = Consumer(bench, endpoint: 1, core: 1)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelResume)
    worker.core = 1
    worker.publishUser(process: 1)
    #expect(worker.word(ControlLineWord.firstArgument) == 11)
    #expect(!bench.nic.cachedLines(of: CoreIdentifier(0)).contains(worker.offset(ofWord: 0)))
    worker.store(ResponseHead(status: .success).word, atWord: ControlLineWord.tail)
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == ReplyFrame.success + [11])
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r13RemovalLeavesNoLineInACache() throws {
    let (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    worker.store(0x5EC2E7, atWord: 9)
    bench.store(0, worker.offset(ofWord: 0) + 0x100, 0x5EC2E7)
    #expect(bench.nic.cachedLines(of: CoreIdentifier(0)).count == 2)
    #expect(bench.command(.removeProcess, [1]) == .done)
    #expect(bench.nic.cachedLines(of: CoreIdentifier(0)).isEmpty)
    for line in (0..<bench.nic.lineMap.count).map({ LineIndex(number: $0) }) {
      for word in 0..<LineGeometry.wordsPerLine {
        #expect(bench.nic.caches[line][word] != 0x5EC2E7)
        #expect(bench.nic.lines[line][word] != 0x5EC2E7)
      }
    }
  }

  @Test func r16OverflowLinesWaitForHeldLoads() throws {
    let bench = try Bench { $0.hasColours = true }
    try bench.install(process: 1, endpoints: [5])
    try #require(bench.installService(process: 1) == .done)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    try #require(kernel.load() == nil)
    let worker = Consumer(bench, endpoint: 5, core: 1)
    worker.publishUser(process: 1)
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    // Of 16 endpoints the even ones have the class of the state lines.
    #expect(bench.count(.colourWaits) == 1)
    let block = LineWindow.offset(of: EndpointIdentifier(5))
    let held = DirectoryColour(ofControlLine: .zero, of: EndpointIdentifier(0))
    for line in 2..<34 as Range<UInt64> {
      let before = bench.count(.colourWaits)
      let offset = block + line * 128
      bench.store(1, offset, 1)
      let waits = DirectoryColour(ofLineAt: offset) == held ? 1 : 0 as UInt64
      #expect(bench.count(.colourWaits) == before + waits)
    }
    #expect(bench.count(.colourWaits) == 2)
  }

  @Test func r5AnAcknowledgementThatMayOvertakeTheResponseIsReported() throws {
    var (bench, worker) = try makeListeningBench()
    func acknowledge(unordered: Bool) {
      let access = Access(
        nowNanoseconds: bench.now, core: CoreIdentifier(0), followsUnorderedStore: unordered,
        programCounter: 0x40_3008)
      #expect(bench.load(access, worker.offset(ofWord: 0)) == .held)
    }
    for (unordered, violations) in [(false, []), (true, [.responseNotOrdered])]
      as [(Bool, [Violation.Rule])]
    {
      bench.receive(CallFrame())
      try #require(worker.load() != nil)
      worker.respond(ResponseHead(status: .success), 1)
      worker.finish()
      acknowledge(unordered: unordered)
      // Executed again: no acknowledgement.
      acknowledge(unordered: unordered)
      #expect(bench.takeViolations() == violations)
    }
    #expect(bench.count(.callsReplied) == 2)
    let violation = Violation(
      rule: .responseNotOrdered, core: CoreIdentifier(0), offset: 0x80, programCounter: 0x40_3008)
    #expect(violation.description.hasPrefix("core 0, pc 0x403008, offset 0x80: no barrier"))
  }

  // MARK: - State lines

  @Test func publishingIsSeenAtOnceAndCostsARoundTripOfTheNIC() throws {
    let bench = try Bench()
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(bench.nic.cores[0].state.mode == .dispatch)
    #expect(bench.nic.cachedLines(of: CoreIdentifier(0)).isEmpty)
    #expect(bench.count(.coherenceMessages) == 4)
    #expect(bench.count(.coherenceMessagesWithData) == 2)
  }

  @Test func aStateIsSeenWhenItsLineIsTakenBack() throws {
    let bench = try Bench { $0.stateFetchNanoseconds = 100 }
    bench.publish(0, CoreState(mode: .general))
    #expect(bench.nic.cores[0].state.mode == .offline)
    #expect(bench.nic.deadline == bench.now + 100)
    bench.advance(by: 60)
    // Hits in the cache, and does not put the fetch off.
    bench.publish(0, CoreState(mode: .dispatch))
    bench.advance(by: 39)
    #expect(bench.nic.cores[0].state.mode == .offline)
    bench.advance(by: 1)
    #expect(bench.nic.cores[0].state.mode == .dispatch)
    #expect(bench.nic.deadline == nil)
    // The next store misses again, so it is seen too.
    bench.publish(0, CoreState(mode: .general))
    bench.advance(by: 100)
    #expect(bench.nic.cores[0].state.mode == .general)
    // An eviction brings it home as well.
    bench.publish(0, CoreState(mode: .offline))
    #expect(bench.evict(0, LineWindow.coreStateOffset))
    #expect(bench.nic.cores[0].state.mode == .offline)
    #expect(bench.nic.deadline == nil)
  }

  @Test func aLoadOfAnEndpointBringsTheStateThatExplainsIt() throws {
    let bench = try Bench { $0.stateFetchNanoseconds = .max }
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    #expect(bench.nic.cores[0].state.mode == .dispatch)
    #expect(bench.takeViolations().isEmpty)
  }

  /// The race that R11 leaves open: a call is delivered while the kernel's store is unseen.
  @Test func r11ACallDeliveredToALeavingWorkerComesBackAsRESUME() throws {
    let bench = try Bench { $0.stateFetchNanoseconds = .max }
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    // The worker is interrupted at its held load.
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    bench.receive(CallFrame())
    #expect(bench.count(.deliveredToUserLoop) == 1)
    #expect(kernel.load()?.code == Stub.kernelResume)
    #expect(kernel.word(ControlLineWord.firstArgument + 1) == 4)
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r1TwoCoresHandAWorkerOverBeforeTheNICSawEitherState() throws {
    let bench = try Bench { $0.stateFetchNanoseconds = .max }
    try bench.install(process: 1, endpoints: [4])
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    bench.publish(0, CoreState(mode: .general))
    worker.core = 1
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    #expect(bench.takeViolations().isEmpty)
    #expect(bench.nic.cores[0].state.mode == .general)
  }

  /// A kernel line that was answered while its core left: the worker may run elsewhere when the
  /// core comes back.
  @Test func r1AnOfferThatTheCoreNeverGotIsRetracted() throws {
    let bench = try Bench()
    try bench.install(process: 1, maximumCores: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    var kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    // The interrupt comes before the load is executed again.
    bench.publish(0, CoreState(mode: .general))
    let other = Consumer(bench, endpoint: 1, core: 1)
    other.publishDispatch()
    #expect(other.load()?.code == Stub.kernelCall)
    let worker = Consumer(bench, endpoint: 4, core: 1)
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelTryAgain)
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.takeViolations().isEmpty)
  }

  // MARK: - Chance

  @Test func evictionsFollowTheSeed() throws {
    func run(seed: UInt64, evictions: UInt32) throws -> [UInt64] {
      let bench = try Bench {
        $0.faults.seed = seed
        $0.faults.evictionsPerMillion = evictions
      }
      try bench.install(process: 1, endpoints: [4])
      try #require(bench.installService(process: 1) == .done)
      var worker = Consumer(bench, endpoint: 4, core: 0)
      worker.publishUser(process: 1)
      try #require(worker.load() == nil)
      var fills: [UInt64] = []
      for _ in 0..<50 {
        bench.receive(CallFrame())
        let head = try #require(worker.load())
        #expect(head.argument0 == 42)
        worker.respond(ResponseHead(status: .success), 43)
        #expect(worker.finishAndLoad() == nil)
        fills.append(bench.count(.linesFilled))
      }
      let replies = bench.takeFrames().compactMap { ReplyFrame($0) }
      #expect(replies.map(\.words) == Array(repeating: ReplyFrame.success + [43], count: 50))
      #expect(bench.takeViolations().isEmpty)
      return fills
    }
    let some = try run(seed: 1, evictions: 300_000)
    #expect(try run(seed: 1, evictions: 300_000) == some)
    #expect(try run(seed: 2, evictions: 300_000) != some)
    // Always: every access but the first of a line misses again.
    let all = try run(seed: 1, evictions: 1_000_000)
    #expect(try #require(all.last) > 50 * 4)
    #expect(try run(seed: 1, evictions: 0).last == 50 + 1)
  }
}
