// Universal addresses of netid "udp": "h1.h2.h3.h4.p1.p2" (RFC 5665 §5.2.3.3).

/// An IPv4 address and a port, each byte written in decimal.
struct UniversalAddress {
  /// "255.255.255.255.255.255"
  static var maximumBytes: Int { 23 }
  private static var numberCount: Int { 6 }

  /// First byte on the wire in bits 24…31.
  let host: UInt32
  let port: UInt16

  init(host: UInt32, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Nil when the text is no such address.
  init?(_ text: RawSpan) {
    guard text.byteCount <= Self.maximumBytes else { return nil }
    var numbers = InlineArray<6, UInt16>(repeating: 0)
    var index = 0
    var hasDigit = false
    for offset in text.byteOffsets {
      // Safety: the offset is one of the span's.
      let character = unsafe text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        numbers[index] = numbers[index] * 10 + UInt16(character - UInt8(ascii: "0"))
        guard numbers[index] <= 255 else { return nil }
        hasDigit = true
      case UInt8(ascii: "."):
        guard hasDigit, index + 1 < Self.numberCount else { return nil }
        index += 1
        hasDigit = false
      default: return nil
      }
    }
    guard hasDigit, index + 1 == Self.numberCount else { return nil }
    host =
      UInt32(numbers[0]) << 24 | UInt32(numbers[1]) << 16 | UInt32(numbers[2]) << 8
      | UInt32(numbers[3])
    port = numbers[4] << 8 | numbers[5]
  }

  /// The address as text.
  var text: Text {
    var text = Text()
    for byte in 1...4 {
      text.append(UInt8(truncatingIfNeeded: host >> UInt32(32 - 8 * byte)))
      text.append(separator: ())
    }
    text.append(UInt8(truncatingIfNeeded: port >> 8))
    text.append(separator: ())
    text.append(UInt8(truncatingIfNeeded: port))
    return text
  }

  /// Characters of an address.
  struct Text {
    private(set) var bytes = InlineArray<23, UInt8>(repeating: 0)
    private(set) var count = 0

    fileprivate mutating func append(_ number: UInt8) {
      if number >= 100 { append(digit: number / 100) }
      if number >= 10 { append(digit: number / 10 % 10) }
      append(digit: number % 10)
    }

    fileprivate mutating func append(separator: Void) {
      bytes[count] = UInt8(ascii: ".")
      count += 1
    }

    private mutating func append(digit: UInt8) {
      bytes[count] = UInt8(ascii: "0") + digit
      count += 1
    }
  }
}
