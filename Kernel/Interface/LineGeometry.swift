// The sizes that everything else on this interface is made of.

/// A line is what the coherence protocol moves: 128 bytes on Enzian (the ThunderX-1's cache
/// line, one ECI transfer). The NIC is the *home* of every line in its window.
public enum LineGeometry {
  /// Bytes in a line.
  @inlinable public static var lineBytes: Int { 128 }

  /// Bytes in a word, the unit of every field of a line; words are little-endian.
  @inlinable public static var wordBytes: Int { 8 }

  /// Words in a line.
  @inlinable public static var wordsPerLine: Int { 16 }

  /// Overflow lines of an endpoint: with them a message carries up to 4 KiB in lines, the
  /// size from which DMA wins on Enzian (paper §7).
  @inlinable public static var overflowLines: Int { 32 }

  /// Bytes in all overflow lines of an endpoint.
  @inlinable public static var overflowBytes: Int { 4096 }

  /// Lines needed for `bytes` bytes of overflow.
  @inlinable public static func overflowLines(forBytes bytes: Int) -> Int {
    (bytes + lineBytes - 1) / lineBytes
  }
}
