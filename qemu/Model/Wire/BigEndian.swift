// Bytes in runs and words: network byte order, and what is moved or cleared at once.
//
// Fields on the wire are big-endian and not aligned. The only file of this module that uses unsafe
// constructs: every access is checked against its span once, and then is one instruction, or one
// `memmove`, instead of one check and one instruction a byte.

extension Span where Element == UInt8 {
  @inline(__always)
  func bigEndian16(at offset: Int) -> UInt16 {
    // Safety: the load checks that it lies inside the span; any bytes are a UInt16.
    unsafe UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  func bigEndian32(at offset: Int) -> UInt32 {
    // Safety: the load checks that it lies inside the span; any bytes are a UInt32.
    unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Six bytes: an Ethernet address.
  @inline(__always)
  func bigEndian48(at offset: Int) -> UInt64 {
    UInt64(bigEndian16(at: offset)) << 32 | UInt64(bigEndian32(at: offset + 2))
  }

  @inline(__always)
  func bigEndian64(at offset: Int) -> UInt64 {
    // Safety: the load checks that it lies inside the span; any bytes are a UInt64.
    unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The sum of the little-endian 32-bit words in `range`, whose length is a multiple of 4.
  @inline(__always)
  func sumOfLittleEndian32(_ range: Range<Int>) -> UInt64 {
    // Safety: all bytes of integers are initialised.
    let words = unsafe extracting(range).bytes
    var sum: UInt64 = 0
    for offset in stride(from: 0, to: words.byteCount & ~3, by: 4) {
      // Safety: four bytes from a multiple of 4 below a multiple of 4 that is no more than the
      // count; any bytes are a UInt32.
      let word = unsafe words.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt32.self)
      sum &+= UInt64(UInt32(littleEndian: word))
    }
    return sum
  }

  /// A word of a line, or a slot of an argument area.
  @inline(__always)
  func littleEndian64(at offset: Int) -> UInt64 { bigEndian64(at: offset).byteSwapped }
}

extension MutableSpan where Element == UInt8 {
  /// Stores `value` as it is in memory.
  @inline(__always)
  private mutating func storeBytes<Word: FixedWidthInteger & BitwiseCopyable>(
    of value: Word, at offset: Int
  ) {
    // Safety: the span's elements are integers, which may have any bits; the store checks that it
    // lies inside the span.
    var target = unsafe mutableBytes
    target.storeBytes(of: value, toByteOffset: offset, as: Word.self)
  }

  /// Stores `value` in network byte order.
  @inline(__always)
  mutating func store<Word: FixedWidthInteger & BitwiseCopyable>(_ value: Word, at offset: Int) {
    storeBytes(of: value.bigEndian, at: offset)
  }

  /// Six bytes: an Ethernet address.
  @inline(__always)
  mutating func store(_ address: EthernetAddress, at offset: Int) {
    store(UInt16(truncatingIfNeeded: address.value >> 32), at: offset)
    store(UInt32(truncatingIfNeeded: address.value), at: offset + 2)
  }

  /// A word of a line, or a slot of an argument area.
  @inline(__always)
  mutating func storeLittleEndian(_ value: UInt64, at offset: Int) {
    storeBytes(of: value.littleEndian, at: offset)
  }

  /// All of `source`, from `offset` on.
  @inline(__always)
  mutating func copy(_ source: Span<UInt8>, at offset: Int) {
    precondition(offset >= 0 && offset <= count && source.count <= count - offset)
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { bytes in
        // Safety: the bytes lie inside the span, as was just checked; a mutable span overlaps no
        // other.
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + bytes.count])
          .copyMemory(from: bytes)
      }
    }
  }

  @inline(__always)
  mutating func clear(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    for position in range { self[position] = 0 }
  }
}

extension [UInt8] {
  /// All of `source`, from `offset` on.
  @inline(__always)
  mutating func copy(_ source: Span<UInt8>, at offset: Int) {
    var bytes = mutableSpan
    bytes.copy(source, at: offset)
  }

  @inline(__always)
  mutating func clear(_ range: Range<Int>) {
    var bytes = mutableSpan
    bytes.clear(range)
  }
}
