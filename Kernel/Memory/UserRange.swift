// Memory that a user program claims to own, checked before the kernel touches it.

public import Reporting

/// Why a program may not name this memory.
public enum UserRangeError: Error, Equatable, Sendable, Reportable {
  /// The range wraps, or leaves the user half.
  case outsideUserHalf
  case misaligned
  case notMapped(VirtualAddress)
  /// Mapped, but not for the user, or not for writing.
  case forbidden(VirtualAddress)
  /// Mapped, but not RAM: the kernel reads no NIC lines on a program's behalf, since such a load
  /// could be held.
  case notMemory(VirtualAddress)

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .outsideUserHalf: output.write("range leaves the user's addresses")
    case .misaligned: output.write("misaligned address")
    case .notMapped(let address):
      output.write("\(hexadecimal: address.bits) is not mapped" as LogText)
    case .forbidden(let address):
      output.write("\(hexadecimal: address.bits) is not accessible" as LogText)
    case .notMemory(let address):
      output.write("\(hexadecimal: address.bits) is not memory" as LogText)
    }
  }
}

/// A range of user memory, every page of which was mapped with the permission when the claim was
/// checked.
///
/// The kernel then reaches it through physical addresses, so a wrong claim cannot fault in the
/// kernel. The claim holds until the table changes: whoever unmaps must exclude this.
public struct UserRange: ~Copyable, Sendable {
  public enum Use: Hashable, Sendable {
    case read
    case write
  }

  public let start: VirtualAddress
  public let bytes: UInt64

  /// Checks the claim of a program with this table.
  ///
  /// - Parameter alignment: a power of two that the address must be a multiple of.
  public init(
    _ start: VirtualAddress, bytes: UInt64, alignment: UInt64 = 1, for use: Use,
    table: TranslationReader, in memory: borrowing some PhysicalMemory & ~Copyable
  ) throws(UserRangeError) {
    guard table.half == .user, table.contains(start) else { throw .outsideUserHalf }
    guard start.isAligned(to: alignment) else { throw .misaligned }
    let (end, overflow) = start.bits.addingReportingOverflow(bytes)
    guard !overflow, bytes == 0 || table.contains(VirtualAddress(end - 1)) else {
      throw .outsideUserHalf
    }
    var address = start
    while address.bits < end {
      guard let translation = table.lookup(address, in: memory) else {
        throw .notMapped(address)
      }
      let access = translation.attributes.access
      guard access.isForUser, use == .read || access.isWritable else {
        throw .forbidden(address)
      }
      guard translation.attributes.type == .normal else { throw .notMemory(address) }
      let step = min(translation.bytesLeft, end - address.bits)
      address = address + step
    }
    self.start = start
    self.bytes = bytes
  }

  /// Where the bytes from `offset` on are in physical memory, and how many lie in one piece
  /// there; nil at the end of the range, or if it is no longer mapped.
  public func piece(
    at offset: UInt64, table: TranslationReader,
    in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> PhysicalRange? {
    guard offset < bytes, let translation = table.lookup(start + offset, in: memory) else {
      return nil
    }
    return PhysicalRange(
      base: translation.physical, bytes: min(translation.bytesLeft, bytes - offset))
  }
}
