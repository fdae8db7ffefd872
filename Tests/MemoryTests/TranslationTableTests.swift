// Translation tables: exact bits, a model of pages, and the order of writes.

import Memory
import Randomness
import Testing

private let gibibyte: UInt64 = 1 << 30
private let megabytes2: UInt64 = 1 << 21
private let tableBase: UInt64 = 0x10_0000

/// A table with what it needs.
private struct Space: ~Copyable {
  var memory = ArrayMemory(base: tableBase, bytes: 1 << 22)
  var frames: CountingFrames
  var table: TranslationTable

  init(_ half: TranslationTable.Half, frames count: Int = 512) throws {
    frames = CountingFrames(from: PhysicalAddress(tableBase), count: count)
    table = try TranslationTable(half, frames: &frames, in: &memory)
  }

  mutating func map(
    _ start: UInt64, _ bytes: UInt64, to target: UInt64, _ type: MemoryType,
    _ access: PageAccess
  ) throws(MappingError) -> TranslationMaintenance {
    try table.map(
      VirtualAddress(start), bytes: bytes, to: PhysicalAddress(target),
      PageAttributes(type, access), frames: &frames, in: &memory)
  }

  mutating func map(
    _ start: UInt64, _ bytes: UInt64, to target: UInt64, _ access: PageAccess
  ) throws(MappingError) -> TranslationMaintenance {
    try map(start, bytes, to: target, .normal, access)
  }

  mutating func unmap(
    _ start: UInt64, _ bytes: UInt64, invalidateNow: (TranslationMaintenance) -> Void = { _ in }
  ) throws(MappingError) -> TranslationMaintenance {
    try table.unmap(
      VirtualAddress(start), bytes: bytes, frames: &frames, in: &memory,
      invalidateNow: invalidateNow)
  }

  func lookup(_ address: UInt64) -> TranslationTable.Translation? {
    table.lookup(VirtualAddress(address), in: memory)
  }

  /// The raw descriptors on the way to an address, read as the ARM ARM says (D8.2.3).
  func descriptors(_ address: UInt64) -> [UInt64] {
    var path: [UInt64] = []
    var base = table.root.bits
    for shift in [39, 30, 21, 12] as [UInt64] {
      let word = memory.read(at: PhysicalAddress(base + (address >> shift & 511) * 8))
      path.append(word)
      guard word & 0b11 == 0b11, shift > 12 else { break }
      base = word & 0x0000_FFFF_FFFF_F000
    }
    return path
  }

  consuming func destroyed() throws -> Set<PhysicalAddress> {
    var memory = memory
    var frames = frames
    try table.destroy(frames: &frames, in: &memory)
    return frames.inUse
  }
}

@Suite struct DescriptorTests {
  /// ARM ARM D8.3: attributes of page and block descriptors.
  @Test(arguments: [
    (MemoryType.normal, PageAccess.kernelReadExecute, UInt64(0x0040_0000_4008_0783)),
    (.normal, .kernelReadOnly, 0x0060_0000_4008_0783),
    (.normal, .kernelReadWrite, 0x0060_0000_4008_0703),
    (.device, .kernelReadWrite, 0x0060_0000_4008_0607),
    (.lines, .kernelReadWrite, 0x0060_0000_4008_070B),
  ])
  func kernelPages(type: MemoryType, access: PageAccess, expected: UInt64) throws {
    var space = try Space(.kernel)
    #expect(try space.map(0xFFFF_0000_4008_0000, 4096, to: 0x4008_0000, type, access) == .barrier)
    let path = space.descriptors(0xFFFF_0000_4008_0000)
    #expect(path.count == 4)
    #expect(path.last == expected)
    // Tables: address, and type bits only.
    for word in path.dropLast() { #expect(word & ~0x0000_FFFF_FFFF_F000 == 0b11) }
  }

  @Test(arguments: [
    (MemoryType.normal, PageAccess.userReadExecute, UInt64(0x0020_0000_4008_0FC3)),
    (.normal, .userReadOnly, 0x0060_0000_4008_0FC3),
    (.normal, .userReadWrite, 0x0060_0000_4008_0F43),
    (.lines, .userReadWrite, 0x0060_0000_4008_0F4B),
  ])
  func userPages(type: MemoryType, access: PageAccess, expected: UInt64) throws {
    var space = try Space(.user)
    _ = try space.map(0x40_0000, 4096, to: 0x4008_0000, type, access)
    #expect(space.descriptors(0x40_0000).last == expected)
  }

  @Test func blocksOfBothSizes() throws {
    var space = try Space(.kernel)
    let base: UInt64 = 0xFFFF_8000_0000_0000
    _ = try space.map(base, gibibyte + megabytes2 + 4096, to: 4 * gibibyte, .kernelReadWrite)
    #expect(space.descriptors(base).count == 2)
    #expect(space.descriptors(base).last == 0x0060_0001_0000_0701)
    #expect(space.descriptors(base + gibibyte).count == 3)
    #expect(space.descriptors(base + gibibyte).last == 0x0060_0001_4000_0701)
    #expect(space.descriptors(base + gibibyte + megabytes2).last == 0x0060_0001_4020_0703)
    #expect(space.lookup(base + 0x1234_5678)?.physical.bits == 4 * gibibyte + 0x1234_5678)
    #expect(space.lookup(base + 0x1234_5678)?.bytesLeft == gibibyte - 0x1234_5678)
    #expect(space.lookup(base + gibibyte + megabytes2 + 4096) == nil)
    #expect(space.lookup(base - 1) == nil)
    // Root, two tables of level 1 to 2, one of level 3.
    #expect(space.frames.inUse.count == 4)
  }

  @Test func attributesComeBack() throws {
    for access in PageAccess.allCases {
      for type in MemoryType.allCases {
        var space = try Space(access.isForUser ? .user : .identity)
        _ = try space.map(0x20_0000, megabytes2 + 4096, to: 0x20_0000, type, access)
        for address in [UInt64(0x20_0000), 0x40_0000] {
          #expect(space.lookup(address)?.attributes == PageAttributes(type, access))
        }
      }
    }
  }

  /// W^X over every descriptor that can be made: ARM ARM D8.4.1.
  @Test func nothingIsWritableAndExecutable() throws {
    for access in PageAccess.allCases {
      #expect(!(access.isWritable && access.isExecutable))
      var space = try Space(access.isForUser ? .user : .identity)
      _ = try space.map(0, 4096, to: 0, .normal, access)
      let word = try #require(space.descriptors(0).last)
      let isWritable = word & 1 << 7 == 0
      let isExecutable = word & 1 << 53 == 0 || word & 1 << 54 == 0
      #expect(isWritable == access.isWritable)
      #expect(isExecutable == access.isExecutable)
      // Kernel pages are never EL0's to execute, user pages never EL1's.
      #expect((access.isForUser ? word & 1 << 53 : word & 1 << 54) != 0)
      #expect((word & 1 << 11 != 0) == access.isForUser)
      #expect(word & 1 << 10 != 0)
    }
    #expect(
      PageAccess.allCases.map { words($0) } == [
        "kernel r-x", "kernel r--", "kernel rw-", "user r-x", "user r--", "user rw-",
      ])
  }

  @Test func controlRegisters() throws {
    #expect(TranslationControl.memoryAttributes == 0xFF04FF)
    #expect(
      TranslationControl.control(physicalAddresses: .bits48)
        == 0x05_B510_3510)
    #expect(
      TranslationControl.control(physicalAddresses: .bits40)
        == 0x02_B510_3510)
    #expect(PhysicalAddressSize(rangeField: 0x1122_0004) == .bits44)
    #expect(PhysicalAddressSize(rangeField: 6) == .bits48)
    let space = try Space(.user)
    #expect(space.table.baseRegister(identifier: 0xBEEF) == 0xBEEF_0000_0010_0000)
  }
}

@Suite struct TranslationTableTests {
  @Test(arguments: [
    (UInt64(0x1001), UInt64(4096), UInt64(0), PageAccess.userReadOnly, MappingError.misaligned),
    (0x1000, 4095, 0, .userReadOnly, .misaligned), (0x1000, 0, 0, .userReadOnly, .misaligned),
    (0x1000, 4096, 0x10, .userReadOnly, .misaligned),
    (1 << 48, 4096, 0, .userReadOnly, .outsideHalf(VirtualAddress(1 << 48))),
    (
      (1 << 48) - 4096, 8192, 0, .userReadOnly,
      .outsideHalf(VirtualAddress((1 << 48) - 4096))
    ),
    (
      0xFFFF_FFFF_FFFF_F000, 8192, 0, .userReadOnly,
      .outsideHalf(VirtualAddress(0xFFFF_FFFF_FFFF_F000))
    ),
    (0x1000, 8192, (1 << 48) - 4096, .userReadOnly, .physicalAddressTooLarge),
    (0x1000, 4096, 1 << 48, .userReadOnly, .physicalAddressTooLarge),
    (0x1000, 4096, 0, .kernelReadOnly, .wrongHalf),
  ])
  func refusesToMap(
    start: UInt64, bytes: UInt64, target: UInt64, access: PageAccess, expected: MappingError
  ) throws {
    var space = try Space(.user)
    #expect(throws: expected) { try space.map(start, bytes, to: target, .normal, access) }
    #expect(space.frames.inUse.count == 1)
  }

  @Test func theLastPagesOfBothHalves() throws {
    var user = try Space(.user)
    _ = try user.map((1 << 48) - 4096, 4096, to: 0x1000, .userReadWrite)
    #expect(user.lookup((1 << 48) - 1)?.physical.bits == 0x1FFF)
    #expect(user.lookup(1 << 48) == nil)
    var kernel = try Space(.kernel)
    _ = try kernel.map(0xFFFF_FFFF_FFFF_F000, 4096, to: 0x1000, .kernelReadWrite)
    #expect(kernel.lookup(UInt64.max)?.physical.bits == 0x1FFF)
    #expect(kernel.lookup(0x0000_FFFF_FFFF_F000) == nil)
    var count = 0
    kernel.table.forEachMapping(in: kernel.memory) { _, _, _ in count += 1 }
    #expect(count == 1)
    #expect(
      try kernel.unmap(0xFFFF_FFFF_FFFF_F000, 4096)
        == .invalidate(first: VirtualAddress(0xFFFF_FFFF_FFFF_F000), pages: 1))
    #expect(kernel.lookup(UInt64.max) == nil)
  }

  @Test func refusesToMapTwiceAndMapsNothingThen() throws {
    var space = try Space(.user)
    _ = try space.map(0x40_3000, 4096, to: 0x3000, .userReadOnly)
    #expect(throws: MappingError.alreadyMapped(VirtualAddress(0x40_3000))) {
      try space.map(0x40_0000, 0x8000, to: 0x10_0000, .userReadWrite)
    }
    #expect(space.lookup(0x40_0000) == nil)
    #expect(space.lookup(0x40_3000)?.physical.bits == 0x3000)
    _ = try space.map(gibibyte, gibibyte, to: gibibyte, .userReadWrite)
    #expect(throws: MappingError.alreadyMapped(VirtualAddress(gibibyte + 0x5000))) {
      try space.map(gibibyte + 0x5000, 4096, to: 0, .userReadWrite)
      // The message names the address that is in the way.
    }
  }

  @Test func runsOutOfFramesCleanly() throws {
    // Root and two of the three tables that a page needs.
    var space = try Space(.user, frames: 3)
    #expect(throws: MappingError.frames(.outOfMemory(frames: 1, freeFrames: 0))) {
      try space.map(0x40_0000, 4096, to: 0, .userReadOnly)
    }
    #expect(space.lookup(0x40_0000) == nil)
    let left = try space.destroyed()
    #expect(left.isEmpty)
  }

  /// ARM ARM D8.16.1: between the block and the table in its place lies an invalid entry, and
  /// the invalidation is done before the table appears.
  @Test func splitsABlockWithBreakBeforeMake() throws {
    var space = try Space(.kernel)
    let base: UInt64 = 0xFFFF_0000_4000_0000
    _ = try space.map(base, megabytes2, to: 0x4000_0000, .kernelReadWrite)
    let block = try #require(space.descriptors(base).last)
    let entry = try #require(space.memory.words.firstIndex(of: block))
    let entryAddress = PhysicalAddress(tableBase + UInt64(entry) * 8)
    space.memory.log = []
    var carriedOut: [TranslationMaintenance] = []
    let owed = try space.unmap(base + 0x5000, 0x2000) { carriedOut.append($0) }
    #expect(owed == .invalidate(first: VirtualAddress(base + 0x5000), pages: 2))
    #expect(carriedOut == [.invalidate(first: VirtualAddress(base), pages: 512)])
    let writes = try #require(space.memory.log).filter { $0.address == entryAddress }
    #expect(writes.map { $0.word & 0b11 } == [0b00, 0b11])
    #expect(space.lookup(base + 0x4FFF)?.physical.bits == 0x4000_4FFF)
    #expect(space.lookup(base + 0x5000) == nil)
    #expect(space.lookup(base + 0x6FFF) == nil)
    #expect(space.lookup(base + 0x7000)?.physical.bits == 0x4000_7000)
    #expect(
      space.lookup(base + 0x7000)?.attributes == PageAttributes(.normal, .kernelReadWrite))
  }

  @Test func splitsAGigabyteTwiceForOnePage() throws {
    var space = try Space(.user)
    _ = try space.map(gibibyte, gibibyte, to: 2 * gibibyte, .userReadWrite)
    var splits = 0
    _ = try space.unmap(gibibyte + 0x1234_5000, 4096) { _ in splits += 1 }
    #expect(splits == 2)
    #expect(space.lookup(gibibyte + 0x1234_4FFF)?.bytesLeft == 1)
    #expect(space.lookup(gibibyte + 0x1234_5000) == nil)
    #expect(space.lookup(gibibyte + 0x1234_6000)?.physical.bits == 2 * gibibyte + 0x1234_6000)
    #expect(space.lookup(gibibyte)?.bytesLeft == megabytes2)
    // Without a split nothing has to be carried out on the way.
    splits = 0
    _ = try space.unmap(gibibyte, megabytes2) { _ in splits += 1 }
    #expect(splits == 0)
  }

  @Test func unmapsNothingIfAPartIsMissing() throws {
    var space = try Space(.user)
    _ = try space.map(0x40_0000, 0x3000, to: 0, .userReadOnly)
    #expect(throws: MappingError.notMapped(VirtualAddress(0x40_3000))) {
      try space.unmap(0x40_0000, 0x4000)
    }
    #expect(space.lookup(0x40_0000) != nil)
    #expect(throws: MappingError.misaligned) { try space.unmap(0x40_0000, 1) }
  }

  @Test func errorsSayWhatAndWhere() {
    #expect(
      words(MappingError.alreadyMapped(VirtualAddress(0x40_0000))) == "0x400000 is mapped already")
    #expect(
      words(MappingError.frames(.outOfMemory(frames: 1, freeFrames: 0)))
        == "out of memory: 1 frames in a row wanted, 0 free")
  }

  /// Random changes against a dictionary of pages. Ranges crowd around the borders of blocks.
  @Test func randomChangesAgreeWithADictionary() throws {
    var random = SplitMix(test: #function)
    for _ in 0..<4 {
      var space = try Space(.user)
      var model: [UInt64: (target: UInt64, attributes: PageAttributes)] = [:]
      let anchors: [UInt64] = [0x40_0000, gibibyte, 1 << 39, (1 << 48) - 4 * megabytes2]
      for _ in 0..<120 {
        let anchor = try #require(anchors.randomElement(using: &random))
        let offset = UInt64.random(in: 0..<4, using: &random) * megabytes2 / 2
        let nudge = Bool.random(using: &random) ? UInt64.random(in: 0..<4, using: &random) : 0
        let start = anchor + offset + nudge * 4096
        let room = anchor + 4 * megabytes2 - start
        let bytes = min(
          room,
          Bool.random(using: &random)
            ? megabytes2 * UInt64.random(in: 1...2, using: &random)
            : 4096 * UInt64.random(in: 1...600, using: &random))
        let pages = stride(from: start, to: start + bytes, by: 4096)
        if Bool.random(using: &random) {
          let access = try #require(
            [PageAccess.userReadOnly, .userReadWrite, .userReadExecute]
              .randomElement(using: &random))
          // Half of the targets allow blocks.
          let target =
            Bool.random(using: &random) ? start : UInt64.random(in: 0..<999, using: &random) * 4096
          let taken = pages.first { model[$0] != nil }
          do {
            _ = try space.map(start, bytes, to: target, .normal, access)
            #expect(taken == nil)
            for page in pages {
              model[page] = (target + (page - start), PageAttributes(.normal, access))
            }
          } catch {
            #expect(taken != nil)
          }
        } else {
          let missing = pages.first { model[$0] == nil }
          do {
            let owed = try space.unmap(start, bytes)
            #expect(missing == nil)
            #expect(owed == .invalidate(first: VirtualAddress(start), pages: bytes / 4096))
            for page in pages { model[page] = nil }
          } catch {
            #expect(error == missing.map { .notMapped(VirtualAddress($0)) })
          }
        }
        for _ in 0..<40 {
          let page = anchor + UInt64.random(in: 0..<2048, using: &random) * 4096
          let found = space.lookup(page + 8)
          #expect(found?.physical.bits == model[page].map { $0.target + 8 })
          #expect(found?.attributes == model[page]?.attributes)
        }
      }
      var mapped: [UInt64: UInt64] = [:]
      space.table.forEachMapping(in: space.memory) { address, bytes, translation in
        for offset in stride(from: 0, to: bytes, by: 4096) {
          mapped[address.bits + offset] = translation.physical.bits + offset
        }
      }
      #expect(mapped == model.mapValues { $0.target })
      let left = try space.destroyed()
      #expect(left.isEmpty)
    }
  }
}
