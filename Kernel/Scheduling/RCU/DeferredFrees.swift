// What one core has unlinked and not yet freed.

public import Interface

/// A bounded list of things to free when their grace period is over; owned by one core.
///
/// Things come in batches: while one batch waits, the next gathers, so however much is unlinked,
/// a core has one grace period under way and the shared epoch changes once for each. A thing
/// waits for two grace periods at most.
public struct DeferredFrees<Item: Sendable>: ~Copyable, Sendable {
  public static var capacity: Int { 64 }

  private var ring = InlineArray<64, Item?>(repeating: nil)
  private var first = 0
  /// At the front: their grace period is over.
  private var freeCount = 0
  /// Behind them: `gracePeriod` is under way for these.
  private var waitingCount = 0
  /// Behind them: no grace period yet.
  private var gatheringCount = 0
  public private(set) var gracePeriod: GracePeriod?

  public init() {}

  public var count: Int { freeCount + waitingCount + gatheringCount }

  /// Takes over something that was unlinked.
  /// - Returns: false when the list is full: then the caller keeps it, and waits (`poll`).
  public mutating func append(_ item: Item) -> Bool {
    guard count < Self.capacity else { return false }
    ring[(first + count) % Self.capacity] = item
    gatheringCount += 1
    return true
  }

  /// Whether a grace period should begin: increment the shared epoch (release), DMB ISH, `begin`.
  public var wantsGracePeriod: Bool { gracePeriod == nil && gatheringCount > 0 }

  /// Begins the grace period of everything that gathered.
  public mutating func begin(_ gracePeriod: GracePeriod) {
    precondition(self.gracePeriod == nil, "one grace period at a time")
    self.gracePeriod = gracePeriod
    waitingCount = gatheringCount
    gatheringCount = 0
  }

  /// Looks whether the grace period is over; housekeeping, after TRYAGAIN for example.
  public mutating func poll(_ report: (CoreIdentifier) -> QuiescentReport) {
    guard var period = gracePeriod else { return }
    if period.look(report) {
      freeCount += waitingCount
      waitingCount = 0
      gracePeriod = nil
    } else {
      gracePeriod = period
    }
  }

  /// Something that no core can see any more: the caller frees it.
  public mutating func takeFree() -> Item? {
    guard freeCount > 0 else { return nil }
    let item = ring[first]
    ring[first] = nil
    first = (first + 1) % Self.capacity
    freeCount -= 1
    return item
  }
}
