// A set of threads as a bitmap: mail between cores, and which threads a core has.

public import Interface

/// Any of the threads there can be.
public struct ThreadSet: Sendable {
  public static var wordCount: Int { 8 }

  private var words = InlineArray<8, UInt64>(repeating: 0)

  public init() {}

  public var isEmpty: Bool {
    var all: UInt64 = 0
    for index in 0..<Self.wordCount { all |= words[index] }
    return all == 0
  }

  public func contains(_ thread: ThreadIdentifier) -> Bool {
    words[Self.word(of: thread)] & Self.bit(of: thread) != 0
  }

  public mutating func insert(_ thread: ThreadIdentifier) {
    words[Self.word(of: thread)] |= Self.bit(of: thread)
  }

  /// - Returns: whether the thread was in the set.
  @discardableResult
  public mutating func remove(_ thread: ThreadIdentifier) -> Bool {
    let wasThere = contains(thread)
    words[Self.word(of: thread)] &= ~Self.bit(of: thread)
    return wasThere
  }

  /// Removes and returns the thread with the lowest number.
  public mutating func popFirst() -> ThreadIdentifier? {
    for index in 0..<Self.wordCount where words[index] != 0 {
      let bit = words[index].trailingZeroBitCount
      words[index] &= words[index] &- 1
      return ThreadIdentifier(UInt16(index * UInt64.bitWidth + bit))
    }
    return nil
  }

  mutating func formUnion(word index: Int, _ bits: UInt64) { words[index] |= bits }

  static func word(of thread: ThreadIdentifier) -> Int {
    precondition(thread.index < SchedulingLimits.threads, "no such thread")
    return thread.index / UInt64.bitWidth
  }

  static func bit(of thread: ThreadIdentifier) -> UInt64 {
    1 << UInt64(thread.index % UInt64.bitWidth)
  }
}
