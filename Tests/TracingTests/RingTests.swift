import Randomness
import Testing
import Tracing

/// Rings: the newest records are there, and what is missing is counted.
@Suite struct RingTests {
  private func record(_ recorder: EventRecorder, _ number: UInt64, _ event: TraceEvent) {
    recorder.record(
      event, time: number, tag: number &* 3, first: UInt32(truncatingIfNeeded: number),
      second: ~number)
  }

  private func expectedRecord(_ number: UInt64, _ event: TraceEvent) -> TraceRecord {
    TraceRecord(
      time: number, event: event, core: 3, tag: number &* 3,
      first: UInt32(truncatingIfNeeded: number), second: ~number)
  }

  @Test func maskDecidesBySource() {
    var mask = SourceMask.none
    for event in TraceEvent.allCases { #expect(!mask.contains(event)) }
    mask.insert(.systemCall)
    for event in TraceEvent.allCases {
      #expect(mask.contains(event) == (event.source == .systemCall))
    }
  }

  @Test func recordsComeBackInOrder() {
    let storage = RingStorage()
    let recorder = storage.recorder()
    var cursor = EventCursor()
    #expect(cursor.read(from: recorder.frequent) == nil)
    for number in 0..<10 as Range<UInt64> { record(recorder, number, .callTaken) }
    for number in 0..<10 as Range<UInt64> {
      #expect(cursor.read(from: recorder.frequent) == expectedRecord(number, .callTaken))
    }
    #expect(cursor.read(from: recorder.frequent) == nil)
    #expect(cursor.lost == 0)
  }

  @Test func frequentEventsDoNotPushOutRareOnes() {
    let storage = RingStorage()
    let recorder = storage.recorder()
    record(recorder, 1, .processEnded)
    for number in 0..<5000 as Range<UInt64> { record(recorder, number, .callTaken) }
    var cursor = EventCursor()
    #expect(cursor.read(from: recorder.rare) == expectedRecord(1, .processEnded))
    #expect(cursor.read(from: recorder.rare) == nil)
    #expect(recorder.frequent.written == 5000)
  }

  /// Any mixture of writes and reads: every record is read once and rightly, or counted as lost.
  @Test func everyRecordIsReadOrCountedAsLost() {
    let seed = printedSeed("everyRecordIsReadOrCountedAsLost")
    var random = SplitMix(seed: seed)
    for _ in 0..<50 {
      let storage = RingStorage(bytes: EventRing.bytes(capacity: 8))
      let ring = unsafe EventRing(storage: storage.memory, capacity: 8)
      var cursor = EventCursor()
      var written: UInt64 = 0
      var read: UInt64 = 0
      for _ in 0..<200 {
        if Bool.random(using: &random) {
          for _ in 0..<Int.random(in: 0...12, using: &random) {
            ring.append(TraceRecord(time: written, event: .callTaken, core: 0))
            written += 1
          }
        } else {
          for _ in 0..<Int.random(in: 0...12, using: &random) {
            guard let next = cursor.read(from: ring) else { break }
            #expect(next.time == read + cursor.lost, "seed \(seed)")
            read += 1
          }
        }
      }
      while cursor.read(from: ring) != nil { read += 1 }
      #expect(read + cursor.lost == written, "seed \(seed)")
    }
  }

  @Test func rewindTurnsToTheNewest() {
    let storage = RingStorage()
    let recorder = storage.recorder()
    for number in 0..<100 as Range<UInt64> { record(recorder, number, .callTaken) }
    var cursor = EventCursor()
    cursor.rewind(3, before: recorder.frequent)
    #expect(cursor.read(from: recorder.frequent)?.time == 97)
    cursor.rewind(100_000, before: recorder.frequent)
    #expect(cursor.read(from: recorder.frequent)?.time == 0)
    #expect(cursor.lost == 0)
  }

  /// A reader on another thread never sees half a record.
  @Test func readersBesideTheWriterSeeWholeRecords() async {
    let storage = RingStorage(bytes: EventRing.bytes(capacity: 4))
    let ring = unsafe EventRing(storage: storage.memory, capacity: 4)
    let count: UInt64 = 200_000
    let reader = Task.detached {
      var cursor = EventCursor()
      var torn = 0
      var seen: UInt64 = 0
      while seen + cursor.lost < count {
        guard let record = cursor.read(from: ring) else { continue }
        seen += 1
        if record.tag != record.time || record.second != ~record.time { torn += 1 }
      }
      return torn
    }
    for number in 0..<count {
      ring.append(
        TraceRecord(time: number, event: .callTaken, core: 0, tag: number, second: ~number))
    }
    #expect(await reader.value == 0)
    withExtendedLifetime(storage) {}
  }
}
