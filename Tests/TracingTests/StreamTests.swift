import Randomness
import Testing
import Tracing

/// Headers and batches as the kernel dumps them.
@Suite struct StreamTests {
  @Test func recordsKeepEveryBit() {
    let seed = printedSeed("recordsKeepEveryBit")
    var random = SplitMix(seed: seed)
    for _ in 0..<500 {
      var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
      for index in 0..<4 { words[index] = random.next() }
      let record = TraceRecord(words: words)
      let again = record.wordsInMemory
      for index in 0..<4 { #expect(again[index] == words[index], "seed \(seed)") }
      var sink = ByteArray()
      var frame = FrameWriter(.events, payloadBytes: TraceRecord.bytes, to: &sink)
      frame.put(record, to: &sink)
      frame.finish(to: &sink)
      #expect(
        storedRecord(in: sink.bytes, at: FrameFormat.headBytes) == record, "seed \(seed)")
    }
  }

  @Test func recordsBeyondTheEndAreNone() {
    let bytes = [UInt8](repeating: 0, count: 40)
    #expect(storedRecord(in: bytes, at: 8) != nil)
    for offset in [-1, 9, 40, .max - 40] { #expect(storedRecord(in: bytes, at: offset) == nil) }
  }

  @Test func headerComesBackAndOthersAreRefused() throws {
    var sink = ByteArray()
    StreamHeader(ticksPerSecond: 62_500_000, coreCount: 48).write(to: &sink)
    let payload = Array(sink.bytes[FrameFormat.headBytes...].prefix(StreamHeader.bytes))
    let header = try StreamHeader(payload.span)
    #expect(header == StreamHeader(ticksPerSecond: 62_500_000, coreCount: 48))

    func failure(_ change: (inout [UInt8]) -> Void) -> StreamHeader.Failure? {
      var bytes = payload
      change(&bytes)
      do throws(StreamHeader.Failure) {
        _ = try StreamHeader(bytes.span)
        return nil
      } catch { return error }
    }
    #expect(failure { $0.removeLast() } == .tooShort)
    #expect(failure { $0[0] = 0 } == .noTrace)
    #expect(failure { $0[8] = 2 } == .unknownVersion(2))
    #expect(failure { $0[12] = 33 } == .unknownVersion(1))
    #expect(failure { for index in 16..<24 { $0[index] = 0 } } == .noClock)
  }

  @Test func batchesHoldAllRecordsAndTheLoss() throws {
    let storage = RingStorage()
    let recorder = storage.recorder(core: 7)
    let count = UInt64(EventRecorder.frequentCapacity) + 500
    for number in 0..<count {
      recorder.record(.userEntered, time: number, tag: 0, first: 0, second: 0)
    }
    var sink = ByteArray()
    var cursor = EventCursor()
    while cursor.writeFrame(core: 7, isRare: false, from: recorder.frequent, to: &sink) {}
    var times: [UInt64] = []
    var lost: UInt64 = 0
    for piece in pieces(sink.bytes).pieces {
      guard case .frame(.events, let range) = piece else {
        Issue.record("\(piece) among the batches")
        continue
      }
      let payload = Array(sink.bytes[range])
      let header = try #require(batchHeader(payload))
      #expect(header.core == 7)
      #expect(!header.isRare)
      lost = header.lost
      var offset = BatchHeader.bytes
      while let record = TraceRecord(payload.span, at: offset) {
        times.append(record.time)
        offset += TraceRecord.bytes
      }
    }
    #expect(lost + UInt64(times.count) == count)
    #expect(times == Array(lost..<count))
  }
}
