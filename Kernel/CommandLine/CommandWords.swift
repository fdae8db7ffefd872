// A command line as words.

internal import Reporting

/// The words of a line, separated by spaces.
public struct CommandWords: ~Escapable {
  private let line: Span<UInt8>

  @_lifetime(copy line)
  public init(_ line: Span<UInt8>) { self.line = line }

  /// Word `index`, counted from 0: empty when there is none.
  @_lifetime(copy self)
  public func word(_ index: Int) -> Span<UInt8> {
    var left = index
    var start = 0
    while start < line.count {
      if line[start] == ASCII.space {
        start += 1
        continue
      }
      var end = start
      while end < line.count, line[end] != ASCII.space { end += 1 }
      if left == 0 { return line.extracting(start..<end) }
      left -= 1
      start = end
    }
    return line.extracting(0..<0)
  }

  public var count: Int {
    var count = 0
    while word(count).count > 0 { count += 1 }
    return count
  }

  /// Whether word `index` is this one.
  public func isWord(_ index: Int, _ expected: StaticString) -> Bool {
    expected.isSpelled(word(index))
  }

  /// Word `index` as a decimal number; nil when it is none, or above 10⁹.
  public func number(_ index: Int) -> UInt64? {
    let digits = word(index)
    guard digits.count > 0 else { return nil }
    var value: UInt64 = 0
    for position in 0..<digits.count {
      let digit = digits[position] &- ASCII.zero
      guard digit < 10 else { return nil }
      value = value * 10 + UInt64(digit)
      guard value <= 1_000_000_000 else { return nil }
    }
    return value
  }
}
