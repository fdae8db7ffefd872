// A set of cores as one word: affinity masks, and what is known about all cores at once.

public import Interface

/// Up to 64 cores; Enzian has 48.
public struct CoreSet: Hashable, Sendable {
  public var mask: UInt64

  public static var capacity: Int { 64 }

  @inlinable public init(mask: UInt64) { self.mask = mask }
  @inlinable public init(_ core: CoreIdentifier) { mask = Self.bit(core) }

  /// The first cores, 0 ..< count.
  @inlinable public init(first count: Int) {
    precondition(count >= 0 && count <= Self.capacity)
    mask = count == Self.capacity ? .max : (1 << UInt64(count)) - 1
  }

  @inlinable public static var none: CoreSet { CoreSet(mask: 0) }
  @inlinable public static var all: CoreSet { CoreSet(mask: .max) }

  @inlinable public var isEmpty: Bool { mask == 0 }
  @inlinable public var count: Int { mask.nonzeroBitCount }
  @inlinable public func contains(_ core: CoreIdentifier) -> Bool { mask & Self.bit(core) != 0 }

  @inlinable public mutating func insert(_ core: CoreIdentifier) { mask |= Self.bit(core) }
  @inlinable public mutating func remove(_ core: CoreIdentifier) { mask &= ~Self.bit(core) }

  @inlinable public func intersection(_ other: CoreSet) -> CoreSet {
    CoreSet(mask: mask & other.mask)
  }
  @inlinable public func union(_ other: CoreSet) -> CoreSet { CoreSet(mask: mask | other.mask) }
  @inlinable public func subtracting(_ other: CoreSet) -> CoreSet {
    CoreSet(mask: mask & ~other.mask)
  }

  /// The core with the lowest number.
  @inlinable public var first: CoreIdentifier? {
    isEmpty ? nil : CoreIdentifier(UInt16(mask.trailingZeroBitCount))
  }

  /// The next core of the set after `core`, going round: who starts elsewhere looks elsewhere.
  @inlinable public func next(after core: CoreIdentifier) -> CoreIdentifier? {
    let above = core.index + 1 < Self.capacity ? UInt64.max << UInt64(core.index + 1) : 0
    return CoreSet(mask: mask & above).first ?? first
  }

  /// Removes and returns the core with the lowest number.
  @inlinable public mutating func popFirst() -> CoreIdentifier? {
    guard let core = first else { return nil }
    mask &= mask &- 1
    return core
  }

  @inlinable static func bit(_ core: CoreIdentifier) -> UInt64 {
    precondition(core.index < capacity, "no such core")
    return 1 << UInt64(core.number)
  }
}
