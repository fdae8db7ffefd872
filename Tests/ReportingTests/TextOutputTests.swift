// Numbers, time stamps, log lines and foreign text, byte for byte.

import Randomness
import Reporting
import Testing

@Suite struct TextOutputTests {
  @Test(arguments: [
    (UInt64(0), 0, "0"), (7, 3, "  7"), (1234, 3, "1234"), (UInt64.max, 0, "18446744073709551615"),
    (10, 2, "10"), (10, -5, "10"),
  ])
  func decimal(value: UInt64, width: Int, expected: String) {
    #expect(recorded { $0.write(decimal: value, width: width) } == expected)
  }

  @Test(arguments: [
    (Int64(-1), 0, "-1"), (-12, 5, "  -12"), (Int64.min, 0, "-9223372036854775808"), (5, 2, " 5"),
  ])
  func signedDecimal(value: Int64, width: Int, expected: String) {
    #expect(recorded { $0.write(decimal: value, width: width) } == expected)
  }

  @Test(arguments: [
    (UInt64(0), 1, "0x0"), (0, 0, "0x0"), (0xAB, 4, "0x00ab"), (0x1234_5678, 2, "0x12345678"),
    (UInt64.max, 16, "0xffffffffffffffff"), (1, 99, "0x0000000000000001"), (0x10, 1, "0x10"),
  ])
  func hexadecimal(value: UInt64, digits: Int, expected: String) {
    #expect(recorded { $0.write(hexadecimal: value, digits: digits) } == expected)
  }

  @Test(arguments: [
    (UInt64(0), "[    0.000000]"), (1_000_123, "[    1.000123]"),
    (99_999_999_999, "[99999.999999]"), (123_456_000_001, "[123456.000001]"),
  ])
  func timeStamp(microseconds: UInt64, expected: String) {
    #expect(recorded { $0.write(timeStampMicroseconds: microseconds) } == expected)
  }

  @Test func logLine() {
    let line = recorded {
      $0.writeLogLine(
        level: .warning, timeMicroseconds: 1_000_123, core: 3, "no reply from core \(UInt16(7))")
    }
    #expect(line == "[    1.000123] core 3 warning: no reply from core 7\n")
  }

  @Test func interpolation() {
    let name: StaticString = "echo"
    let address: UInt64 = 0x40_0000
    let text: LogText =
      "\(name) at \(hexadecimal: address, digits: 12): \(Int8(-3)), \(5, width: 3), \(LogLevel.debug)"
    #expect(words(text) == "echo at 0x000000400000: -3,   5, debug")
    #expect(text.count == words(text).utf8.count)
  }

  @Test func longTextIsCutVisibly() {
    var text = LogText()
    text.write(byte: UInt8(ascii: "a"), times: LogText.capacity)
    #expect(words(text) == String(repeating: "a", count: LogText.capacity))
    text.write("b")
    #expect(words(text) == String(repeating: "a", count: LogText.capacity) + "…")
  }

  @Test(arguments: [
    ("plain text", "plain text"), ("tab\tand\nnewline", #"tab\x09and\x0anewline"#),
    (#"back\slash"#, #"back\x5cslash"#), ("Zürich → 東京 🚂", "Zürich → 東京 🚂"),
    ("\u{1B}[2J", #"\x1b[2J"#), ("\u{85}", #"\xc2\x85"#), ("\u{7F}", #"\x7f"#),
  ])
  func foreignText(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(recorded { $0.write(escaping: bytes.span) } == expected)
  }

  @Test(
    arguments: [
      [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
      [0xFF],
      [0xE2, 0x82], [0xF0, 0x9F, 0x9A], [0xE2, 0x82, 0x20],
    ] as [[UInt8]])
  func malformedTextIsEscaped(bytes: [UInt8]) {
    let text = recorded { $0.write(escaping: bytes.span) }
    #expect(text.hasPrefix(#"\x"#))
    #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
  }

  /// Swift's own decoder is the judge: what we pass through it must accept unchanged.
  @Test func randomBytesNeverBreakTheLog() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SplitMix(seed: seed)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
        // Half of the bytes from the ranges where multi-byte characters start and go on.
        Bool.random(using: &generator)
          ? UInt8.random(in: 0x80...0xFF, using: &generator)
          : UInt8.random(in: 0...0xFF, using: &generator)
      }
      let text = recorded { $0.write(escaping: bytes.span) }
      #expect(String(validating: Array(text.utf8), as: UTF8.self) != nil, "seed \(seed)")
      let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
      #expect(!hasControl, "seed \(seed)")
    }
  }
}

@Suite struct LogLevelTests {
  @Test func orderIsUrgency() {
    #expect(LogLevel.error < .warning)
    #expect(LogLevel.warning.isShown(upTo: .information))
    #expect(!LogLevel.debug.isShown(upTo: .information))
    #expect(LogLevel.allCases.map { words($0) } == ["error", "warning", "info", "debug"])
  }
}
