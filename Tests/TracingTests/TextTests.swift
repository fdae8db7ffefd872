import Reporting
import Testing
import Tracing

private struct Text: TextOutput {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
  var string: String { String(decoding: bytes, as: UTF8.self) }
}

/// Events in words.
@Suite struct TextTests {
  private func text(_ record: TraceRecord) -> String {
    var output = Text()
    output.write(record, ticksPerSecond: 62_500_000)
    return output.string
  }

  @Test func anEventSaysWhenWhereAndWhat() {
    #expect(
      text(
        TraceRecord(
          time: 62_500_000 + 7_688, event: .callTaken, core: 3, tag: 17, first: 2 << 16 | 65))
        == "[    1.000123] core 3 ③ call_taken tag 17 process 2 endpoint 65")
    #expect(
      text(TraceRecord(time: 0, event: .frameSent, core: TraceRecord.noCore, first: 70))
        == "[    0.000000] NIC ⑨ frame_sent length 70")
  }

  @Test func anUnknownEventIsShownAsItsNumber() {
    let record = TraceRecord(words: [0, 0, 0xfff0 | 5 << 16, 0])
    #expect(text(record) == "[    0.000000] core 5 event 0xfff0, unknown here")
  }

  @Test func anyRecordHasAText() {
    for event in TraceEvent.allCases {
      let record = TraceRecord(
        time: .max, event: event, core: 1, tag: .max, first: .max, second: .max)
      #expect(text(record).contains(event.description.name.description))
    }
  }

  @Test func masksAreTypedAsNames() {
    func mask(_ text: String) -> SourceMask? { SourceMask(named: Array(text.utf8).span) }
    #expect(mask("all") == .all)
    #expect(mask("usual") == .usual)
    var expected = SourceMask.none
    expected.insert(.idle)
    expected.insert(.user)
    #expect(mask("user,idle") == expected)
    for text in ["", ",", "user,", "users", "user idle"] { #expect(mask(text) == nil) }
  }
}
