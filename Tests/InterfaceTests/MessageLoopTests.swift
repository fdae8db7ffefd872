// The loop, step by step: which line it loads, and that it orders before it flips.

import Interface
import Testing

/// Records what the loop does.
private struct RecordedLines: LineAccess {
  enum Step: Equatable { case load(UInt), mark(UInt), barrier }
  var steps: [Step] = []

  mutating func loadHead(at address: UInt) -> LineHead {
    steps.append(.load(address))
    return LineHead(code: 0x1000, data: 0x2000, argument0: 1, argument1: 2)
  }

  mutating func markAnswered(at address: UInt) { steps.append(.mark(address)) }

  mutating func orderResponseBeforeNextLoad() { steps.append(.barrier) }
}

@Suite struct MessageLoopTests {
  @Test func r4EveryMessageFlipsTheParityAndR5AfterABarrierAndR17AMark() {
    var lines = RecordedLines()
    var loop = MessageLoop(blockAddress: 0x8000)
    for expected: Parity in [.zero, .one, .zero] {
      #expect(loop.parity == expected)
      _ = loop.loadMessage(&lines)
      loop.finishMessage(&lines)
    }
    #expect(
      lines.steps == [
        .load(0x8000), .mark(0x8000), .barrier, .load(0x8080), .mark(0x8080), .barrier,
        .load(0x8000), .mark(0x8000), .barrier,
      ])
  }

  @Test func r1ParityIsTheLoops() {
    let loop = MessageLoop(blockAddress: 0x8000, parity: .one)
    #expect(loop.currentLine == 0x8080)
    #expect(loop.parity == .one)
    #expect(EndpointLayout.blockAddress(ofControlLine: loop.currentLine) == 0x8000)
  }

  @Test func r3LoadingAgainLoadsTheSameLine() {
    var lines = RecordedLines()
    let loop = MessageLoop(blockAddress: 0x4000)
    #expect(loop.loadMessage(&lines) == loop.loadMessage(&lines))
    #expect(lines.steps == [.load(0x4000), .load(0x4000)])
  }
}
