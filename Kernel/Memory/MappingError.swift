// How changes of a translation table can fail.

public import Reporting

/// Why a mapping was not made or removed; the table is as before, except that it may have gained
/// empty tables.
public enum MappingError: Error, Equatable, Sendable, Reportable {
  /// Address or size is no multiple of the page size, or there is nothing to map.
  case misaligned
  /// The range wraps or leaves the table's half of the address space.
  case outsideHalf(VirtualAddress)
  /// The physical range needs more than 48 bits.
  case physicalAddressTooLarge
  /// User access in the kernel's half or the other way round.
  case wrongHalf
  case alreadyMapped(VirtualAddress)
  case notMapped(VirtualAddress)
  case frames(FrameError)

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .misaligned: output.write("range is not made of whole pages")
    case .outsideHalf(let address):
      output.write("\(hexadecimal: address.bits) leaves its half of the addresses" as LogText)
    case .physicalAddressTooLarge: output.write("physical address has more than 48 bits")
    case .wrongHalf: output.write("user access in the kernel's half, or the other way round")
    case .alreadyMapped(let address):
      output.write("\(hexadecimal: address.bits) is mapped already" as LogText)
    case .notMapped(let address):
      output.write("\(hexadecimal: address.bits) is not mapped" as LogText)
    case .frames(let error): output.write(error)
    }
  }
}

/// What the caller owes the cores after a change, before it relies on it.
public enum TranslationMaintenance: Equatable, Sendable {
  /// Only invalid entries became valid, and those are in no TLB: `dsb ishst; isb`.
  case barrier
  /// `dsb ishst`, then `tlbi` for these pages on all cores (with the address space's identifier
  /// in the user half, for all identifiers in the kernel's), `dsb ish; isb`. Frames that were
  /// mapped there may be reused only afterwards.
  case invalidate(first: VirtualAddress, pages: UInt64)
}
