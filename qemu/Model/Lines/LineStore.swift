// The lines as their home has them: what the NIC wrote, or took back from a core.

import Interface

/// Per line 16 words. While a core has a line modified, what stands here is old.
struct LineStore: Hashable {
  private(set) var words: [UInt64]

  init(lines: Int) {
    words = Array(repeating: 0, count: lines * LineGeometry.wordsPerLine)
  }

  static func words(of line: LineIndex) -> Range<Int> {
    let start = line.number * LineGeometry.wordsPerLine
    return start..<start + LineGeometry.wordsPerLine
  }

  subscript(line: LineIndex, word word: Int) -> UInt64 {
    get { words[line.number * LineGeometry.wordsPerLine + word] }
    set { words[line.number * LineGeometry.wordsPerLine + word] = newValue }
  }

  func word(_ word: Int, of endpoint: EndpointIdentifier, line: Parity) -> UInt64 {
    self[.control(line, of: endpoint), word: word]
  }

  mutating func setWord(
    _ word: Int, of endpoint: EndpointIdentifier, line: Parity, to value: UInt64
  ) {
    self[.control(line, of: endpoint), word: word] = value
  }

  /// Position of the word at an area offset, a multiple of 8.
  private func position(
    of offset: Int, _ endpoint: EndpointIdentifier, _ line: Parity
  ) -> Int {
    let wordsPerEndpoint = LineIndex.linesPerEndpoint * LineGeometry.wordsPerLine
    return endpoint.index * wordsPerEndpoint
      + ArgumentArea.blockOffset(of: offset, parity: line) / LineGeometry.wordBytes
  }

  /// Spreads an argument area over the control line and the overflow lines.
  mutating func writeArguments(
    _ area: ArraySlice<UInt8>, used: Int, to endpoint: EndpointIdentifier, line: Parity
  ) {
    for offset in stride(from: 0, to: used, by: LineGeometry.wordBytes) {
      var word: UInt64 = 0
      for index in (offset..<min(offset + LineGeometry.wordBytes, used)).reversed() {
        word = word << 8 | UInt64(area[area.startIndex + index])
      }
      words[position(of: offset, endpoint, line)] = word
    }
  }

  /// Gathers the argument area from the control line and the overflow lines.
  func readArguments(
    of endpoint: EndpointIdentifier, line: Parity, used: Int, into area: inout [UInt8]
  ) {
    for offset in stride(from: 0, to: used, by: LineGeometry.wordBytes) {
      var word = words[position(of: offset, endpoint, line)]
      for index in offset..<min(offset + LineGeometry.wordBytes, used) {
        area[index] = UInt8(truncatingIfNeeded: word)
        word >>= 8
      }
    }
  }

  /// R13: what the next message does not write reads as zero.
  mutating func clean(_ line: LineIndex) {
    for position in LineStore.words(of: line) { words[position] = 0 }
  }

  /// What a core wrote comes home.
  mutating func takeBack(_ line: LineIndex, from caches: CoreCaches) {
    for position in LineStore.words(of: line) { words[position] = caches.words[position] }
  }
}
