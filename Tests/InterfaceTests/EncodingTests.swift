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
