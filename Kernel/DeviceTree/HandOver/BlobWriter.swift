// Writes a blob, token by token, into memory that somebody else owns.

/// The place up to which a blob is written. Output that does not fit is counted, not written, so
/// that one check at the end is enough.
struct BlobWriter {
  private(set) var count = 0

  mutating func byte(_ byte: UInt8, to output: inout MutableSpan<UInt8>) {
    if count < output.count { output[count] = byte }
    count += 1
  }

  mutating func word(_ word: UInt32, to output: inout MutableSpan<UInt8>) {
    byte(UInt8(truncatingIfNeeded: word >> 24), to: &output)
    byte(UInt8(truncatingIfNeeded: word >> 16), to: &output)
    byte(UInt8(truncatingIfNeeded: word >> 8), to: &output)
    byte(UInt8(truncatingIfNeeded: word), to: &output)
  }

  mutating func doubleWord(_ value: UInt64, to output: inout MutableSpan<UInt8>) {
    word(UInt32(truncatingIfNeeded: value >> 32), to: &output)
    word(UInt32(truncatingIfNeeded: value), to: &output)
  }

  mutating func bytes(
    _ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout MutableSpan<UInt8>
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      byte(bytes[index], to: &output)
      index += 1
    }
  }

  /// The text and a zero byte.
  mutating func text(_ text: StaticString, to output: inout MutableSpan<UInt8>) {
    var index = 0
    while index < text.utf8CodeUnitCount {
      // Safety: within the count; a string literal's bytes live as long as the program.
      byte(unsafe text.utf8Start[index], to: &output)
      index += 1
    }
    byte(0, to: &output)
  }

  /// Zero bytes up to a multiple of `alignment`.
  mutating func pad(to alignment: Int, _ output: inout MutableSpan<UInt8>) {
    while count % alignment != 0 { byte(0, to: &output) }
  }

  /// Changes a word that was written before.
  func replaceWord(_ index: Int, with word: Int, in output: inout MutableSpan<UInt8>) {
    var writer = BlobWriter(count: index * 4)
    writer.word(UInt32(truncatingIfNeeded: word), to: &output)
  }

  init() {}
  private init(count: Int) { self.count = count }
}
