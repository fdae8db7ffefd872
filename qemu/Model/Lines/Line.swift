// The contents of a line: what the coherence protocol moves in one piece.

import Interface

/// 16 words. A value of its own, so that filling, taking back and cleaning a line is one copy.
struct Line: Hashable {
  private var words: [16 of UInt64] = .init(repeating: 0)

  static var clean: Line { Line() }

  subscript(_ word: Int) -> UInt64 {
    @inline(__always) get { words[word] }
    @inline(__always) set { words[word] = newValue }
  }

  mutating func writeHead(code: UInt64, data: UInt64) {
    words[ControlLineWord.code] = code
    words[ControlLineWord.data] = data
  }

  mutating func writeTail(_ tail: MessageTail, tag: CallTag?) {
    words[ControlLineWord.tail] = tail.word
    words[ControlLineWord.tag] = tag?.number ?? 0
  }

  /// Writes whole words from `word` on; `bytes` has a multiple of 8.
  @inline(__always)
  mutating func write(_ bytes: Span<UInt8>, at word: Int) {
    for index in 0..<bytes.count / LineGeometry.wordBytes {
      words[word + index] = bytes.littleEndian64(at: index * LineGeometry.wordBytes)
    }
  }

  /// Reads `count` words from `word` on to `bytes`, from `offset` on.
  @inline(__always)
  func read(
    _ count: Int, from word: Int, into bytes: inout MutableSpan<UInt8>, at offset: Int
  ) {
    for index in 0..<count {
      bytes.storeLittleEndian(words[word + index], at: offset + index * LineGeometry.wordBytes)
    }
  }

  static func == (left: Line, right: Line) -> Bool {
    for word in 0..<LineGeometry.wordsPerLine where left[word] != right[word] { return false }
    return true
  }

  func hash(into hasher: inout Hasher) {
    for word in 0..<LineGeometry.wordsPerLine { hasher.combine(words[word]) }
  }
}
