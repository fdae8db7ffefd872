// How many cores a process may have, and how often its turn comes.

/// Word 0 of a process's state line:
///
///     bits  0…15  minimum: idle workers on so many cores are not asked to yield
///     bits 16…31  maximum: no more cores at a time; 0: calls wait (R14)
///     bits 32…47  weight: turns in a row when others wait too; 0 counts as 1
///     bits 48…63  zero
public struct CoreLimits: Hashable, Sendable {
  public var minimum: UInt16
  public var maximum: UInt16
  public var weight: UInt16

  @inlinable
  public init(minimum: UInt16 = 0, maximum: UInt16, weight: UInt16 = 1) {
    self.minimum = minimum
    self.maximum = maximum
    self.weight = weight
  }

  @inlinable public init(word: UInt64) {
    self.init(
      minimum: UInt16(truncatingIfNeeded: word), maximum: UInt16(truncatingIfNeeded: word >> 16),
      weight: UInt16(truncatingIfNeeded: word >> 32))
  }

  @inlinable public var word: UInt64 {
    UInt64(minimum) | UInt64(maximum) << 16 | UInt64(weight) << 32
  }
}
