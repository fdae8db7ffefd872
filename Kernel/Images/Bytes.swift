// Reading little-endian numbers from bytes, without alignment and without trust.

extension Span<UInt8> {
  /// The number in the `size` bytes from `offset`, which the caller has checked to be there.
  private func number(at offset: Int, size: Int) -> UInt64 {
    var value: UInt64 = 0
    var index = size
    while index > 0 {
      index -= 1
      value = value << 8 | UInt64(self[offset + index])
    }
    return value
  }

  func halfWord(at offset: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: number(at: offset, size: 2))
  }

  func word(at offset: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: number(at: offset, size: 4))
  }

  func doubleWord(at offset: Int) -> UInt64 { number(at: offset, size: 8) }

  /// Whether the bytes in `range` are those of `text`.
  func holds(_ text: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    var index = 0
    while index < range.count {
      // Safety: within the count; a StaticString made of a string literal has a pointer, whose
      // bytes live as long as the program.
      let expected = unsafe text.utf8Start[index]
      guard self[range.lowerBound + index] == expected else { return false }
      index += 1
    }
    return true
  }

  /// Whether the bytes in `range` are those of `other`.
  func holds(_ other: Span<UInt8>, in range: Range<Int>) -> Bool {
    guard range.count == other.count else { return false }
    for index in 0..<range.count where self[range.lowerBound + index] != other[index] {
      return false
    }
    return true
  }
}
