// A line of text composed with string interpolation, but without heap.
//
// Swift's own interpolation makes a `String`, which allocates. This type takes the same syntax
// and gathers the bytes in itself: `"core \(core.number) at \(hexadecimal: address)"`. It lives
// on the stack of whoever writes the line.

/// Text of at most `LogText.capacity` bytes. Longer text is cut and ends in `…`, which is
/// better than a panic in the middle of a report.
public struct LogText: ExpressibleByStringInterpolation, TextOutput, Reportable, Sendable {
  /// Bytes that fit.
  @inlinable public static var capacity: Int { 240 }

  private var bytes = InlineArray<240, UInt8>(repeating: 0)
  /// Bytes in use.
  public private(set) var count = 0
  private var isCut = false

  /// No text; write to it as to any output.
  public init() {}

  public init(stringLiteral value: StaticString) {
    write(value)
  }

  public init(stringInterpolation: Interpolation) {
    self = stringInterpolation.text
  }

  public mutating func write(byte: UInt8) {
    guard count < Self.capacity else {
      isCut = true
      return
    }
    bytes[count] = byte
    count += 1
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    var index = 0
    while index < count {
      output.write(byte: bytes[index])
      index += 1
    }
    if isCut { output.write("…") }
  }

  /// Collects the pieces of an interpolated literal; the compiler calls it.
  public struct Interpolation: StringInterpolationProtocol, Sendable {
    fileprivate var text = LogText()

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ literal: StaticString) {
      text.write(literal)
    }

    /// `\(number)`: decimal.
    public mutating func appendInterpolation(_ value: some FixedWidthInteger) {
      text.write(decimal: value)
    }

    /// `\(number, width: 3)`: decimal, padded with spaces on the left.
    public mutating func appendInterpolation(_ value: some FixedWidthInteger, width: Int) {
      text.write(decimal: value, width: width)
    }

    /// `\(hexadecimal: number)`: `0x…` with at least `digits` digits. A negative number shows
    /// its two's complement in 64 bits.
    public mutating func appendInterpolation(
      hexadecimal value: some FixedWidthInteger, digits: Int = 1
    ) {
      text.write(hexadecimal: UInt64(truncatingIfNeeded: value), digits: digits)
    }

    /// `\(literal)`: a name from a table.
    public mutating func appendInterpolation(_ value: StaticString) {
      text.write(value)
    }

    /// `\(error)`, `\(syndrome)`: a value that knows its own words.
    public mutating func appendInterpolation(_ value: borrowing some Reportable & ~Copyable) {
      text.write(value)
    }

    /// `\(escaping: bytes)`: text from outside, made harmless.
    public mutating func appendInterpolation(escaping bytes: Span<UInt8>) {
      text.write(escaping: bytes)
    }
  }

  public typealias StringInterpolation = Interpolation
}
