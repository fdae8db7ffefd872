import CommandLine
import Testing

@Suite struct CommandWordsTests {
  private func words(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    let words = CommandWords(bytes.span)
    return (0..<words.count).map { index in
      let word = words.word(index)
      return String(decoding: (0..<word.count).map { word[$0] }, as: UTF8.self)
    }
  }

  private func number(_ text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    return CommandWords(bytes.span).number(0)
  }

  @Test func spacesSeparate() {
    #expect(words("") == [])
    #expect(words("   ") == [])
    #expect(words("log  nic=debug ") == ["log", "nic=debug"])
    #expect(words(" a b c") == ["a", "b", "c"])
  }

  @Test func numbersAreDecimalAndBounded() {
    #expect(number("0") == 0)
    #expect(number("255") == 255)
    #expect(number("1000000000") == 1_000_000_000)
    for text in ["", "-1", "x", "1x", "1000000001", "99999999999999999999", "0x1", "+1"] {
      #expect(number(text) == nil)
    }
  }
}
