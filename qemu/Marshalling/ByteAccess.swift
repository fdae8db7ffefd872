// Words in byte spans: one bounds check a word, then one load or store.
//
// The only file of this module that uses unsafe constructs. Every function checks its range
// against the span first and is total: what does not fit is nil or false.

enum ByteAccess {
  /// Whether `count` bytes from `offset` lie inside `total` bytes. No sum can overflow.
  @inline(__always)
  static func fits(_ offset: Int, _ count: Int, in total: Int) -> Bool {
    offset >= 0 && count >= 0 && count <= total && offset <= total - count
  }

  /// The big-endian 32-bit word of XDR at `offset`.
  @inline(__always)
  static func loadBigEndian32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32? {
    guard fits(offset, 4, in: bytes.count) else { return nil }
    // Safety: the four bytes are inside the span (checked above), and any bytes are a UInt32.
    return unsafe UInt32(
      bigEndian: bytes.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt32.self))
  }

  @inline(__always)
  static func loadBigEndian64(_ bytes: Span<UInt8>, at offset: Int) -> UInt64? {
    guard fits(offset, 8, in: bytes.count) else { return nil }
    // Safety: the eight bytes are inside the span (checked above), and any bytes are a UInt64.
    return unsafe UInt64(
      bigEndian: bytes.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// The little-endian slot of the argument area at `offset`.
  @inline(__always)
  static func loadSlot(_ area: Span<UInt8>, at offset: Int) -> UInt64? {
    guard fits(offset, 8, in: area.count) else { return nil }
    // Safety: the eight bytes are inside the span (checked above), and any bytes are a UInt64.
    return unsafe UInt64(
      littleEndian: area.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// Stores the bytes of `value` as they are in memory; false when they do not fit.
  @inline(__always)
  static func store<Word: FixedWidthInteger & BitwiseCopyable>(
    _ value: Word, into bytes: inout MutableSpan<UInt8>, at offset: Int, limit: Int
  ) -> Bool {
    guard limit <= bytes.count, fits(offset, MemoryLayout<Word>.size, in: limit) else {
      return false
    }
    // Safety: the word is inside the span (checked above), and the span's bytes are integers,
    // which may have any bits.
    var target = unsafe bytes.mutableBytes
    unsafe target.storeBytes(of: value, toUncheckedByteOffset: offset, as: Word.self)
    return true
  }

  /// Copies `count` words of 8 bytes, each with its bytes in opposite order: XDR words to slots, or
  /// slots to XDR words; false when they do not fit.
  @inline(__always)
  static func copySwapped64(
    _ source: Span<UInt8>, from sourceOffset: Int, count: Int,
    into target: inout MutableSpan<UInt8>, at offset: Int, limit: Int
  ) -> Bool {
    let bytes = count * 8
    guard fits(sourceOffset, bytes, in: source.count), limit <= target.count,
      fits(offset, bytes, in: limit)
    else { return false }
    var targetBytes = unsafe target.mutableBytes
    for position in stride(from: 0, to: bytes, by: 8) {
      // Safety: both runs are inside their spans (checked above); bytes may have any bits.
      let word = unsafe source.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: sourceOffset &+ position, as: UInt64.self)
      unsafe targetBytes.storeBytes(
        of: word.byteSwapped, toUncheckedByteOffset: offset &+ position, as: UInt64.self)
    }
    return true
  }

  /// Copies `count` bytes, then writes zeros up to `paddedCount`; false when they do not fit.
  @inline(__always)
  static func copy(
    _ source: Span<UInt8>, from sourceOffset: Int, count: Int,
    into target: inout MutableSpan<UInt8>, at offset: Int, paddedCount: Int
  ) -> Bool {
    guard fits(sourceOffset, count, in: source.count), count <= paddedCount,
      fits(offset, paddedCount, in: target.count)
    else { return false }
    unsafe target.withUnsafeMutableBytes { targetBytes in
      unsafe source.withUnsafeBytes { sourceBytes in
        // Safety: both ranges are inside their spans (checked above), and a mutable span
        // overlaps no other.
        unsafe UnsafeMutableRawBufferPointer(
          rebasing: targetBytes[offset..<(offset + count)]
        ).copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: sourceBytes[sourceOffset..<(sourceOffset + count)]))
      }
    }
    for index in (offset + count)..<(offset + paddedCount) { target[index] = 0 }
    return true
  }

  /// Whether the bytes from `start` to `end` are inside the span and zero.
  @inline(__always)
  static func areZero(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Bool {
    guard start <= end, fits(start, end - start, in: bytes.count) else { return false }
    for index in start..<end where bytes[index] != 0 { return false }
    return true
  }
}
