// Addresses, of which there are two kinds that must never be mixed up.

/// An address on the bus: what translation tables and devices hold. Up to 48 bits.
public struct PhysicalAddress: Hashable, Comparable, Sendable {
  public let bits: UInt64

  @inlinable public init(_ bits: UInt64) { self.bits = bits }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }

  @inlinable public static func + (address: Self, bytes: UInt64) -> Self {
    Self(address.bits + bytes)
  }

  /// Whether the address is a multiple of `alignment`, a power of two.
  @inlinable public func isAligned(to alignment: UInt64) -> Bool { bits & (alignment - 1) == 0 }
}

/// An address as a program uses it.
public struct VirtualAddress: Hashable, Comparable, Sendable {
  public let bits: UInt64

  @inlinable public init(_ bits: UInt64) { self.bits = bits }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }

  @inlinable public static func + (address: Self, bytes: UInt64) -> Self {
    Self(address.bits + bytes)
  }

  /// Whether the address is a multiple of `alignment`, a power of two.
  @inlinable public func isAligned(to alignment: UInt64) -> Bool { bits & (alignment - 1) == 0 }
}

/// The 4 KiB granule with 48-bit virtual addresses, as Linux uses it on ThunderX-1 (ARM ARM
/// D8.2; facts about the machine: both sizes are implemented).
public enum Page {
  @inlinable public static var bytes: UInt64 { 4096 }
  /// Entries of one translation table.
  @inlinable public static var entries: Int { 512 }
  @inlinable public static var virtualAddressBits: UInt64 { 48 }
  @inlinable public static var physicalAddressBits: UInt64 { 48 }

  @inlinable public static func roundedDown(_ value: UInt64) -> UInt64 { value & ~(bytes - 1) }
}

/// A range of physical memory.
public struct PhysicalRange: Equatable, Sendable {
  public let base: PhysicalAddress
  public let bytes: UInt64

  @inlinable
  public init(base: PhysicalAddress, bytes: UInt64) {
    self.base = base
    self.bytes = bytes
  }
}

/// Memory as the code that builds tables sees it. The kernel reaches it through its linear
/// mapping (or directly, before the MMU is on), tests through an array.
public protocol PhysicalMemory: ~Copyable {
  /// Reads the word at an address that is a multiple of eight.
  func read(at address: PhysicalAddress) -> UInt64
  /// Writes the word at an address that is a multiple of eight.
  mutating func write(_ word: UInt64, at address: PhysicalAddress)
  /// Writes a word that makes others reachable: whoever reads it on its way sees those as written.
  mutating func publish(_ word: UInt64, at address: PhysicalAddress)
}

extension PhysicalMemory where Self: ~Copyable {
  /// Writes a word that leads to others, which were written before.
  public mutating func publish(_ word: UInt64, at address: PhysicalAddress) {
    write(word, at: address)
  }

  /// Clears a frame.
  mutating func clearFrame(at frame: PhysicalAddress) {
    var offset: UInt64 = 0
    while offset < Page.bytes {
      write(0, at: frame + offset)
      offset += 8
    }
  }
}
