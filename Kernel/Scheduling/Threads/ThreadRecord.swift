// What scheduling keeps of a thread.
//
// All records lie in one table that the kernel owns (in its thread blocks). At any time exactly
// one core may touch a record: the one that runs the thread or has it in a queue. The
// record of a migrating thread belongs to nobody; posting it in a mailbox releases it, taking it
// from there acquires it (Mailbox.swift). A parked thread's record belongs to the core that the
// NIC names it to. So no record has a lock.

public import Interface

/// How many threads and cores the structures of this module have room for.
public enum SchedulingLimits {
  public static var threads: Int { 512 }
  public static var cores: Int { CoreSet.capacity }
}

/// What a thread has used so far.
public struct ThreadAccount: Hashable, Sendable {
  /// Time on cores.
  public internal(set) var runNanoseconds: UInt64 = 0
  /// Times it was put on a core by `schedule` or by the NIC.
  public internal(set) var slices: UInt64 = 0
  /// Times it was taken off while it wanted to go on.
  public internal(set) var preemptions: UInt64 = 0
  /// Times it was moved to another core.
  public internal(set) var migrations: UInt64 = 0
}

/// One thread, as scheduling sees it.
public struct ThreadRecord: Sendable {
  public let kind: ThreadKind
  public let process: ProcessIdentifier
  public internal(set) var weight: Weight
  /// The cores that the thread may run on; never empty.
  public internal(set) var affinity: CoreSet
  public private(set) var state = ThreadState.created
  public internal(set) var account = ThreadAccount()
  /// A wake-up that came while the thread was not waiting; its next wait ends at once.
  public internal(set) var hasWakePermit = false

  /// The start tag of start-time fair queueing, in virtual nanoseconds of the home core's queue;
  /// while the thread migrates, relative to that queue's virtual time.
  var startTag: UInt64 = 0
  /// When a sleeping thread wakes.
  var wakeNanoseconds: UInt64 = 0
  /// Position in the sleep queue's heap.
  var heapIndex: UInt16 = 0
  /// Neighbours in a `ThreadList`.
  var next = ThreadList.end
  var previous = ThreadList.end
  /// Bucket of the fair queue that the thread stands in.
  var bucket: UInt8 = 0

  public init(
    kind: ThreadKind, process: ProcessIdentifier, weight: Weight = .standard,
    affinity: CoreSet = .all
  ) {
    precondition(!affinity.isEmpty, "a thread needs a core")
    self.kind = kind
    self.process = process
    self.weight = weight
    self.affinity = affinity
  }

  /// A record that no thread has: an unused place in the table.
  public static var unused: ThreadRecord {
    var record = ThreadRecord(kind: .kernel, process: .kernel)
    record.state = .ended
    return record
  }

  /// Changes the state; an illegal change is a bug of the kernel.
  public mutating func become(_ next: ThreadState) {
    precondition(state.canBecome(next), "illegal change of a thread's state")
    state = next
  }
}

/// The table of all records. The kernel supplies it; a conforming type is a reference.
public protocol ThreadRecords {
  subscript(thread: ThreadIdentifier) -> ThreadRecord { get nonmutating set }

  /// The core to ask about a thread: the one that has it, had it last, or is going to get it.
  /// Any core reads this at any time, so it is kept apart from the record, and a load or store
  /// of it is single-copy atomic; no order is needed (see `CoreScheduler.wake`).
  func home(of thread: ThreadIdentifier) -> CoreIdentifier

  /// Only the core that owns the record, before it gives the record away.
  func setHome(_ core: CoreIdentifier, of thread: ThreadIdentifier)
}
