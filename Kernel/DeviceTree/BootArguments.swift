// The kernel's command line: words of the form `key` or `key=value`.

public import Reporting

/// A boot argument that the kernel knows but cannot understand.
public enum BootArgumentError: Error, Sendable, Reportable {
  case notANumber(key: StaticString)

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .notANumber(let key): output.write("boot argument \(key) is not a number" as LogText)
    }
  }
}

/// A view of the command line; the last word with a key counts, as with Linux, so that a
/// loader's default can be overridden at its end.
public struct BootArguments: ~Escapable {
  private let text: Span<UInt8>

  @_lifetime(copy text)
  public init(_ text: Span<UInt8>) { self.text = text }

  /// Whether the word `key` or `key=…` is there.
  public func contains(_ key: StaticString) -> Bool { valueRange(of: key) != nil }

  /// Whether the last word `key=…` has that value.
  public func value(of key: StaticString, is expected: StaticString) -> Bool {
    guard let range = valueRange(of: key) else { return false }
    return text.holds(expected, in: range)
  }

  /// The value of the last word `key=…`: empty for a bare `key`, nil if there is none.
  @_lifetime(copy self)
  public func value(of key: StaticString) -> Span<UInt8>? {
    guard let range = valueRange(of: key) else { return nil }
    return text.extracting(range)
  }

  /// The value as a number, decimal or `0x…`; nil if the key is not there.
  public func number(of key: StaticString) throws(BootArgumentError) -> UInt64? {
    guard let range = valueRange(of: key) else { return nil }
    var position = range.lowerBound
    var base: UInt64 = 10
    if text.starts(with: "0x", in: range) {
      base = 16
      position += 2
    }
    guard position < range.upperBound else { throw .notANumber(key: key) }
    var number: UInt64 = 0
    while position < range.upperBound {
      guard let digit = digitValue(text[position]), digit < base else {
        throw .notANumber(key: key)
      }
      let (shifted, tooLarge) = number.multipliedReportingOverflow(by: base)
      let (sum, overflow) = shifted.addingReportingOverflow(digit)
      guard !tooLarge, !overflow else { throw .notANumber(key: key) }
      number = sum
      position += 1
    }
    return number
  }

  /// The key of the word of the form `key=…` that has `index` such words before it; nil when there
  /// are no more.
  @_lifetime(copy self)
  public func key(ofAssignment index: Int) -> Span<UInt8>? {
    var left = index
    var start = 0
    while let word = nextWord(from: start) {
      start = word.end
      guard word.keyEnd < word.end else { continue }
      if left == 0 { return text.extracting(word.start..<word.keyEnd) }
      left -= 1
    }
    return nil
  }

  private func valueRange(of key: StaticString) -> Range<Int>? {
    var found: Range<Int>?
    var start = 0
    while let word = nextWord(from: start) {
      if text.holds(key, in: word.start..<word.keyEnd) {
        found = min(word.keyEnd + 1, word.end)..<word.end
      }
      start = word.end
    }
    return found
  }

  /// The first word that begins at `position` or later; its key ends where it ends, or at `=`.
  private func nextWord(from position: Int) -> (start: Int, keyEnd: Int, end: Int)? {
    let space: UInt8 = 0x20
    let equals: UInt8 = 0x3D
    var start = position
    while start < text.count, text[start] <= space { start += 1 }
    guard start < text.count else { return nil }
    var end = start
    var keyEnd: Int?
    while end < text.count, text[end] > space {
      if keyEnd == nil, text[end] == equals { keyEnd = end }
      end += 1
    }
    return (start, keyEnd ?? end, end)
  }

  private func digitValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x61...0x66: UInt64(byte - 0x61) + 10
    case 0x41...0x46: UInt64(byte - 0x41) + 10
    default: nil
    }
  }
}
