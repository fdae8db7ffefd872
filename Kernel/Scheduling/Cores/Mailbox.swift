// How one core asks something of another, without a lock and without a queue that can be full.
//
// A core's queues are its own. What others want from it they leave in its mailbox: a bitmap with
// a bit for every thread (or core) that it could be about. Asking for the same thing twice is the
// same as asking once, so there is room for everything at any time, and nothing is ever lost.
//
// The protocol, which the order of the operations below keeps:
//
// 1. The sender prepares (writes the record of a migrating thread), then sets the bit, then sets
//    a bit in `summary`. Both are *release*: what was prepared is visible to who sees the bit.
// 2. If `summary` was 0, the sender rings: an SGI, since the receiver may wait at a held load or
//    in WFI (R9). If it was not 0, somebody has rung already and the receiver has not looked yet.
// 3. The receiver takes `summary` (exchange with 0, *acquire*), then each word that it names, the
//    same way. A sender between its two steps will set `summary` again: an extra look, not a loss.
// 4. It takes wake-ups before arrivals, and acts on arrivals before wake-ups. So a wake-up that
//    was forwarded after a thread was sent never overtakes the thread.
// 5. Before WFI the receiver masks interrupts: who finds `summary` 0 rings, the mail is taken when that
//    interrupt is, and one that is pending ends WFI even while masked (ARM ARM D1.6.2).

public import Interface

/// One word that several cores change. The target supplies it: LDXR/STXR loops, as ARMv8.0 has no
/// other atomics, in ordinary memory, never in the NIC's window.
public protocol MailboxWord: ~Copyable {
  /// A word that is 0.
  init()

  /// Sets bits; returns the value before. Release.
  borrowing func post(_ bits: UInt64) -> UInt64

  /// Sets the word to 0; returns the value before. Acquire.
  borrowing func take() -> UInt64
}

/// What a core finds in its mailbox.
public struct Mail: Sendable {
  /// Threads that were sent here: `CoreScheduler.receive` each, before the wake-ups.
  public var arrivals = ThreadSet()
  /// Threads that somebody wakes: `CoreScheduler.wake` each.
  public var wakes = ThreadSet()
  /// Threads whose process ends: `CoreScheduler.end` each.
  public var ends = ThreadSet()
  /// Cores that have nothing to do: `CoreScheduler.giveThread`, or a refusal.
  public var stealRequests = CoreSet.none
  /// Cores that were asked and had nothing to give.
  public var stealRefusals = CoreSet.none
  /// Somebody wants this core to schedule.
  public var wantsReschedule = false

  public init() {}
}

/// One core's mailbox: any core posts, only the owner takes. Pad to lines of its own.
public struct Mailbox<Word: MailboxWord & ~Copyable>: ~Copyable {
  private let summary = Word()
  private let arrivals = InlineArray<8, Word> { _ in Word() }
  private let wakes = InlineArray<8, Word> { _ in Word() }
  private let ends = InlineArray<8, Word> { _ in Word() }
  private let stealRequests = Word()
  private let stealRefusals = Word()

  /// Bits of `summary`: word w of a bitmap of threads is bit 8 × (its place here) + w.
  private enum Section {
    static var arrivals: UInt64 { 0 }
    static var wakes: UInt64 { 8 }
    static var ends: UInt64 { 16 }
    static var stealRequests: UInt64 { 1 << 24 }
    static var stealRefusals: UInt64 { 1 << 25 }
    static var reschedule: UInt64 { 1 << 26 }
  }

  public init() {}

  // MARK: Any core. Each returns whether the sender shall ring.

  /// Sends a thread; its record belongs to the receiver from here on.
  public borrowing func postArrival(_ thread: ThreadIdentifier) -> Bool {
    let word = ThreadSet.word(of: thread)
    _ = arrivals[word].post(ThreadSet.bit(of: thread))
    return announce(1 << (Section.arrivals + UInt64(word)))
  }

  public borrowing func postWake(_ thread: ThreadIdentifier) -> Bool {
    let word = ThreadSet.word(of: thread)
    _ = wakes[word].post(ThreadSet.bit(of: thread))
    return announce(1 << (Section.wakes + UInt64(word)))
  }

  public borrowing func postEnd(_ thread: ThreadIdentifier) -> Bool {
    let word = ThreadSet.word(of: thread)
    _ = ends[word].post(ThreadSet.bit(of: thread))
    return announce(1 << (Section.ends + UInt64(word)))
  }

  public borrowing func postStealRequest(from thief: CoreIdentifier) -> Bool {
    _ = stealRequests.post(CoreSet(thief).mask)
    return announce(Section.stealRequests)
  }

  public borrowing func postStealRefusal(from victim: CoreIdentifier) -> Bool {
    _ = stealRefusals.post(CoreSet(victim).mask)
    return announce(Section.stealRefusals)
  }

  public borrowing func postReschedule() -> Bool { announce(Section.reschedule) }

  private borrowing func announce(_ bits: UInt64) -> Bool { summary.post(bits) == 0 }

  // MARK: The owner

  /// Everything that came; nil, after one exchange, when nothing did.
  public borrowing func take() -> Mail? {
    let announced = summary.take()
    guard announced != 0 else { return nil }
    var mail = Mail()
    for word in 0..<ThreadSet.wordCount
    where announced & 1 << (Section.wakes + UInt64(word)) != 0 {
      mail.wakes.formUnion(word: word, wakes[word].take())
    }
    for word in 0..<ThreadSet.wordCount
    where announced & 1 << (Section.ends + UInt64(word)) != 0 {
      mail.ends.formUnion(word: word, ends[word].take())
    }
    // All words: a wake-up's thread may have come after `announced` was read (4. above).
    for word in 0..<ThreadSet.wordCount {
      mail.arrivals.formUnion(word: word, arrivals[word].take())
    }
    if announced & Section.stealRequests != 0 {
      mail.stealRequests = CoreSet(mask: stealRequests.take())
    }
    if announced & Section.stealRefusals != 0 {
      mail.stealRefusals = CoreSet(mask: stealRefusals.take())
    }
    mail.wantsReschedule = announced & Section.reschedule != 0
    return mail
  }
}

extension Mailbox: Sendable where Word: Sendable & ~Copyable {}
