import Randomness
import Testing
import Tracing

/// Frames on a line that also carries text, and loses bytes.
@Suite struct FrameTests {
  @Test func checksumIsTheOneOfISO3309() {
    var checksum = Checksum()
    for byte in "123456789".utf8 { checksum.add(byte) }
    #expect(checksum.value == 0xcbf4_3926)
  }

  @Test(arguments: FrameKind.allCases) func aFrameComesBack(kind: FrameKind) {
    for length in [0, 1, 31, 32, 33, FrameFormat.largestPayload] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let bytes = frame(kind, payload)
      let start = FrameFormat.headBytes
      #expect(pieces(bytes).pieces == [.frame(kind, start..<start + length)])
    }
  }

  @Test func textAroundFramesStaysWhole() {
    let text = Array("[    0.1] core 0 info: größer\r\n".utf8)
    let one = frame(.events, [1, 2, 3])
    let found = pieces(text + one + text + one + one).pieces
    let texts = found.filter { if case .text = $0 { true } else { false } }
    #expect(texts.count == 2)
    #expect(found.count == 5)
    #expect(found.first == .text(0..<text.count))
  }

  /// Whatever happens to one byte: the frames that it is not in are all read.
  @Test func aLostOrChangedByteCostsOneFrame() {
    let seed = printedSeed("aLostOrChangedByteCostsOneFrame")
    var random = SplitMix(seed: seed)
    for _ in 0..<300 {
      var bytes: [UInt8] = []
      var ranges: [Range<Int>] = []
      var payloads: [[UInt8]] = []
      for _ in 0..<6 {
        if Bool.random(using: &random) { bytes += Array("some text\r\n".utf8) }
        let payload = (0..<Int.random(in: 0...100, using: &random)).map { _ in
          // Sync bytes among them.
          [FrameFormat.sync0, FrameFormat.sync1, UInt8.random(in: 0...255, using: &random)]
            .randomElement(using: &random) ?? 0
        }
        let new = frame(.events, payload)
        ranges.append(bytes.count..<bytes.count + new.count)
        payloads.append(payload)
        bytes += new
      }
      let victim = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes.remove(at: victim)
      case 1: bytes[victim] ^= UInt8.random(in: 1...255, using: &random)
      default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: victim)
      }
      let expected = zip(ranges, payloads).filter { !$0.0.contains(victim) }.map(\.1)
      let found = pieces(bytes).pieces.compactMap { piece -> [UInt8]? in
        if case .frame(.events, let range) = piece { Array(bytes[range]) } else { nil }
      }
      // An inserted byte may leave the frame that it is in front of whole.
      let isComplete = found == expected || found == payloads
      #expect(isComplete, "seed \(seed), byte \(victim)")
    }
  }

  /// Any bytes are read to their end, in pieces without gaps.
  @Test func garbageIsText() {
    let seed = printedSeed("garbageIsText")
    var random = SplitMix(seed: seed)
    for _ in 0..<200 {
      let garbage = (0..<Int.random(in: 0...300, using: &random)).map { _ in
        [FrameFormat.sync0, FrameFormat.sync1, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random) ?? 0
      }
      var covered = 0
      for piece in pieces(garbage).pieces {
        guard case .text(let range) = piece else {
          // Possible, once in four milliards of sync bytes.
          Issue.record("a frame in garbage, seed \(seed)")
          continue
        }
        #expect(range.lowerBound == covered)
        covered = range.upperBound
      }
      #expect(covered == garbage.count, "seed \(seed)")
    }
  }

  @Test func damagedFramesAreCounted() {
    var bytes = frame(.events, Array(repeating: 5, count: 40))
    bytes[20] ^= 1
    #expect(pieces(bytes).damaged == 1)
    #expect(pieces(frame(.end, [])).damaged == 0)
  }
}
