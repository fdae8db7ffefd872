// Where text goes: a console, a log ring, a test's buffer. One requirement, the rest built on it.
//
// Everything here works without heap, locks and globals, so that it can be used from the first
// instruction of the kernel (MMU off) to the last one of a panic.

/// A sink for text, one byte at a time.
public protocol TextOutput: ~Copyable {
  /// Takes one byte of UTF-8.
  mutating func write(byte: UInt8)
}

extension TextOutput where Self: ~Copyable {
  /// Writes a literal.
  public mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes in
      var index = 0
      while index < bytes.count {
        // Safety: within the count; the bytes of a StaticString live as long as the program.
        write(byte: unsafe bytes[index])
        index += 1
      }
    }
  }

  /// Writes a value that knows its own words.
  public mutating func write(_ value: borrowing some Reportable & ~Copyable) {
    value.write(to: &self)
  }

  /// Writes composed text and ends the line: `output.writeLine("core \(3) online")`.
  public mutating func writeLine(_ text: LogText) {
    write(text)
    write(byte: ASCII.newline)
  }

  /// Writes `count` times the same byte; nothing if `count` is not positive.
  public mutating func write(byte: UInt8, times count: Int) {
    var left = count
    while left > 0 {
      write(byte: byte)
      left -= 1
    }
  }

  /// Writes a number in decimal, padded on the left to at least `width` bytes.
  public mutating func write(
    decimal value: some FixedWidthInteger, width: Int = 0, padding: UInt8 = ASCII.space
  ) {
    // 2⁶⁴ − 1 has 20 digits.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var count = 0
    var rest = UInt64(truncatingIfNeeded: value.magnitude)
    repeat {
      digits[count] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    } while rest > 0
    let isNegative = value < 0
    write(byte: padding, times: width - count - (isNegative ? 1 : 0))
    if isNegative { write(byte: ASCII.minus) }
    while count > 0 {
      count -= 1
      write(byte: digits[count])
    }
  }

  /// Writes a number as `0x…`, with leading zeros up to `digits` digits (at most 16). Larger
  /// numbers take the digits that they need.
  public mutating func write(hexadecimal value: UInt64, digits: Int = 1) {
    write("0x")
    let needed = (UInt64.bitWidth - value.leadingZeroBitCount + 3) / 4
    var left = max(1, min(digits, 16), needed)
    while left > 0 {
      left -= 1
      write(hexadecimalDigit: UInt8(truncatingIfNeeded: value >> UInt64(4 * left)) & 0xF)
    }
  }

  /// Writes the digit of a value from 0 to 15.
  mutating func write(hexadecimalDigit value: UInt8) {
    write(byte: value < 10 ? ASCII.zero + value : ASCII.lowerA + (value - 10))
  }

  /// Writes a time since boot as `[seconds.micros]`, aligned for the first 99,999 seconds.
  public mutating func write(timeStampMicroseconds time: UInt64) {
    write(byte: ASCII.leftBracket)
    write(decimal: time / 1_000_000, width: 5)
    write(byte: ASCII.point)
    write(decimal: time % 1_000_000, width: 6, padding: ASCII.zero)
    write(byte: ASCII.rightBracket)
  }

  /// Writes one line of the log: time, core, level and text, then a newline.
  ///
  ///     [    1.000123] core 3 warning: no reply from core 7
  ///     [    1.000123] core 3 info: nic: 256 endpoints
  ///
  /// The kernel's own lines do not name their source.
  public mutating func writeLogLine(
    level: LogLevel, source: LogSource = .kernel, timeMicroseconds: UInt64, core: UInt16,
    _ text: LogText
  ) {
    write(timeStampMicroseconds: timeMicroseconds)
    write(" core ")
    write(decimal: core)
    write(byte: ASCII.space)
    write(level)
    write(": ")
    if source != .kernel {
      write(source.name)
      write(": ")
    }
    writeLine(text)
  }
}
