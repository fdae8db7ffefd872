// Looking up addresses in a table that somebody else owns, and may change meanwhile.
//
// A reader needs no lock as long as the table's memory is not given back under it: entries are
// single words, tables are linked only when they are complete (`PhysicalMemory.publish`), and
// nothing is unlinked while threads of the process run. Who keeps the memory: RCU (Scheduling).

/// A table's root, and what can be asked of it.
public struct TranslationReader: Hashable, Sendable {
  public let half: TranslationTable.Half
  public let root: PhysicalAddress

  public init(_ half: TranslationTable.Half, root: PhysicalAddress) {
    self.half = half
    self.root = root
  }

  /// Where an address leads; nil when it is not mapped.
  public func lookup(
    _ address: VirtualAddress, in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> TranslationTable.Translation? {
    guard contains(address) else { return nil }
    let entry = walk(address, in: memory)
    guard entry.isLeaf, let attributes = entry.descriptor.attributes else { return nil }
    let offset = address.bits & (entry.bytes - 1)
    return TranslationTable.Translation(
      physical: entry.descriptor.address + offset, attributes: attributes,
      bytesLeft: entry.bytes - offset)
  }

  /// Whether an address belongs to the table's half.
  public func contains(_ address: VirtualAddress) -> Bool {
    half == .kernel ? address.bits >= Self.kernelBase : address.bits < Self.lowEnd
  }

  static var kernelBase: UInt64 { ~(lowEnd - 1) }
  static var lowEnd: UInt64 { 1 << Page.virtualAddressBits }

  /// The entry that translates an address, or the invalid one where the way down ends.
  func walk(
    _ address: VirtualAddress, in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> TableEntry {
    var table = root
    var level = 0
    while true {
      let entry = entry(for: address, table: table, level: level, in: memory)
      guard entry.descriptor.isTable(level: level) else { return entry }
      table = entry.descriptor.address
      level += 1
    }
  }

  func entry(
    for address: VirtualAddress, table: PhysicalAddress, level: Int,
    in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> TableEntry {
    let place = table + Level.index(of: address, level: level) * 8
    return TableEntry(
      address: place, level: level, descriptor: Descriptor(bits: memory.read(at: place)))
  }
}
