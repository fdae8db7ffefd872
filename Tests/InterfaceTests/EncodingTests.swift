// The packed words of the interface: written and read the same way, at the documented bits.

import Interface
import Testing

@Suite struct EncodingTests {
  @Test(arguments: MessageKind.allCases)
  func messageTailsReadBack(kind: MessageKind) {
    let tail = MessageTail(
      kind: kind, overflowLineCount: 32, process: ProcessIdentifier(0xABCD),
      argumentBytes: 0x1234_5678)
    #expect(tail.word == 0x1234_5678_ABCD_2000 | UInt64(kind.rawValue))
    #expect(MessageTail(word: tail.word) == tail)
  }

  @Test(arguments: ResponseStatus.allCases)
  func responseHeadsReadBack(status: ResponseStatus) {
    for lines in 0...UInt8(LineGeometry.overflowLines) {
      let head = ResponseHead(status: status, overflowLineCount: lines)
      #expect(head.word == UInt64(status.rawValue) | UInt64(lines) << 8)
      #expect(ResponseHead(word: head.word) == head)
    }
  }

  /// A response that was never written still holds the message's tail; it must not pass for a
  /// response, nor a response for a message.
  @Test func kindsAndStatusesAreDisjoint() {
    for kind in MessageKind.allCases {
      #expect(kind.rawValue & 0x80 != 0)
      #expect(ResponseHead(word: MessageTail(kind: kind).word) == nil)
    }
    for status in ResponseStatus.allCases {
      #expect(status.rawValue & 0x80 == 0)
      #expect(MessageTail(word: ResponseHead(status: status).word) == nil)
    }
    #expect(ResponseHead(status: .success).word == 0)
  }

  @Test(arguments: [5, 0x7F, 0x80, 0x2100, 0x1_0000, 1 << 63] as [UInt64])
  func malformedResponsesAreRefused(word: UInt64) {
    #expect(ResponseHead(word: word) == nil)
  }

  @Test(arguments: CoreMode.allCases, [false, true])
  func coreStatesReadBack(mode: CoreMode, isPreemptible: Bool) {
    let state = CoreState(
      mode: mode, isPreemptible: isPreemptible, process: ProcessIdentifier(0x1122),
      endpoint: EndpointIdentifier(0x3344), runQueueLength: 0x5566)
    #expect(
      state.word == 0x5566_3344_1122_0000 | (isPreemptible ? 0x100 : 0) | UInt64(mode.rawValue))
    #expect(CoreState(word: state.word) == state)
  }

  @Test func unknownCoreModesAreRefused() {
    for mode in UInt64(CoreMode.allCases.count)...255 { #expect(CoreState(word: mode) == nil) }
  }

  @Test func processWordsReadBack() {
    let limits = CoreLimits(minimum: 0x1122, maximum: 0x3344, weight: 0x5566)
    #expect(limits.word == 0x5566_3344_1122)
    #expect(CoreLimits(word: limits.word) == limits)
    let workers = WorkerCounts(workers: 0x1122, queued: 0x3344)
    #expect(workers.word == 0x3344_1122)
    #expect(WorkerCounts(word: workers.word) == workers)
    let demand = ProcessDemand(
      callsWaiting: 0x1122, cores: 0x3344, busyCores: 0x5566, coresWanted: 0x7788)
    #expect(demand.word == 0x7788_5566_3344_1122)
    #expect(ProcessDemand(word: demand.word) == demand)
  }

  @Test(arguments: [(0, 8, 1), (63, 8, 1 << 63), (64, 9, 1), (511, 15, 1 << 63)])
  func allowedCoresHaveOneBitEach(core: UInt16, word: Int, mask: UInt64) {
    let bit = ProcessStateWord.allowedBit(of: CoreIdentifier(core))
    #expect(bit == (word, mask))
  }

  /// The line changes between any two loads, once: what is read is of one update.
  @Test(arguments: 0...12)
  func loadsOfOneUpdateAreRead(changeAt change: Int) {
    struct Line: LoadLineAccess {
      var loadsUntilChange: Int
      var update: UInt64 = 1
      mutating func load(word: Int) -> UInt64 {
        if loadsUntilChange == 0 { update += 1 }
        loadsUntilChange -= 1
        return word == ProcessLoadWord.update ? update : update * 1000 + UInt64(word)
      }
      mutating func orderLoads() {}
    }
    var line = Line(loadsUntilChange: change)
    let load = ProcessLoad(reading: &line)
    let update = load.arrivals / 1000
    #expect(load.demand == ProcessDemand(word: update * 1000))
    #expect(load.deliveries == update * 1000 + 2)
    #expect(load.waitingNanoseconds == update * 1000 + 3)
    #expect(load.rejections == update * 1000 + 4)
  }

  @Test(arguments: [(0, 0), (96, 4096), (UInt32.max, 1), (8, UInt32.max)] as [(UInt32, UInt32)])
  func dataReferencesReadBack(offset: UInt32, length: UInt32) {
    let reference = DataReference(offset: offset, length: length)
    #expect(reference.word == UInt64(length) << 32 | UInt64(offset))
    #expect(DataReference(word: reference.word) == reference)
  }

  /// Result codes and commands are bits on the wire between kernel and NIC: dense from the
  /// first, so that nobody reuses a number unseen.
  @Test func numbersAreDense() {
    #expect(Command.allCases.map(\.rawValue) == Array(1...UInt64(Command.allCases.count)))
    #expect(
      CommandResult.allCases.map(\.rawValue) == Array(0..<UInt64(CommandResult.allCases.count)))
    #expect(NICCounter.allCases.map(\.rawValue) == Array(0..<UInt16(NICCounter.allCases.count)))
  }
}
