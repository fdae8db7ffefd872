// Read-copy-update by quiescent states: who can still see what was unlinked.
//
// Process and service tables are read without locks. Who removes an entry unlinks it, and frees
// it only when every core has passed a *quiescent state*: a moment at which it holds no reference
// into a table (McKenney, Slingwine: "Read-Copy Update", PDCS'98). The dispatch thread passes one
// after every message (paper §6: it "can handle regular critical kernel operations like
// Read-Copy-Update"). A core in a user loop, at a held load or idle holds no reference at all: it
// is in an *extended* quiescent state, and nobody waits for it.
//
// One word counts epochs for all cores; each core has one word, which only it writes: the epoch
// that it last saw at a quiescent state. What must be ordered:
//
//     reader's core                                 who frees
//     ─────────────                                 ─────────
//     … reads tables                                unlink the entry
//     quiescent state:                              epoch += 1, release
//       load epoch, acquire                           (a core that sees it sees the unlinking)
//       store own word, release                     DMB ISH
//       (its reads are over for who sees it)        load each core's word, acquire, until it is
//     leaving an extended state:                    extended or at least the new epoch
//       store own word                              free the entry
//       DMB ISH: the store before later reads
//     … reads tables
//
// The two DMBs make the last case safe: either who frees sees that the core has left, or the core
// sees the unlinking.

/// A number that grows when somebody starts to wait.
public struct Epoch: Hashable, Comparable, Sendable {
  public let number: UInt64

  public init(_ number: UInt64) { self.number = number }

  /// What the shared word holds at first.
  public static var first: Epoch { Epoch(1) }

  public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What a core says about itself, as the word that it stores: bit 0 extended, bits 1…63 epoch.
public struct QuiescentReport: Hashable, Sendable {
  public let epoch: Epoch
  public let isExtended: Bool

  init(epoch: Epoch, isExtended: Bool) {
    self.epoch = epoch
    self.isExtended = isExtended
  }

  public init(word: UInt64) {
    epoch = Epoch(word >> 1)
    isExtended = word & 1 != 0
  }

  public var word: UInt64 { epoch.number << 1 | (isExtended ? 1 : 0) }

  /// A core that was not started: it holds nothing.
  public static var offline: QuiescentReport { QuiescentReport(epoch: Epoch(0), isExtended: true) }

  /// Whether the core can hold nothing that was unlinked before `epoch` began.
  public func hasPassed(_ epoch: Epoch) -> Bool { isExtended || self.epoch >= epoch }
}

/// A core's own half: which report to store when.
public struct QuiescentStates: Sendable {
  public private(set) var latest = QuiescentReport.offline

  public init() {}

  /// The core holds no reference at this moment, and goes on.
  /// - Parameter epoch: the shared word, loaded now, with acquire.
  /// - Returns: what to store with release; nil when that stands there already, and in an extended
  ///   state, which only `leaveExtended` ends: it needs the barrier.
  public mutating func pass(_ epoch: Epoch) -> QuiescentReport? {
    latest.isExtended ? nil : update(QuiescentReport(epoch: epoch, isExtended: false))
  }

  /// The core will hold no reference until `leaveExtended`: before user mode, a held load, WFI.
  /// - Returns: what to store with release; nil when that stands there already.
  public mutating func enterExtended() -> QuiescentReport? {
    update(QuiescentReport(epoch: latest.epoch, isExtended: true))
  }

  /// The core is going to read tables.
  /// - Returns: what to store *before a DMB ISH* and the first read; nil when it has left already.
  public mutating func leaveExtended() -> QuiescentReport? {
    update(QuiescentReport(epoch: latest.epoch, isExtended: false))
  }

  private mutating func update(_ report: QuiescentReport) -> QuiescentReport? {
    guard report != latest else { return nil }
    latest = report
    return report
  }
}
