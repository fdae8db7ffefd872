// Rules R1 to R6, R11 and R13 at one worker endpoint, driven by the loop that production runs.

import Interface
import Testing

@testable import Model

@Suite struct EndpointRuleTests {
  @Test func r2ALoadIsHeldUntilAFrameComes() throws {
    let (bench, worker) = try makeListeningBench()
    #expect(bench.count(.loadsHeld) == 1)
    #expect(worker.load() == nil)
    #expect(bench.count(.loadsHeld) == 1, "the same load, executed again")
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    let head = try #require(worker.load())
    #expect(head == LineHead(code: Stub.handler, data: Stub.data, argument0: 42, argument1: 0))
    let tail = try #require(MessageTail(word: worker.word(ControlLineWord.tail)))
    #expect(tail == MessageTail(kind: .call, process: ProcessIdentifier(1), argumentBytes: 8))
  }

  @Test func r2TheStallLimitEndsInTRYAGAIN() throws {
    var (bench, worker) = try makeListeningBench()
    let limit = Bench.stallLimit
    #expect(bench.nic.deadline == bench.now + limit)
    bench.advance(by: limit / 2)
    #expect(worker.load() == nil)
    #expect(bench.takeWakes().isEmpty)
    bench.advance(by: limit / 2 - 1)
    #expect(bench.takeWakes().isEmpty)
    bench.advance(by: 1)
    #expect(bench.takeWakes() == [0])
    #expect(bench.nic.deadline == nil)
    #expect(worker.load()?.code == Stub.tryAgain)
    // R4: TRYAGAIN is acknowledged like every message, and the limit starts anew.
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.nic.deadline == bench.now + limit)
    bench.receive(CallFrame())
    #expect(worker.load()?.code == Stub.handler)
  }

  @Test func r2TheStallLimitIsARegister() throws {
    let bench = try Bench()
    #expect(bench.read(Register.stallLimitNanoseconds) == Bench.stallLimit)
    bench.write(Register.stallLimitNanoseconds, 500)
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(bench.load(0, 0) == .held)
    #expect(bench.nic.deadline == bench.now + 500)
    bench.write(Register.stallLimitNanoseconds, .max)
    bench.publish(1, CoreState(mode: .dispatch))
    #expect(bench.load(1, UInt64(EndpointLayout.blockBytes)) == .held)
    bench.advance(by: 500)
    #expect(bench.takeWakes() == [0])
    #expect(bench.nic.deadline == .max)
  }

  @Test func r3LoadingAgainGivesTheSameMessage() throws {
    let (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    var second = CallFrame()
    second.arguments = [0, 0, 0, 7]
    bench.receive(second)
    for _ in 0..<3 { #expect(worker.load()?.argument0 == 42) }
    #expect(bench.count(.callsReplied) == 0)
    #expect(bench.nic.callsInFlight == 2)
  }

  @Test func r4TheOtherLineAcknowledgesAndBringsTheNextCall() throws {
    var (bench, worker) = try makeListeningBench()
    for value in 1...20 as ClosedRange<UInt32> {
      var frame = CallFrame()
      frame.transaction = value
      frame.arguments = networkBytes(value)
      bench.receive(frame)
      #expect(worker.parity == (value % 2 == 1 ? .zero : .one))
      let head = try #require(worker.load())
      #expect(head.argument0 == UInt64(value))
      worker.respond(ResponseHead(status: .success), head.argument0 * 2)
      #expect(worker.finishAndLoad() == nil)
      let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0, to: frame) })
      #expect(reply.transaction == value)
      #expect(reply.words == ReplyFrame.success + [value * 2])
    }
    #expect(bench.count(.callsReplied) == 20)
    #expect(bench.count(.deliveredToUserLoop) == 20)
    #expect(bench.isConserved)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r6OneCallIsInFlightAtAnEndpoint() throws {
    var (bench, worker) = try makeListeningBench()
    for value in 1...3 as ClosedRange<UInt32> {
      var frame = CallFrame()
      frame.arguments = networkBytes(value)
      bench.receive(frame)
    }
    #expect(bench.count(.deliveredToUserLoop) == 1)
    #expect(bench.count(.callsQueued) == 2)
    for value in 1...3 as ClosedRange<UInt64> {
      let head = try #require(worker.load())
      #expect(head.argument0 == value)
      worker.respond(ResponseHead(status: .success), 0)
      worker.finish()
    }
    #expect(worker.load() == nil)
    #expect(bench.count(.callsReplied) == 3)
  }

  struct Response: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the core stores at word 14; nil: nothing.
    let word: UInt64?
    let counter: NICCounter
    let words: [UInt32]
  }

  static let responses = [
    Response(
      testDescription: "success", word: 0, counter: .callsReplied,
      words: ReplyFrame.success + [42]),
    Response(
      testDescription: "garbage arguments", word: 1, counter: .callsFailedByHandler,
      words: [0, 0, 0, 4]),
    Response(
      testDescription: "system error", word: 2, counter: .callsFailedByHandler,
      words: [0, 0, 0, 5]),
    Response(
      testDescription: "never written", word: nil, counter: .callsFailedMalformedResponse,
      words: [0, 0, 0, 5]),
    Response(
      testDescription: "kernel's word", word: 3, counter: .callsFailedMalformedResponse,
      words: [0, 0, 0, 5]),
    Response(
      testDescription: "33 overflow lines", word: 0x2100, counter: .callsFailedMalformedResponse,
      words: [0, 0, 0, 5]),
    Response(
      testDescription: "bits that shall be zero", word: 1 << 40,
      counter: .callsFailedMalformedResponse, words: [0, 0, 0, 5]),
  ]

  @Test(arguments: responses)
  func r4EveryResponseEndsTheCall(_ response: Response) throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    if let word = response.word { worker.store(word, atWord: ControlLineWord.tail) }
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
    #expect(reply.words == response.words)
    #expect(bench.count(response.counter) == 1)
    #expect(bench.isConserved)
    let record = try #require(bench.takeRecords().first)
    #expect(record.succeeded == (response.counter == .callsReplied))
  }

  @Test func r4ResultsThatDoNotFitAreASystemError() throws {
    let bench = try Bench()
    try bench.install(process: 1, endpoints: [4])
    let bytes: [UInt8] = [SignatureCode.opaque.rawValue, 0, 16]
    try #require(bench.installService(process: 1, results: bytes) == .done)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    // Over the end of the area; inside the area but outside the lines that were declared.
    for reference in [
      DataReference(offset: 4184, length: 16), DataReference(offset: 96, length: 8),
    ] {
      bench.receive(CallFrame())
      try #require(worker.load() != nil)
      worker.respond(ResponseHead(status: .success), reference.word)
      #expect(worker.finishAndLoad() == nil)
      let reply = try #require(bench.takeFrames().first.flatMap { ReplyFrame($0) })
      #expect(reply.words == [0, 0, 0, 5])
    }
    #expect(bench.count(.callsFailedMalformedResponse) == 2)
  }

  @Test func r4LargeArgumentsAndResultsUseOverflowLines() throws {
    let bench = try Bench()
    try bench.install(process: 1, endpoints: [4])
    let bytes: [UInt8] = [SignatureCode.opaque.rawValue, 0, 16]
    try #require(bench.installService(process: 1, arguments: bytes, results: bytes) == .done)
    var worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    let data = (0..<300).map { UInt8($0 % 251) }
    var frame = CallFrame()
    frame.arguments = networkBytes(300 as UInt32) + padded(data)
    bench.receive(frame)
    let head = try #require(worker.load())
    let reference = DataReference(word: head.argument0)
    #expect(reference.length == 300)
    let tail = try #require(MessageTail(word: worker.word(ControlLineWord.tail)))
    #expect(tail.overflowLineCount == 3)
    let base = LineWindow.offset(of: EndpointIdentifier(4))
    let received = (0..<300).map { index -> UInt8 in
      let place = ArgumentArea.blockOffset(of: Int(reference.offset) + index, parity: .zero)
      guard case .value(let byte) = bench.load(0, base + UInt64(place), size: 1) else { return 0 }
      return UInt8(byte)
    }
    #expect(received == data)
    // Echo: the same lines, the same places.
    worker.respond(ResponseHead(status: .success, overflowLineCount: 3))
    #expect(worker.finishAndLoad() == nil)
    let reply = try #require(bench.takeFrames().first)
    #expect(reply.count == 14 + 20 + 8 + 24 + 4 + 300)
    #expect(Array(reply[70...]) == data)
    let record = try #require(bench.takeRecords().first)
    #expect(record.lineFills == 4)
    #expect(record.lineFetches == 4)
  }

  /// R13: every byte that the next message does not write reads as zero, in all lines.
  @Test func r13LinesAreCleanedBetweenCalls() throws {
    var (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    for word in 2..<14 { worker.store(.max, atWord: word) }
    let overflow = LineWindow.offset(of: EndpointIdentifier(4)) + 0x100
    for offset in stride(from: 0, to: UInt64(4096), by: 8) {
      bench.store(0, overflow + offset, .max)
    }
    worker.respond(ResponseHead(status: .systemError, overflowLineCount: 1))
    bench.receive(CallFrame())
    for _ in 0..<2 {
      worker.finish()
      let head = try #require(worker.load())
      #expect(head.argument0 == 42)
      for word in 3..<14 { #expect(worker.word(word) == 0) }
      for offset in stride(from: 0, to: UInt64(4096), by: 8) {
        #expect(bench.load(0, overflow + offset) == .value(0))
      }
      worker.respond(ResponseHead(status: .success), 0)
      bench.receive(CallFrame())
    }
    #expect(bench.takeViolations().isEmpty)
  }

  @Test(arguments: [1, 2, 4, 8])
  func accessesOfEverySizeReachTheirBytes(size: Int) throws {
    let (bench, worker) = try makeListeningBench()
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    let value: UInt64 = 0x8877_6655_4433_2211 & (size == 8 ? .max : 1 << UInt64(size * 8) - 1)
    for offset in stride(from: worker.offset(ofWord: 4), to: worker.offset(ofWord: 6), by: size) {
      bench.store(0, offset, value, size: size)
      #expect(bench.load(0, offset, size: size) == .value(value))
    }
    #expect(worker.word(6) == 0)
    #expect(worker.word(3) == 0)
  }

  @Test func aLoadAnywhereInTheLineIsALoadOfTheLine() throws {
    let bench = try Bench()
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    #expect(bench.load(0, worker.offset(ofWord: 15), size: 4) == .held)
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    #expect(bench.load(0, worker.offset(ofWord: 15), size: 4) == .value(1))
  }

  // MARK: - Broken rules: reported, harmless

  struct Offence: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rule: Violation.Rule
    /// Core 0 serves endpoint 4 of process 1, with a call in C0.
    let commit: @Sendable (Bench) -> Void
  }

  static let block = UInt64(EndpointLayout.blockBytes)

  static let offences = [
    Offence(testDescription: "no such core", rule: .unknownCore) { _ = $0.load(9, 4 * block) },
    Offence(testDescription: "unaligned", rule: .unalignedAccess) {
      _ = $0.load(0, 4 * block + 4)
    },
    Offence(testDescription: "three bytes", rule: .unalignedAccess) {
      _ = $0.load(0, 4 * block, size: 3)
    },
    Offence(testDescription: "beyond the endpoints", rule: .outsideWindow) {
      _ = $0.load(0, 16 * block)
    },
    Offence(testDescription: "beyond the window", rule: .outsideWindow) { _ = $0.load(0, 1 << 60) },
    Offence(testDescription: "no endpoint", rule: .noEndpoint) { _ = $0.load(0, 7 * block) },
    Offence(testDescription: "transmit line", rule: .reservedLine) {
      _ = $0.load(0, 4 * block + 0x2000)
    },
    Offence(testDescription: "another core's endpoint", rule: .endpointNotAttached) {
      _ = $0.load(1, 4 * block)
    },
    Offence(testDescription: "kernel endpoint in mode user", rule: .endpointNotAttached) {
      _ = $0.load(0, 0)
    },
    Offence(testDescription: "store to C[1-p]", rule: .storeToOtherControlLine) {
      $0.store(0, 4 * block + 0x80, 1)
    },
    Offence(testDescription: "half a state", rule: .partialStateStore) {
      $0.store(0, LineWindow.coreStateOffset, 2, size: 1)
    },
    Offence(testDescription: "second word of a state", rule: .reservedStateWord) {
      $0.store(0, LineWindow.coreStateOffset + 8, 2)
    },
    Offence(testDescription: "unknown mode", rule: .unknownCoreMode) {
      $0.store(0, LineWindow.coreStateOffset, 4)
    },
    Offence(testDescription: "process past the table", rule: .unknownWorkerInState) {
      Consumer($0, endpoint: 4, core: 1).publishUser(process: 0xFFFF)
    },
    Offence(testDescription: "endpoint past the table", rule: .unknownWorkerInState) {
      Consumer($0, endpoint: 0xFFFF, core: 1).publishUser(process: 1)
    },
    Offence(testDescription: "one endpoint on two cores", rule: .endpointOnTwoCores) {
      Consumer($0, endpoint: 4, core: 1).publishUser(process: 1)
    },
    Offence(testDescription: "endpoint of another process", rule: .foreignEndpointInState) {
      Consumer($0, endpoint: 5, core: 1).publishUser(process: 1)
    },
    Offence(testDescription: "unknown register", rule: .unknownRegister) { _ = $0.read(0x3F8) },
    Offence(testDescription: "register past the window", rule: .unknownRegister) {
      $0.write(Register.windowBytes, 1)
    },
    Offence(testDescription: "read-only register", rule: .readOnlyRegister) {
      $0.write(Register.magic, 1)
    },
    Offence(testDescription: "unaligned register", rule: .unalignedAccess) { _ = $0.read(4) },
  ]

  @Test(arguments: offences)
  func aBrokenRuleIsReportedAndDoesNoHarm(_ offence: Offence) throws {
    var (bench, worker) = try makeListeningBench()
    try bench.install(process: 2, endpoints: [5])
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    offence.commit(bench)
    #expect(bench.takeViolations() == [offence.rule])
    #expect(bench.count(.violations) == 1)
    // The call goes on as if nothing had been.
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.takeViolations().isEmpty)
  }

  /// The state decides whose the core is (R14), so the worker on it must be of the same process.
  @Test func r11AWorkerUnderAnotherProcessHasNoCore() throws {
    var (bench, worker) = try makeListeningBench()
    try bench.install(process: 2, endpoints: [5])
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    worker.publishUser(process: 2)
    #expect(bench.takeViolations() == [.foreignEndpointInState])
    #expect(worker.load()?.code == 0)
    #expect(Set(bench.takeViolations()) == [.endpointNotAttached])
    worker.publishUser(process: 1)
    #expect(worker.load()?.argument0 == 42)
    worker.respond(ResponseHead(status: .success), 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.count(.callsReplied) == 1)
    #expect(bench.takeViolations().isEmpty)
  }

  @Test func r4AcknowledgingNothingIsReported() throws {
    let (bench, worker) = try makeListeningBench()
    #expect(bench.load(0, worker.offset(ofWord: 0) + 0x80) == .value(0))
    #expect(bench.takeViolations() == [.acknowledgeWithoutMessage])
    bench.store(0, worker.offset(ofWord: 2), 1)
    #expect(bench.takeViolations() == [.storeWithoutMessage])
    #expect(bench.load(0, worker.offset(ofWord: 0) + 0x100) == .value(0))
    #expect(bench.takeViolations() == [.overflowWithoutMessage])
    #expect(worker.load() == nil)
    bench.receive(CallFrame())
    #expect(worker.load()?.argument0 == 42)
  }

  @Test func coreStatesCanBeReadBack() throws {
    let bench = try Bench()
    let state = CoreState(mode: .general, isPreemptible: true, runQueueLength: 3)
    bench.publish(1, state)
    let offset = LineWindow.coreStateOffset(of: CoreIdentifier(1))
    #expect(bench.load(0, offset) == .value(state.word))
    #expect(bench.load(0, offset, size: 1) == .value(UInt64(CoreMode.general.rawValue)))
    #expect(bench.load(0, offset + 6, size: 2) == .value(3))
    #expect(bench.load(0, offset + 8) == .value(0))
  }

  @Test func theRecordSaysWhatACallCost() throws {
    var (bench, worker) = try makeListeningBench()
    bench.execute(0, instructions: 1000)
    bench.receive(CallFrame())
    try #require(worker.load() != nil)
    bench.execute(0, instructions: 50)
    worker.respond(ResponseHead(status: .success), 1)
    _ = worker.finishAndLoad()
    let record = try #require(bench.takeRecords().first)
    // Three more words of the head, the work, two stores, the acknowledging load.
    #expect(record.instructions == 3 + 50 + 2 + 1)
    #expect(record.kernelEntries == 0)
    #expect(record.heldLoads == 1)
    #expect(record.lineFills == 1)
    #expect(record.lineFetches == 1)
    #expect(!record.isCold)
    #expect(record.core == CoreIdentifier(0))
    #expect(record.tag == CallTag(1))
  }
}
