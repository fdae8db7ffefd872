// A line for the log, put together without a heap.

internal import SystemInterface

/// A line of text of at most `SystemLimits.logBytes` bytes; what does not fit is cut.
public struct LogLine: Sendable {
  private var storage = [256 of UInt8](repeating: 0)
  private var count = 0

  public init() {}

  public mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      // Safety: the index is below the number of code units.
      append(byte: unsafe text.utf8Start[index])
    }
  }

  public mutating func append(decimal value: UInt64) {
    append(value, base: 10)
  }

  /// Appends "0x" and the digits.
  public mutating func append(hexadecimal value: UInt64) {
    append("0x")
    append(value, base: 16)
  }

  /// Calls `body` with the text in UTF-8.
  public func withBytes(_ body: (Span<UInt8>) -> Void) {
    body(storage.span.extracting(0..<count))
  }

  private mutating func append(_ value: UInt64, base: UInt64) {
    var scale: UInt64 = 1
    while value / scale >= base { scale *= base }
    while scale > 0 {
      let digit = UInt8(truncatingIfNeeded: value / scale % base)
      append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10))
      scale /= base
    }
  }

  private mutating func append(byte: UInt8) {
    guard count < storage.count else { return }
    storage[count] = byte
    count += 1
  }
}
