// One entry of a translation table, bit by bit.

/// A stage 1 descriptor of the 4 KiB granule with 48-bit addresses (ARM ARM D8.3).
///
///     bit  0      valid                     bit  10     AF, access flag
///     bit  1      table or page, not block  bit  11     nG, only for this address space
///     bits 2…4    AttrIndx into MAIR_EL1    bits 12…47  address of the output or next table
///     bits 6…7    AP, access permissions    bit  53     PXN, not executable at EL1
///     bits 8…9    SH, shareability          bit  54     UXN, not executable at EL0
struct Descriptor: Equatable {
  let bits: UInt64

  private static var valid: UInt64 { 1 << 0 }
  private static var notBlock: UInt64 { 1 << 1 }
  /// AP[1]: EL0 has access.
  private static var userAccess: UInt64 { 1 << 6 }
  /// AP[2]: nobody writes.
  private static var readOnly: UInt64 { 1 << 7 }
  private static var outerShareable: UInt64 { 0b10 << 8 }
  private static var innerShareable: UInt64 { 0b11 << 8 }
  /// ThunderX-1 has no hardware update of the access flag: clear would mean a fault.
  private static var accessFlag: UInt64 { 1 << 10 }
  private static var notGlobal: UInt64 { 1 << 11 }
  private static var addressMask: UInt64 { 0x0000_FFFF_FFFF_F000 }
  private static var neverExecuteInKernel: UInt64 { 1 << 53 }
  private static var neverExecuteForUser: UInt64 { 1 << 54 }

  init(bits: UInt64) { self.bits = bits }

  static var invalid: Self { Self(bits: 0) }

  /// An entry of level 0, 1 or 2 that leads to a table. Its hierarchical permission bits are 0:
  /// the leaf alone decides.
  static func table(at address: PhysicalAddress) -> Self {
    Self(bits: address.bits & addressMask | notBlock | valid)
  }

  /// A page (level 3) or a block (level 1 or 2).
  static func leaf(
    to address: PhysicalAddress, _ attributes: PageAttributes, level: Int
  ) -> Self {
    var bits = address.bits & addressMask | accessFlag | valid
    bits |= attributes.type.rawValue << 2
    // Device memory is outer shareable whatever this says; so say it.
    bits |= attributes.type == .device ? outerShareable : innerShareable
    if level == 3 { bits |= notBlock }
    switch attributes.access {
    case .kernelReadExecute: bits |= readOnly | neverExecuteForUser
    case .kernelReadOnly: bits |= readOnly | neverExecuteForUser | neverExecuteInKernel
    case .kernelReadWrite: bits |= neverExecuteForUser | neverExecuteInKernel
    case .userReadExecute: bits |= userAccess | readOnly | neverExecuteInKernel
    case .userReadOnly:
      bits |= userAccess | readOnly | neverExecuteForUser | neverExecuteInKernel
    case .userReadWrite: bits |= userAccess | neverExecuteForUser | neverExecuteInKernel
    }
    if attributes.access.isForUser { bits |= notGlobal }
    return Self(bits: bits)
  }

  var isValid: Bool { bits & Self.valid != 0 }

  func isTable(level: Int) -> Bool { isValid && level < 3 && bits & Self.notBlock != 0 }

  func isLeaf(level: Int) -> Bool { isValid && !isTable(level: level) }

  var address: PhysicalAddress { PhysicalAddress(bits & Self.addressMask) }

  /// What a leaf allows; nil for a combination that `leaf` never writes.
  var attributes: PageAttributes? {
    guard let type = MemoryType(rawValue: bits >> 2 & 0b111) else { return nil }
    let isReadOnly = bits & Self.readOnly != 0
    let isExecutableInKernel = bits & Self.neverExecuteInKernel == 0
    let isExecutableForUser = bits & Self.neverExecuteForUser == 0
    let isForUser = bits & Self.userAccess != 0
    let access: PageAccess
    switch (isForUser, isReadOnly, isExecutableInKernel, isExecutableForUser) {
    case (false, true, true, false): access = .kernelReadExecute
    case (false, true, false, false): access = .kernelReadOnly
    case (false, false, false, false): access = .kernelReadWrite
    case (true, true, false, true): access = .userReadExecute
    case (true, true, false, false): access = .userReadOnly
    case (true, false, false, false): access = .userReadWrite
    default: return nil
    }
    return PageAttributes(type, access)
  }
}

/// Sizes and indices of the four levels.
enum Level {
  static var last: Int { 3 }
  /// The first level that may have blocks.
  static var firstWithBlocks: Int { 1 }

  /// Bytes that an entry of the level stands for: 512 GiB, 1 GiB, 2 MiB, 4 KiB.
  static func entryBytes(_ level: Int) -> UInt64 { Page.bytes << UInt64(9 * (last - level)) }

  /// Which entry of a table of the level an address uses.
  static func index(of address: VirtualAddress, level: Int) -> UInt64 {
    address.bits / entryBytes(level) & UInt64(Page.entries - 1)
  }
}
