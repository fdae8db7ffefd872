// What the tests of this folder share: a table of records that counts, words for mailboxes, and
// reproducible random numbers.

import Interface
import Randomness
import Scheduling

extension SplitMix {
  init(seed: Int) { self.init(seed: UInt64(seed)) }

  mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
    Int.random(in: 0..<denominator, using: &self) < numerator
  }
}

/// All records, as the kernel would hold them; counts how often one is touched.
final class RecordTable: ThreadRecords {
  private var records = [ThreadRecord](repeating: .unused, count: SchedulingLimits.threads)
  private var homes = [CoreIdentifier](
    repeating: CoreIdentifier(0), count: SchedulingLimits.threads)
  private(set) var accesses = 0

  subscript(thread: ThreadIdentifier) -> ThreadRecord {
    get {
      accesses += 1
      return records[thread.index]
    }
    set {
      accesses += 1
      records[thread.index] = newValue
    }
  }

  func home(of thread: ThreadIdentifier) -> CoreIdentifier { homes[thread.index] }
  func setHome(_ core: CoreIdentifier, of thread: ThreadIdentifier) { homes[thread.index] = core }

  /// A new thread in state `created`.
  func make(
    _ number: Int, kind: ThreadKind = .user, weight: UInt64 = 1_024, affinity: CoreSet = .all
  ) -> ThreadIdentifier {
    let thread = ThreadIdentifier(UInt16(number))
    records[number] = ThreadRecord(
      kind: kind, process: ProcessIdentifier(1), weight: Weight(clamping: weight),
      affinity: affinity)
    return thread
  }
}

/// A word that one host thread uses.
struct PlainWord: ~Copyable, MailboxWord {
  private final class Box { var value: UInt64 = 0 }
  private let box = Box()

  init() {}

  borrowing func post(_ bits: UInt64) -> UInt64 {
    let before = box.value
    box.value |= bits
    return before
  }

  borrowing func take() -> UInt64 {
    let before = box.value
    box.value = 0
    return before
  }
}

extension KernelRules {
  static var firstCome: KernelRules { FirstCome().kernelRules }
}

extension UInt64 {
  static var microsecond: UInt64 { 1_000 }
  static var millisecond: UInt64 { 1_000_000 }
  static var second: UInt64 { 1_000_000_000 }
}

let core0 = CoreIdentifier(0)
let core1 = CoreIdentifier(1)
