// What a child process has written so far, and waiting for the line it will write next.
//
// One thread appends, any thread waits: every wait is an event on a condition, with a time limit.

import Foundation

/// The bytes that came from one descriptor, in order.
public final class Transcript: @unchecked Sendable {
  /// Guards everything below; signalled at each change.
  private let condition = NSCondition()
  private var bytes: [UInt8] = []
  private var hasEnded = false
  /// Lines before this offset were already given to somebody who waited for them.
  private var cursor = 0

  public init() {}

  /// Why a wait gave no line.
  public enum WaitError: Error {
    /// The time limit passed.
    case timeout
    /// The writer closed its end, and no line that was left fits.
    case ended
  }

  /// Everything so far; bytes that are no UTF-8 appear as U+FFFD.
  public var text: String { String(decoding: snapshot(), as: UTF8.self) }

  /// Everything so far, as it came.
  public func snapshot() -> [UInt8] {
    condition.lock()
    defer { condition.unlock() }
    return bytes
  }

  /// The last `count` lines that hold anything, for error messages.
  public func lastLines(_ count: Int) -> [String] {
    text.split(whereSeparator: \.isNewline).suffix(count).map(String.init)
  }

  func append(_ new: [UInt8]) {
    condition.lock()
    bytes += new
    condition.broadcast()
    condition.unlock()
  }

  func end() {
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until the writer has closed its end. False when the time limit passed first.
  func waitForEnd(until deadline: Date) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while !hasEnded {
      if !condition.wait(until: deadline) { return hasEnded }
    }
    return true
  }

  /// The first complete line, not yet given to an earlier wait, that `matches`. Lines before it
  /// count as given, too, so that two waits in a row never see the same line.
  public func nextLine(
    within limit: Duration, where matches: (String) -> Bool
  ) throws(WaitError) -> String {
    let deadline = Date(timeIntervalSinceNow: limit.seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      while let line = takeLine() {
        if matches(line) { return line }
      }
      if hasEnded { throw .ended }
      if !condition.wait(until: deadline) {
        // Something may have come together with the end of the wait: look once more.
        while let line = takeLine() {
          if matches(line) { return line }
        }
        throw .timeout
      }
    }
  }

  /// Takes the next complete line; the last one is complete without its end once the writer closed.
  private func takeLine() -> String? {
    guard cursor < bytes.count else { return nil }
    let rest = bytes[cursor...]
    let end: Int
    if let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      end = newline
      cursor = newline + 1
    } else if hasEnded {
      end = bytes.count
      cursor = end
    } else {
      return nil
    }
    // A serial console ends its lines with CR LF.
    let line = bytes[rest.startIndex..<end]
    return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }
}

extension Duration {
  /// In seconds, as Foundation and people want it.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }

  /// In whole milliseconds, at least 1, as `poll` wants it.
  var pollMilliseconds: Int32 {
    Int32(clamping: Int64((seconds * 1000).rounded(.up).clamped(to: 1...2e9)))
  }
}

extension Double {
  func clamped(to range: ClosedRange<Double>) -> Double {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
