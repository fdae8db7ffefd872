// The values of the registers that say how translation works.

/// Physical addresses that a core implements; the raw value is that of ID_AA64MMFR0_EL1.PARange
/// and of TCR_EL1.IPS.
public enum PhysicalAddressSize: UInt64, Hashable, Sendable, CaseIterable {
  case bits32 = 0
  case bits36 = 1
  case bits40 = 2
  case bits42 = 3
  /// Cortex-A57 and A72.
  case bits44 = 4
  /// ThunderX-1.
  case bits48 = 5

  /// From the PARange field of ID_AA64MMFR0_EL1. Larger sizes count as 48 bits: the 4 KiB
  /// granule without LPA2 goes no further.
  public init(rangeField: UInt64) { self = Self(rawValue: rangeField & 0xF) ?? .bits48 }
}

/// MAIR_EL1 and TCR_EL1.
public enum TranslationControl {
  /// MAIR_EL1: eight bits for each `MemoryType` (ARM ARM, section "MAIR_EL1").
  public static var memoryAttributes: UInt64 {
    let normalWriteBack: UInt64 = 0xFF  // Inner and outer: write-back, read and write allocate.
    let deviceEarlyAcknowledge: UInt64 = 0x04  // nGnRE
    return normalWriteBack << (8 * MemoryType.normal.rawValue)
      | deviceEarlyAcknowledge << (8 * MemoryType.device.rawValue)
      | normalWriteBack << (8 * MemoryType.lines.rawValue)
  }

  /// TCR_EL1: both halves with 48-bit addresses and 4 KiB granule, table walks in inner
  /// shareable write-back memory, the address space identifier in TTBR0_EL1.
  ///
  ///     bits  0…5   T0SZ = 16   bits 16…21  T1SZ = 16   bits 32…34  IPS
  ///     bits  8…9   IRGN0 = 1   bit  22     A1 = 0      bit  36     AS = 0, 8-bit identifiers
  ///     bits 10…11  ORGN0 = 1   bits 24…25  IRGN1 = 1
  ///     bits 12…13  SH0 = 3     bits 26…27  ORGN1 = 1
  ///     bits 14…15  TG0 = 0     bits 28…29  SH1 = 3
  ///                             bits 30…31  TG1 = 2
  public static func control(
    physicalAddresses size: PhysicalAddressSize
  ) -> UInt64 {
    let unusedBits = 64 - Page.virtualAddressBits
    let writeBackAllocate: UInt64 = 0b01
    let innerShareable: UInt64 = 0b11
    // The two halves encode 4 KiB differently.
    let granuleLow: UInt64 = 0b00
    let granuleHigh: UInt64 = 0b10
    let low =
      unusedBits | writeBackAllocate << 8 | writeBackAllocate << 10 | innerShareable << 12
      | granuleLow << 14
    let high =
      unusedBits << 16 | writeBackAllocate << 24 | writeBackAllocate << 26
      | innerShareable << 28 | granuleHigh << 30
    return low | high | size.rawValue << 32
  }
}
