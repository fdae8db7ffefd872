// Editing a line at a terminal: bytes in, what to show and finished lines out.
//
// Keys are those of a shell: left, right, home, end, backspace, delete, up and down for earlier
// lines; ^A ^E ^B ^F ^P ^N ^D ^H ^K ^U ^W ^C ^L. Any byte is safe: what is not printable ASCII and
// no key is ignored, so a wrong baud rate or a stray escape sequence changes nothing.

public import Reporting

/// What a byte did.
public enum LineEditorEvent: Hashable, Sendable {
  /// The line goes on.
  case none
  /// The line is complete: read it with `line`, then call `clear`.
  case entered
}

/// A line that is being typed, and the lines before it.
public struct LineEditor: Sendable {
  /// Characters of a line: with a prompt it fits 80 columns.
  public static var capacity: Int { 72 }
  /// Lines that are remembered.
  public static var historyCapacity: Int { 8 }

  /// One line.
  struct Text: Sendable {
    var bytes = InlineArray<72, UInt8>(repeating: 0)
    var count = 0
  }

  private enum State: Sendable {
    case text
    /// After ESC.
    case escape
    /// After ESC [ or ESC O; the number that stood there.
    case sequence(UInt8)
  }

  private var text = Text()
  private var cursor = 0
  private var state = State.text
  private var lastWasReturn = false
  /// The newest first.
  private var history = InlineArray<8, Text>(repeating: Text())
  private var historyCount = 0
  /// The line of the history that is shown; 0: a new one.
  private var historyPosition = 0

  public init() {}

  /// Characters of the line.
  public var count: Int { text.count }
  public subscript(index: Int) -> UInt8 { text.bytes[index] }

  /// Calls `body` with the line.
  public func withLine<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(text.bytes.span.extracting(first: text.count))
  }

  /// Begins a new line; the old one becomes history, unless it is empty or the same again.
  public mutating func clear() {
    if text.count > 0, !(historyCount > 0 && isSame(history[0], text)) {
      var index = Self.historyCapacity - 1
      while index > 0 {
        history[index] = history[index - 1]
        index -= 1
      }
      history[0] = text
      historyCount = min(historyCount + 1, Self.historyCapacity)
    }
    text = Text()
    cursor = 0
    historyPosition = 0
  }

  /// Shows the line and leaves the terminal's cursor where it belongs; after other output.
  public func show(on output: inout some TextOutput) {
    for index in 0..<text.count { output.write(byte: text.bytes[index]) }
    output.write(byte: Key.backspace, times: text.count - cursor)
  }

  /// Takes one byte from the terminal.
  public mutating func receive(
    _ byte: UInt8, showing output: inout some TextOutput
  ) -> LineEditorEvent {
    let followsReturn = lastWasReturn
    lastWasReturn = byte == Key.carriageReturn
    switch state {
    case .text:
      // A return that comes as CR LF is one.
      if byte == Key.lineFeed, followsReturn { return .none }
      if byte == Key.carriageReturn || byte == Key.lineFeed {
        output.write("\n")
        return .entered
      }
      receive(key: byte, &output)
    case .escape:
      let isSequence = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O")
      state = isSequence ? .sequence(0) : .text
    case .sequence(let number):
      receive(inSequence: byte, number, &output)
    }
    return .none
  }

  // MARK: Keys

  private enum Key {
    static var backspace: UInt8 { 0x08 }
    static var lineFeed: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var escape: UInt8 { 0x1B }
    static var delete: UInt8 { 0x7F }
    static func control(_ letter: Unicode.Scalar) -> UInt8 { UInt8(ascii: letter) & 0x1F }
  }

  private mutating func receive(key: UInt8, _ output: inout some TextOutput) {
    switch key {
    case 0x20..<Key.delete: insert(key, &output)
    case Key.escape: state = .escape
    case Key.backspace, Key.delete: eraseBefore(1, &output)
    case Key.control("A"): move(to: 0, &output)
    case Key.control("E"): move(to: text.count, &output)
    case Key.control("B"): move(to: cursor - 1, &output)
    case Key.control("F"): move(to: cursor + 1, &output)
    case Key.control("D"): eraseAtCursor(&output)
    case Key.control("K"): cut(to: cursor, &output)
    case Key.control("U"): eraseBefore(cursor, &output)
    case Key.control("W"): eraseBefore(wordLength, &output)
    case Key.control("C"): replace(with: Text(), &output)
    case Key.control("P"): turn(by: 1, &output)
    case Key.control("N"): turn(by: -1, &output)
    default: break
    }
  }

  /// The rest of `ESC [ number final` (ECMA-48 §5.4).
  private mutating func receive(
    inSequence byte: UInt8, _ number: UInt8, _ output: inout some TextOutput
  ) {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      state = .sequence(number &* 10 &+ (byte - UInt8(ascii: "0")))
      return
    case 0x20...0x3F: return  // other parameters
    case UInt8(ascii: "A"): turn(by: 1, &output)
    case UInt8(ascii: "B"): turn(by: -1, &output)
    case UInt8(ascii: "C"): move(to: cursor + 1, &output)
    case UInt8(ascii: "D"): move(to: cursor - 1, &output)
    case UInt8(ascii: "H"): move(to: 0, &output)
    case UInt8(ascii: "F"): move(to: text.count, &output)
    case UInt8(ascii: "~"):
      switch number {
      case 1, 7: move(to: 0, &output)
      case 3: eraseAtCursor(&output)
      case 4, 8: move(to: text.count, &output)
      default: break
      }
    default: break
    }
    state = .text
  }

  // MARK: Changes

  private mutating func insert(_ byte: UInt8, _ output: inout some TextOutput) {
    guard text.count < Self.capacity else {
      output.write(byte: 0x07)  // BEL: the line is full
      return
    }
    var index = text.count
    while index > cursor {
      text.bytes[index] = text.bytes[index - 1]
      index -= 1
    }
    text.bytes[cursor] = byte
    text.count += 1
    cursor += 1
    output.write(byte: byte)
    showRest(erased: 0, &output)
  }

  private mutating func eraseBefore(_ count: Int, _ output: inout some TextOutput) {
    guard count > 0, count <= cursor else { return }
    for index in cursor..<text.count { text.bytes[index - count] = text.bytes[index] }
    text.count -= count
    cursor -= count
    output.write(byte: Key.backspace, times: count)
    showRest(erased: count, &output)
  }

  private mutating func eraseAtCursor(_ output: inout some TextOutput) {
    guard cursor < text.count else { return }
    move(to: cursor + 1, &output)
    eraseBefore(1, &output)
  }

  private mutating func cut(to count: Int, _ output: inout some TextOutput) {
    let erased = text.count - count
    text.count = count
    showRest(erased: erased, &output)
  }

  private mutating func move(to place: Int, _ output: inout some TextOutput) {
    let place = max(0, min(place, text.count))
    if place < cursor {
      output.write(byte: Key.backspace, times: cursor - place)
    } else {
      for index in cursor..<place { output.write(byte: text.bytes[index]) }
    }
    cursor = place
  }

  /// What stands behind the cursor, spaces over what was there, and back.
  private func showRest(erased: Int, _ output: inout some TextOutput) {
    for index in cursor..<text.count { output.write(byte: text.bytes[index]) }
    output.write(byte: ASCII.space, times: erased)
    output.write(byte: Key.backspace, times: text.count - cursor + erased)
  }

  /// Bytes from the cursor back to the beginning of a word.
  private var wordLength: Int {
    var start = cursor
    while start > 0, text.bytes[start - 1] == ASCII.space { start -= 1 }
    while start > 0, text.bytes[start - 1] != ASCII.space { start -= 1 }
    return cursor - start
  }

  // MARK: History

  private mutating func turn(by step: Int, _ output: inout some TextOutput) {
    let position = historyPosition + step
    guard position >= 0, position <= historyCount else { return }
    historyPosition = position
    replace(with: position == 0 ? Text() : history[position - 1], &output)
  }

  private mutating func replace(with new: Text, _ output: inout some TextOutput) {
    move(to: 0, &output)
    let erased = max(0, text.count - new.count)
    text = new
    cursor = new.count
    for index in 0..<new.count { output.write(byte: new.bytes[index]) }
    showRest(erased: erased, &output)
  }

  private func isSame(_ left: Text, _ right: Text) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}
