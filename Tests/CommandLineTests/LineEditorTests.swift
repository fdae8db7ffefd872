import CommandLine
import Reporting
import Testing

/// A terminal of one line that understands what the editor writes, so that tests see what a
/// person sees.
private struct Screen: TextOutput {
  var cells: [UInt8] = []
  var column = 0
  var bells = 0

  mutating func write(byte: UInt8) {
    switch byte {
    case 0x08: column = max(0, column - 1)
    case 0x07: bells += 1
    case 0x0A:
      cells = []
      column = 0
    default:
      if column < cells.count { cells[column] = byte } else { cells.append(byte) }
      column += 1
    }
  }

  /// Without the spaces that erased characters leave.
  var text: String {
    var text = String(decoding: cells, as: UTF8.self)
    while text.last == " " { text.removeLast() }
    return text
  }
}

@Suite struct LineEditorTests {
  /// Types and returns the lines entered; checks after each byte that the screen shows the line.
  private func type(_ bytes: [UInt8], _ editor: inout LineEditor) -> [String] {
    var screen = Screen()
    var lines: [String] = []
    for byte in bytes {
      if editor.receive(byte, showing: &screen) == .entered {
        lines.append(line(editor))
        editor.clear()
      } else {
        var expected = line(editor)
        while expected.last == " " { expected.removeLast() }
        #expect(screen.text == expected)
      }
    }
    return lines
  }

  private func type(_ text: String) -> [String] {
    var editor = LineEditor()
    return type(Array(text.utf8), &editor)
  }

  private func line(_ editor: LineEditor) -> String {
    String(decoding: (0..<editor.count).map { editor[$0] }, as: UTF8.self)
  }

  @Test(arguments: [
    ("stats\r", "stats"), ("stats\n", "stats"), ("statx\u{8}s\r", "stats"),
    ("statx\u{7f}s\r", "stats"), ("tats\u{1b}[Hs\r", "stats"),
    ("sats\u{1b}[D\u{1b}[D\u{1b}[Dt\r", "stats"),
    ("stxats\u{2}\u{2}\u{2}\u{8}\r", "stats"), ("xstats\u{1}\u{4}\r", "stats"),
    ("stats foo\u{17}\u{8}\r", "stats"), ("nonsense\u{15}stats\r", "stats"),
    ("stats and\u{1}\u{6}\u{6}\u{6}\u{6}\u{6}\u{b}\r", "stats"),
    ("tats\u{1}s\u{5}!\u{8}\r", "stats"),
    ("other\u{3}stats\r", "stats"), ("sttats\u{1b}[1~\u{6}\u{1b}[3~\r", "stats"),
    ("\u{0}\u{1b}[99;5xst\u{9}ats\u{1b}z\r", "stats"), ("\r", ""),
  ])
  func keysEditTheLine(typed: String, expected: String) {
    #expect(type(typed) == [expected])
  }

  @Test func returnAsTwoCharactersIsOne() {
    #expect(type("a\r\nb\r\n") == ["a", "b"])
    #expect(type("a\n\nb\n") == ["a", "", "b"])
  }

  @Test func historyGoesUpAndDown() {
    let up = "\u{1b}[A"
    let down = "\u{1b}[B"
    #expect(type("one\rtwo\r\(up)\r\(up)\(up)\r") == ["one", "two", "two", "one"])
    #expect(type("one\rtwo\r\(up)\(up)\(down)\r") == ["one", "two", "two"])
    #expect(type("one\r\(up)\(up)\(up)\(down)\(down)\(down)new\r") == ["one", "new"])
    // An empty line and the same line again are not remembered.
    #expect(type("one\rtwo\r\rtwo\r\(up)\(up)\r") == ["one", "two", "", "two", "one"])
    let many = (0..<20).map { "line\($0)\r" }.joined()
    #expect(type(many + String(repeating: up, count: 30) + "\r").last == "line12")
  }

  @Test func aFullLineTakesNoMore() {
    let long = String(repeating: "x", count: 200)
    #expect(type(long + "\r") == [String(long.prefix(LineEditor.capacity))])
  }

  /// Whatever comes: the screen shows the line, and a line can be entered afterwards.
  @Test func anyBytesAreSafe() {
    let seed = UInt64.random(in: 0 ... .max)
    print("anyBytesAreSafe: seed \(seed)")
    var state = seed
    let keys: [UInt8] = [0x1b, 0x5b, 0x41, 0x42, 0x43, 0x44, 0x7e, 0x33, 0x08, 0x01, 0x0b, 0x17]
    var editor = LineEditor()
    var bytes: [UInt8] = []
    for _ in 0..<5000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let random = Int(state >> 33)
      bytes.append(
        random % 3 == 0 ? keys[random / 3 % keys.count] : UInt8(truncatingIfNeeded: random / 3))
    }
    // Without ends of lines, which clear the screen; then the end of an escape sequence that may be
    // under way, and an empty line.
    let typed = bytes.filter { $0 != 10 && $0 != 13 } + Array("zz\u{15}\u{3}stats\r".utf8)
    #expect(type(typed, &editor) == ["stats"], "seed \(seed)")
  }
}
