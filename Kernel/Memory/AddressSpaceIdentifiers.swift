// Which identifier (ASID) an address space has in the TLBs.
//
// There are fewer identifiers than there may be processes over time. They are handed out in
// order; when they run out, a new generation begins, the TLBs are invalidated once, and every
// process gets a new identifier when it next runs. So no process's end costs an invalidation.

/// An identifier that a process holds. It is good as long as `AddressSpaceIdentifiers` says so.
public struct AddressSpaceIdentifier: Hashable, Sendable {
  /// 0 before the first use.
  let generation: UInt64
  /// The ASID for TTBR0_EL1; 0 belongs to no process.
  public let number: UInt16

  /// What a new process starts with.
  public static var none: Self { Self(generation: 0, number: 0) }
}

/// The source of identifiers. It has no lock; its owner serialises.
public struct AddressSpaceIdentifiers: ~Copyable, Sendable {
  /// Cores whose identifiers survive a change of generation.
  public static var coreLimit: Int { 64 }

  /// The largest number: 255 or 65,535.
  private let last: UInt16
  private var generation: UInt64 = 1
  /// The last number handed out in this generation.
  private var latest: UInt16 = 0
  /// What cores were using when the generation began: still in their TTBR0_EL1.
  private var kept = InlineArray<64, AddressSpaceIdentifier>(repeating: .none)
  private var keptCount = 0

  /// - Parameter isWide: the cores implement 16 bits (ID_AA64MMFR0_EL1.ASIDBits = 2), and
  ///   TCR_EL1.AS is set; otherwise 8.
  public init(isWide: Bool) {
    last = isWide ? UInt16.max : UInt16(UInt8.max)
  }

  /// Whether a process can run with what it holds: the common case, without `renew`.
  public func isCurrent(_ identifier: AddressSpaceIdentifier) -> Bool {
    identifier.generation == generation
  }

  /// Makes sure that `identifier` is current before its process runs.
  ///
  /// - Parameter active: what the cores have in TTBR0_EL1 now; at most `coreLimit`, no more
  ///   than there are numbers minus one. They stay valid across generations, since a core keeps
  ///   using its own until it switches.
  /// - Returns: whether a new generation began: then the caller owes `tlbi vmalle1is; dsb ish`
  ///   before the process runs.
  public mutating func renew(
    _ identifier: inout AddressSpaceIdentifier, active: Span<AddressSpaceIdentifier>
  ) -> Bool {
    if isCurrent(identifier) { return false }
    if isKept(identifier) {
      identifier = AddressSpaceIdentifier(generation: generation, number: identifier.number)
      return false
    }
    var isNewGeneration = false
    var number = nextFree()
    if number == nil {
      beginGeneration(keeping: active)
      isNewGeneration = true
      if isKept(identifier) {
        identifier = AddressSpaceIdentifier(generation: generation, number: identifier.number)
        return true
      }
      number = nextFree()
    }
    guard let number else { preconditionFailure("more active identifiers than numbers") }
    identifier = AddressSpaceIdentifier(generation: generation, number: number)
    return isNewGeneration
  }

  private mutating func beginGeneration(keeping active: Span<AddressSpaceIdentifier>) {
    precondition(active.count <= Self.coreLimit, "more cores than coreLimit")
    generation += 1
    latest = 0
    keptCount = 0
    for index in active.indices where active[index].number != 0 {
      kept[keptCount] = active[index]
      keptCount += 1
    }
  }

  /// Whether a core was using just this when the generation began. Comparing the number alone
  /// would be wrong: an older holder of the same number must not share it.
  private func isKept(_ identifier: AddressSpaceIdentifier) -> Bool {
    var index = 0
    while index < keptCount {
      if kept[index] == identifier { return true }
      index += 1
    }
    return false
  }

  private func isKept(number: UInt16) -> Bool {
    var index = 0
    while index < keptCount {
      if kept[index].number == number { return true }
      index += 1
    }
    return false
  }

  private mutating func nextFree() -> UInt16? {
    while latest < last {
      latest += 1
      if !isKept(number: latest) { return latest }
    }
    return nil
  }
}
