// Values that can say themselves: errors, syndromes, levels.

/// A value that can say itself in words, without memory.
public protocol Reportable: ~Copyable {
  /// Writes the value as a part of a line: no newline.
  func write(to output: inout some TextOutput & ~Copyable)
}
