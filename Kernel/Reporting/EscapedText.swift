// Text from outside the kernel, made safe to show.
//
// A user program's log line or a boot argument may hold anything. Written as it is, it could
// fake other lines of the log or steer the terminal; so only well-formed, visible UTF-8 passes.

extension TextOutput where Self: ~Copyable {
  /// Writes `bytes` as text. Control characters, backslashes and malformed UTF-8 appear as
  /// `\xNN`.
  public mutating func write(escaping bytes: Span<UInt8>) {
    var position = 0
    while position < bytes.count {
      let length = visibleCharacterLength(in: bytes, at: position)
      if length == 0 {
        let byte = bytes[position]
        write("\\x")
        write(hexadecimalDigit: byte >> 4)
        write(hexadecimalDigit: byte & 0xF)
        position += 1
      } else {
        let end = position + length
        while position < end {
          write(byte: bytes[position])
          position += 1
        }
      }
    }
  }
}

/// Bytes of the visible character at `position`, or 0 if what stands there must be escaped.
/// Ranges of second bytes: Unicode Standard, table 3-7 (no overlong forms, no surrogates).
private func visibleCharacterLength(in bytes: Span<UInt8>, at position: Int) -> Int {
  let first = bytes[position]
  let length: Int
  let secondByte: ClosedRange<UInt8>
  switch first {
  case ASCII.backslash: return 0
  case ASCII.space..<ASCII.delete: return 1
  // U+0080…U+009F are control characters of terminals: C2 starts at A0.
  case 0xC2: (length, secondByte) = (2, 0xA0...0xBF)
  case 0xC3...0xDF: (length, secondByte) = (2, 0x80...0xBF)
  case 0xE0: (length, secondByte) = (3, 0xA0...0xBF)
  case 0xED: (length, secondByte) = (3, 0x80...0x9F)
  case 0xE1...0xEF: (length, secondByte) = (3, 0x80...0xBF)
  case 0xF0: (length, secondByte) = (4, 0x90...0xBF)
  case 0xF1...0xF3: (length, secondByte) = (4, 0x80...0xBF)
  case 0xF4: (length, secondByte) = (4, 0x80...0x8F)
  default: return 0
  }
  guard position + length <= bytes.count else { return 0 }
  guard secondByte.contains(bytes[position + 1]) else { return 0 }
  var index = 2
  while index < length {
    guard (0x80...0xBF).contains(bytes[position + index]) else { return 0 }
    index += 1
  }
  return length
}
