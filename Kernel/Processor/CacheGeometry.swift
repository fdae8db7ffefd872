// What a core says about its caches: CTR_EL0, DCZID_EL0, CLIDR_EL1 and CCSIDR_EL1.

/// Sizes of lines (ARM ARM D17.2.34, CTR_EL0).
public struct CacheType: Sendable {
  private let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  /// The smallest data cache line; the field is log₂ of words.
  public var dataLineBytes: UInt64 { 4 << (bits >> 16 & 0xf) }
  public var instructionLineBytes: UInt64 { 4 << (bits & 0xf) }
  /// IDC: the data cache need not be cleaned for instructions.
  public var isCoherentForInstructions: Bool { bits >> 28 & 1 != 0 }
}

/// One level of the caches (ARM ARM D17.2.26, CCSIDR_EL1, the format without FEAT_CCIDX).
public struct CacheLevel: Sendable {
  private let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  public var lineBytes: UInt64 { 16 << (bits & 0x7) }
  public var ways: UInt64 { (bits >> 3 & 0x3ff) + 1 }
  public var sets: UInt64 { (bits >> 13 & 0x7fff) + 1 }
  public var bytes: UInt64 { lineBytes * ways * sets }
}
