// An address space: four levels of tables, and the changes to them.
//
// The table only writes memory. Barriers and TLB maintenance are the caller's (it knows which
// cores matter), and every change says which it owes.

/// A stage 1 translation table of one half of the virtual addresses (ARM ARM D8.2).
///
/// It owns the frames of its tables, not those that it maps. It has no lock; its owner
/// serialises. `destroy` gives the tables back; a table that is merely dropped leaks them.
public struct TranslationTable: ~Copyable, Sendable {
  /// Which addresses the table translates, and the register that leads to it.
  public enum Half: Hashable, Sendable {
    /// TTBR0_EL1: from 0 to 2⁴⁸ − 1.
    case user
    /// TTBR1_EL1: the upper 2⁴⁸ bytes. The identity mapping used while the MMU is turned on is
    /// a table of the lower half, with `identity`.
    case kernel
    /// TTBR0_EL1 with kernel access, before there are processes.
    case identity
  }

  /// What an address leads to.
  public struct Translation: Equatable, Sendable {
    public let physical: PhysicalAddress
    public let attributes: PageAttributes
    /// Bytes from this address to the end of its page or block.
    public let bytesLeft: UInt64
  }

  public let half: Half
  /// The table of level 0.
  public let root: PhysicalAddress

  /// An empty table.
  public init(
    _ half: Half, frames: inout some FrameSource & ~Copyable,
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    self.half = half
    root = try frames.allocateFrame(in: &memory)
    memory.clearFrame(at: root)
  }

  /// TTBRn_EL1 for this table: identifier in bits 48…63, address of the root below.
  public func baseRegister(identifier: UInt16 = 0) -> UInt64 {
    UInt64(identifier) << 48 | root.bits
  }

  // MARK: - Changes

  /// Maps `bytes` bytes from `start` to the physical range from `target`, with blocks of 1 GiB
  /// and 2 MiB where both addresses allow them. Nothing there may be mapped before: a valid
  /// entry must not change into another one without break-before-make (ARM ARM D8.16.1).
  public func map(
    _ start: VirtualAddress, bytes: UInt64, to target: PhysicalAddress,
    _ attributes: PageAttributes, frames: inout some FrameSource & ~Copyable,
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(MappingError) -> TranslationMaintenance {
    try check(start, bytes: bytes)
    guard target.isAligned(to: Page.bytes) else { throw .misaligned }
    let limit = UInt64(1) << Page.physicalAddressBits
    guard target.bits < limit, bytes <= limit - target.bits else {
      throw .physicalAddressTooLarge
    }
    guard attributes.access.isForUser == (half == .user) else { throw .wrongHalf }
    // First all that can fail, then the entries: so a failed call maps nothing.
    var offset: UInt64 = 0
    while offset < bytes {
      let place = try makePlace(
        for: start + offset, target: target + offset, bytesLeft: bytes - offset, frames: &frames,
        in: &memory)
      offset += Level.entryBytes(place.level)
    }
    offset = 0
    while offset < bytes {
      let place = try makePlace(
        for: start + offset, target: target + offset, bytesLeft: bytes - offset, frames: &frames,
        in: &memory)
      let leaf = Descriptor.leaf(to: target + offset, attributes, level: place.level)
      memory.publish(leaf.bits, at: place.address)
      offset += Level.entryBytes(place.level)
    }
    return .barrier
  }

  /// Removes the mappings of a range, all of which must be mapped. Tables that become empty
  /// stay until `destroy`.
  ///
  /// A block that is only partly in the range is split: it is broken, then `invalidateNow` is
  /// called, then a table that maps the same stands in its place. `invalidateNow` must carry
  /// the maintenance out before it returns, if any core may use this table; until then accesses
  /// to the block fault. A kernel must therefore not split blocks that it is running on.
  public func unmap(
    _ start: VirtualAddress, bytes: UInt64, frames: inout some FrameSource & ~Copyable,
    in memory: inout some PhysicalMemory & ~Copyable,
    invalidateNow: (TranslationMaintenance) -> Void
  ) throws(MappingError) -> TranslationMaintenance {
    try check(start, bytes: bytes)
    let last = VirtualAddress(start.bits + (bytes - 1))
    var address = start
    var isDone = false
    while !isDone {
      let entry = walk(address, in: memory)
      guard entry.isLeaf else { throw .notMapped(address) }
      isDone = last.bits <= entry.lastByte(for: address)
      if !isDone { address = VirtualAddress(entry.lastByte(for: address) + 1) }
    }
    // Blocks can stick out only at the two ends.
    try splitBlocks(
      at: start, outside: start, last, frames: &frames, in: &memory, invalidateNow)
    try splitBlocks(
      at: last, outside: start, last, frames: &frames, in: &memory, invalidateNow)
    address = start
    isDone = false
    while !isDone {
      let entry = walk(address, in: memory)
      memory.write(Descriptor.invalid.bits, at: entry.address)
      isDone = last.bits <= entry.lastByte(for: address)
      if !isDone { address = VirtualAddress(entry.lastByte(for: address) + 1) }
    }
    return .invalidate(first: start, pages: bytes / Page.bytes)
  }

  /// Gives all tables back. What they mapped is the caller's, as before; see `forEachMapping`.
  /// No core may use the table any more, and its identifier must be out of all TLBs or never
  /// be used again before they are invalidated.
  public consuming func destroy(
    frames: inout some FrameSource & ~Copyable, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    try free(tableAt: root, level: 0, frames: &frames, in: &memory)
  }

  /// Recursion ends at level 3, and so three calls deep.
  private func free(
    tableAt table: PhysicalAddress, level: Int, frames: inout some FrameSource & ~Copyable,
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    if level < Level.last {
      var index: UInt64 = 0
      while index < UInt64(Page.entries) {
        let descriptor = Descriptor(bits: memory.read(at: table + index * 8))
        if descriptor.isTable(level: level) {
          try free(tableAt: descriptor.address, level: level + 1, frames: &frames, in: &memory)
        }
        index += 1
      }
    }
    try frames.freeFrame(table, in: &memory)
  }

  // MARK: - Questions

  /// For whoever only looks, also while others change the table.
  public var reader: TranslationReader { TranslationReader(half, root: root) }

  /// What an address leads to; nil if it is not mapped, or not an address of this half.
  public func lookup(
    _ address: VirtualAddress, in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> Translation? {
    reader.lookup(address, in: memory)
  }

  /// Calls `body` for every page and block in ascending order: first address, bytes, what it
  /// leads to. A process's end uses it to free the frames behind its pages.
  public func forEachMapping(
    in memory: borrowing some PhysicalMemory & ~Copyable,
    _ body: (VirtualAddress, UInt64, Translation) -> Void
  ) {
    var address = VirtualAddress(half == .kernel ? TranslationReader.kernelBase : 0)
    while contains(address) {
      let entry = walk(address, in: memory)
      if entry.isLeaf, let attributes = entry.descriptor.attributes {
        body(
          address, entry.bytes,
          Translation(
            physical: entry.descriptor.address, attributes: attributes, bytesLeft: entry.bytes))
      }
      // At the very top the sum wraps to 0, which ends the kernel half's loop.
      address = VirtualAddress(entry.lastByte(for: address) &+ 1)
    }
  }

  /// Whether an address is in the table's half.
  public func contains(_ address: VirtualAddress) -> Bool { reader.contains(address) }

  private func check(_ start: VirtualAddress, bytes: UInt64) throws(MappingError) {
    guard start.isAligned(to: Page.bytes), bytes > 0, bytes % Page.bytes == 0 else {
      throw .misaligned
    }
    let (last, overflow) = start.bits.addingReportingOverflow(bytes - 1)
    guard contains(start), !overflow, contains(VirtualAddress(last)) else {
      throw .outsideHalf(start)
    }
  }
}
