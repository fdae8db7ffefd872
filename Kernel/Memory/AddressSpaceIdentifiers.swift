// Which identifier (ASID) an address space has in the TLBs.
//
// A process keeps its identifier from a start until its end, so switching to it costs nothing.
// What a dead process left in the TLBs stays there, under an identifier that nobody has; only when
// all identifiers were used once are the TLBs invalidated, and those of the dead become free again
// (a *rollover*). So an end costs no broadcast. There are more identifiers than there are processes
// at a time: a rollover always finds one, and the living are not asked to change theirs.

/// What tags an address space's translations in the TLBs; bits 48…63 of TTBR0_EL1.
public struct AddressSpaceIdentifier: Hashable, Sendable {
  /// 1…255: 0 belongs to no process.
  public let number: UInt16
}

/// The source of identifiers. It has no lock; its owner serialises.
///
/// 8 bits are what every ARMv8 core implements (ARM ARM D8.14.1), and enough here.
public struct AddressSpaceIdentifiers: ~Copyable, Sendable {
  /// Address spaces that can have one at the same time.
  public static var capacity: Int { 255 }

  /// What a new address space gets.
  public struct Assignment: Equatable, Sendable {
    public let identifier: AddressSpaceIdentifier
    /// The caller owes `tlbi vmalle1is; dsb ish` before the address space is used.
    public let isRollover: Bool
  }

  /// A bit for each number that an address space has.
  private var live = InlineArray<4, UInt64>(repeating: 0)
  /// A bit for each number that TLBs may know: assigned since the last rollover, or live then.
  /// Number 0 is never free.
  private var known = InlineArray<4, UInt64>(repeating: 0)

  public init() { known[0] = 1 }

  /// An identifier under which no TLB holds anything, once the caller has done what it owes; nil
  /// when `capacity` address spaces have one.
  public mutating func assign() -> Assignment? {
    if let number = takeUnknown() {
      return Assignment(identifier: AddressSpaceIdentifier(number: number), isRollover: false)
    }
    known = live
    known[0] |= 1
    guard let number = takeUnknown() else { return nil }
    return Assignment(identifier: AddressSpaceIdentifier(number: number), isRollover: true)
  }

  /// Its address space has ended: no core has its table, and none will.
  public mutating func release(_ identifier: AddressSpaceIdentifier) {
    let (word, bit) = Self.place(identifier.number)
    precondition(live[word] & bit != 0, "an address space identifier was given back twice")
    live[word] &= ~bit
  }

  private mutating func takeUnknown() -> UInt16? {
    for word in 0..<4 where known[word] != .max {
      let number = UInt16(word * 64 + (~known[word]).trailingZeroBitCount)
      let bit = Self.place(number).bit
      known[word] |= bit
      live[word] |= bit
      return number
    }
    return nil
  }

  private static func place(_ number: UInt16) -> (word: Int, bit: UInt64) {
    (Int(number / 64), 1 << UInt64(number % 64))
  }
}
