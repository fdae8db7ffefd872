// Going down the levels: to look, to make room for an entry, to split a block.

/// A place in a table, and what it holds.
struct TableEntry {
  let address: PhysicalAddress
  let level: Int
  let descriptor: Descriptor

  /// Bytes that the entry stands for.
  var bytes: UInt64 { Level.entryBytes(level) }

  var isLeaf: Bool { descriptor.isLeaf(level: level) }

  /// The last byte of the entry that translates `address`.
  func lastByte(for address: VirtualAddress) -> UInt64 { address.bits | (bytes - 1) }
}

extension TranslationTable {
  /// The entry where the walk for an address ends: a leaf, or an invalid entry.
  func walk(
    _ address: VirtualAddress, in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> TableEntry {
    reader.walk(address, in: memory)
  }

  /// The invalid entry for the largest page or block that can start at `address`, with all
  /// tables above it. The same call later gives the same place while it is empty.
  func makePlace(
    for address: VirtualAddress, target: PhysicalAddress, bytesLeft: UInt64,
    frames: inout some FrameSource & ~Copyable, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(MappingError) -> TableEntry {
    var table = root
    var level = 0
    while true {
      let entry = reader.entry(for: address, table: table, level: level, in: memory)
      if entry.isLeaf { throw .alreadyMapped(address) }
      if entry.descriptor.isTable(level: level) {
        // Also where a block would fit: a table in use, or an empty one left by `unmap`, is
        // filled with smaller pieces rather than replaced, which would need invalidation.
        table = entry.descriptor.address
      } else {
        let fits =
          level >= Level.firstWithBlocks && bytesLeft >= entry.bytes
          && address.isAligned(to: entry.bytes) && target.isAligned(to: entry.bytes)
        if fits { return entry }
        table = try makeTable(frames: &frames, in: &memory)
        memory.publish(Descriptor.table(at: table).bits, at: entry.address)
      }
      level += 1
    }
  }

  /// Splits the block at `address`, and the piece of it there, until what is at `address` lies
  /// between `first` and `last`.
  func splitBlocks(
    at address: VirtualAddress, outside first: VirtualAddress, _ last: VirtualAddress,
    frames: inout some FrameSource & ~Copyable, in memory: inout some PhysicalMemory & ~Copyable,
    _ invalidateNow: (TranslationMaintenance) -> Void
  ) throws(MappingError) {
    while true {
      let entry = walk(address, in: memory)
      let entryFirst = VirtualAddress(address.bits & ~(entry.bytes - 1))
      if entryFirst >= first, entry.lastByte(for: address) <= last.bits { return }
      guard let attributes = entry.descriptor.attributes else { throw .notMapped(address) }
      // The new table is complete before the block is broken, so the gap is short.
      let table = try makeTable(frames: &frames, in: &memory)
      let pieceBytes = Level.entryBytes(entry.level + 1)
      var index: UInt64 = 0
      while index < UInt64(Page.entries) {
        let piece = Descriptor.leaf(
          to: entry.descriptor.address + index * pieceBytes, attributes, level: entry.level + 1)
        memory.write(piece.bits, at: table + index * 8)
        index += 1
      }
      memory.write(Descriptor.invalid.bits, at: entry.address)
      invalidateNow(.invalidate(first: entryFirst, pages: entry.bytes / Page.bytes))
      memory.publish(Descriptor.table(at: table).bits, at: entry.address)
    }
  }

  private func makeTable(
    frames: inout some FrameSource & ~Copyable, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(MappingError) -> PhysicalAddress {
    do {
      let table = try frames.allocateFrame(in: &memory)
      memory.clearFrame(at: table)
      return table
    } catch {
      throw .frames(error)
    }
  }
}
