// The lines as their home has them: what the NIC wrote, or took back from a core.

import Interface

/// While a core has a line modified, what stands here is old.
struct LineStore: Hashable {
  private var lines: [Line]

  init(lines count: Int) { lines = Array(repeating: .clean, count: count) }

  subscript(_ line: LineIndex) -> Line {
    get { lines[line.number] }
    _modify { yield &lines[line.number] }
  }

  subscript(line: LineIndex, word word: Int) -> UInt64 {
    get { lines[line.number][word] }
    set { lines[line.number][word] = newValue }
  }

  func word(_ word: Int, of endpoint: EndpointIdentifier, line: Parity) -> UInt64 {
    self[.control(line, of: endpoint), word: word]
  }

  mutating func setWord(
    _ word: Int, of endpoint: EndpointIdentifier, line: Parity, to value: UInt64
  ) {
    self[.control(line, of: endpoint), word: word] = value
  }

  /// Spreads an argument area over the control line and the overflow lines.
  ///
  /// - Parameter range: where in `bytes` the used part of the area is, a multiple of 8.
  mutating func writeArguments(
    _ bytes: [UInt8], _ range: Range<Int>, to endpoint: EndpointIdentifier, line: Parity
  ) {
    let area = bytes.span.extracting(range)
    self[.control(line, of: endpoint)].write(
      area.extracting(first: ArgumentArea.inlineBytes), at: ControlLineWord.firstArgument)
    for overflow in 0..<ArgumentArea.overflowLines(forEnd: area.count) {
      let offset = ArgumentArea.inlineBytes + overflow * LineGeometry.lineBytes
      self[.overflow(overflow, of: endpoint)].write(
        area.extracting(offset..<min(offset + LineGeometry.lineBytes, area.count)), at: 0)
    }
  }

  /// Gathers the argument area from the control line and so many overflow lines.
  func readArguments(
    of endpoint: EndpointIdentifier, line: Parity, overflowLines: Int,
    into area: inout [UInt8]
  ) {
    var area = area.mutableSpan
    self[.control(line, of: endpoint)].read(
      ArgumentArea.inlineSlots, from: ControlLineWord.firstArgument, into: &area, at: 0)
    for overflow in 0..<overflowLines {
      self[.overflow(overflow, of: endpoint)].read(
        LineGeometry.wordsPerLine, from: 0, into: &area,
        at: ArgumentArea.inlineBytes + overflow * LineGeometry.lineBytes)
    }
  }

  /// R13: what the next message does not write reads as zero.
  mutating func clean(_ line: LineIndex) { lines[line.number] = .clean }

  /// What a core wrote comes home.
  mutating func takeBack(_ line: LineIndex, from caches: CoreCaches) {
    lines[line.number] = caches[line]
  }
}
