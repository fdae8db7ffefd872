// Which core an idle core asks for a thread, and where a thread without a core goes.

public import Interface

/// What every core publishes about its queue with a plain store and others read without order:
/// a guess that may be old. A wrong guess costs a refusal.
public protocol CoreLoads {
  /// Ready general threads that do not run.
  func readyGeneral(on core: CoreIdentifier) -> Int
}

/// The thief's side: one request at a time.
///
/// An idle core asks the core with the most ready threads; that one gives a thread or refuses
/// when it next takes its mail. After a refusal the thief asks the next; after a round of
/// refusals it waits until a deadline or a doorbell, so that idle cores do not keep busy ones busy.
public struct Stealing: Hashable, Sendable {
  public let core: CoreIdentifier
  /// Who was asked and has not answered.
  public private(set) var asked: CoreIdentifier?
  private var refused = CoreSet.none

  public init(core: CoreIdentifier) { self.core = core }

  /// Whom to ask now; nil when an answer is due, or when nobody seems to have a thread.
  /// - Parameters:
  ///   - ready: general threads that are ready here: a core is asked only if it has two more.
  ///   - cores: those that may be asked.
  public mutating func nextVictim(
    ready: Int, among cores: CoreSet, loads: some CoreLoads
  ) -> CoreIdentifier? {
    guard asked == nil else { return nil }
    var best: CoreIdentifier?
    // An idle core takes the only one that waits; a busy one evens out.
    var most = ready == 0 ? 0 : ready + 1
    var remaining = cores.subtracting(refused)
    remaining.remove(core)
    // From the next core on: thieves that see the same loads ask different cores.
    var candidate = remaining.next(after: core)
    while let current = candidate {
      remaining.remove(current)
      let load = loads.readyGeneral(on: current)
      if load > most {
        most = load
        best = current
      }
      candidate = remaining.next(after: current)
    }
    asked = best
    if best == nil { refused = .none }
    return best
  }

  /// The victim had nothing, or nothing that may run here.
  public mutating func noteRefusal(by victim: CoreIdentifier) {
    guard asked == victim else { return }
    asked = nil
    refused.insert(victim)
  }

  /// A thread came: the answer, or somebody else's gift, which will do as well.
  public mutating func noteArrival() {
    asked = nil
    refused = .none
  }
}

/// The victim's side: cores without a tick do not look for work, so who has more than it can run
/// rings one that has less, and that one asks.
///
/// Only progress leads to an invitation (a thread became ready, one was given away, a slice
/// ended), a refusal does not: so threads that may not move cause no traffic.
public struct Invitations: Hashable, Sendable {
  private var readyBefore = 0
  private var latest: CoreIdentifier

  public init(core: CoreIdentifier) { latest = core }

  /// Whom to ring now (`Mailbox.postReschedule`).
  /// - Parameters:
  ///   - ready: general threads that are ready here.
  ///   - hasProgressed: whether a thread was given away or a slice ended since the last question.
  ///   - waiting: cores on general duty that have nothing to run.
  ///   - cores: all on general duty, for when nobody waits.
  public mutating func next(
    ready: Int, hasProgressed: Bool, waiting: CoreSet, cores: CoreSet, loads: some CoreLoads
  ) -> CoreIdentifier? {
    let hasMore = ready > readyBefore
    readyBefore = ready
    guard ready > 0, hasMore || hasProgressed else { return nil }
    if let core = waiting.next(after: latest) {
      latest = core
      return core
    }
    var remaining = cores
    while let core = remaining.next(after: latest) {
      remaining.remove(core)
      guard loads.readyGeneral(on: core) + 1 < ready else { continue }
      latest = core
      return core
    }
    return nil
  }
}

/// Where a thread goes that cannot stay where it is.
public enum Placement {
  /// The core with the fewest ready threads among those of the affinity; for a general thread,
  /// one that runs general threads if there is one.
  /// - Parameter generalDuty: cores with duty `.general`.
  public static func core(
    for kind: ThreadKind, affinity: CoreSet, online: CoreSet, generalDuty: CoreSet,
    loads: some CoreLoads
  ) -> CoreIdentifier? {
    var candidates = affinity.intersection(online)
    let preferred =
      kind == .rpcWorker
      ? candidates.subtracting(generalDuty) : candidates.intersection(generalDuty)
    if !preferred.isEmpty { candidates = preferred }
    var best: (core: CoreIdentifier, load: Int)?
    while let core = candidates.popFirst() {
      let load = loads.readyGeneral(on: core)
      if load < best?.load ?? .max { best = (core, load) }
    }
    return best?.core
  }
}
