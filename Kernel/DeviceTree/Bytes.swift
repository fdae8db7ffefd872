// Reading numbers and names from bytes, without alignment and without trust.

extension Span<UInt8> {
  /// The big-endian word at `offset`, or nil if it does not lie within the bytes.
  func word(at offset: Int) -> UInt32? {
    guard offset >= 0, offset <= count - 4 else { return nil }
    return UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16
      | UInt32(self[offset + 2]) << 8 | UInt32(self[offset + 3])
  }

  /// The big-endian double word at `offset`, or nil if it does not lie within the bytes.
  func doubleWord(at offset: Int) -> UInt64? {
    guard let high = word(at: offset), let low = word(at: offset + 4) else { return nil }
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Where the first zero byte in `range` is.
  func firstZero(in range: Range<Int>) -> Int? {
    var offset = range.lowerBound
    while offset < range.upperBound {
      if self[offset] == 0 { return offset }
      offset += 1
    }
    return nil
  }

  /// Whether the bytes in `range` are those of `text`.
  func holds(_ text: StaticString, in range: Range<Int>) -> Bool {
    range.count == text.utf8CodeUnitCount && starts(with: text, in: range)
  }

  /// Whether the bytes in `range` start with those of `text`.
  func starts(with text: StaticString, in range: Range<Int>) -> Bool {
    let length = text.utf8CodeUnitCount
    guard range.count >= length else { return false }
    var index = 0
    while index < length {
      // Safety: within the count; a StaticString made of a string literal has a pointer, whose
      // bytes live as long as the program.
      let expected = unsafe text.utf8Start[index]
      guard self[range.lowerBound + index] == expected else { return false }
      index += 1
    }
    return true
  }

  /// Whether the bytes in both ranges are the same.
  func holdsSame(in left: Range<Int>, and right: Range<Int>) -> Bool {
    guard left.count == right.count else { return false }
    var index = 0
    while index < left.count {
      guard self[left.lowerBound + index] == self[right.lowerBound + index] else { return false }
      index += 1
    }
    return true
  }
}
