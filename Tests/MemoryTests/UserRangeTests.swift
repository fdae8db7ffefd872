// Claims on user memory, right and wrong.

import Memory
import Testing

@Suite struct UserRangeTests {
  /// Code at 4 MiB, constants and data behind it, lines, a hole, and a block of 2 MiB.
  private func check(
    _ start: UInt64, _ bytes: UInt64, alignment: UInt64 = 1, for use: UserRange.Use
  ) throws -> [PhysicalRange] {
    var memory = ArrayMemory(base: 0, bytes: 1 << 20)
    var frames = CountingFrames(from: PhysicalAddress(0), count: 100)
    let table = try TranslationTable(.user, frames: &frames, in: &memory)
    for (page, target, bytes, type, access) in [
      (0x40_0000, 0x9000_0000, 0x2000, MemoryType.normal, PageAccess.userReadExecute),
      (0x40_2000, 0x9100_0000, 0x1000, .normal, .userReadOnly),
      (0x40_3000, 0x9200_0000, 0x2000, .normal, .userReadWrite),
      (0x40_5000, 0x9300_0000, 0x1000, .lines, .userReadWrite),
      (0x60_0000, 0xA000_0000, 0x20_0000, .normal, .userReadWrite),
      ((1 << 48) - 4096, 0xB000_0000, 0x1000, .normal, .userReadWrite),
    ] as [(UInt64, UInt64, UInt64, MemoryType, PageAccess)] {
      _ = try table.map(
        VirtualAddress(page), bytes: bytes, to: PhysicalAddress(target),
        PageAttributes(type, access), frames: &frames, in: &memory)
    }
    let range = try UserRange(
      VirtualAddress(start), bytes: bytes, alignment: alignment, for: use, table: table.reader,
      in: memory)
    var pieces: [PhysicalRange] = []
    var offset: UInt64 = 0
    while let piece = range.piece(at: offset, table: table.reader, in: memory) {
      pieces.append(piece)
      offset += piece.bytes
    }
    #expect(offset == bytes)
    return pieces
  }

  private func range(_ base: UInt64, _ bytes: UInt64) -> PhysicalRange {
    PhysicalRange(base: PhysicalAddress(base), bytes: bytes)
  }

  @Test func piecesFollowThePages() throws {
    #expect(
      try check(0x40_1FF0, 0x1020, for: .read)
        == [range(0x9000_1FF0, 0x10), range(0x9100_0000, 0x1000), range(0x9200_0000, 0x10)])
    #expect(try check(0x60_0008, 0x10_0000, for: .write) == [range(0xA000_0008, 0x10_0000)])
    #expect(try check((1 << 48) - 16, 16, for: .write) == [range(0xB000_0FF0, 16)])
    // An empty range claims nothing.
    #expect(try check(0x1234, 0, for: .write).isEmpty)
  }

  @Test(arguments: [
    (
      UInt64(0x40_3000), UInt64(0x2001), UserRange.Use.read,
      UserRangeError.notMemory(.init(0x40_5000))
    ),
    (0x40_2FFF, 1, .write, .forbidden(.init(0x40_2FFF))),
    (0x40_2FFF, 2, .write, .forbidden(.init(0x40_2FFF))),
    (0x40_0000, 8, .write, .forbidden(.init(0x40_0000))),
    (0x3F_FFFF, 2, .read, .notMapped(.init(0x3F_FFFF))),
    (0x7F_FFFF, 2, .read, .notMapped(.init(0x80_0000))),
    (0x40_5000, 8, .write, .notMemory(.init(0x40_5000))),
    (0x40_0000, UInt64.max, .read, .outsideUserHalf),
    (UInt64.max, 1, .read, .outsideUserHalf), (UInt64.max, 2, .read, .outsideUserHalf),
    (0xFFFF_0000_0000_0000, 8, .read, .outsideUserHalf), (1 << 48, 0, .read, .outsideUserHalf),
    ((1 << 48) - 8, 16, .read, .outsideUserHalf),
    (0x40_0000, 1 << 48, .read, .outsideUserHalf),
  ])
  func refuses(
    start: UInt64, bytes: UInt64, use: UserRange.Use, expected: UserRangeError
  ) throws {
    #expect(throws: expected) { try check(start, bytes, for: use) }
  }

  @Test func alignment() throws {
    #expect(throws: UserRangeError.misaligned) {
      try check(0x40_3004, 8, alignment: 8, for: .read)
    }
    #expect(try check(0x40_3008, 8, alignment: 8, for: .read).count == 1)
  }

  /// A claim must never be checked against the kernel's own table.
  @Test func kernelTablesAreNotUsers() throws {
    var memory = ArrayMemory(base: 0, bytes: 1 << 20)
    var frames = CountingFrames(from: PhysicalAddress(0), count: 100)
    let table = try TranslationTable(.identity, frames: &frames, in: &memory)
    _ = try table.map(
      VirtualAddress(0), bytes: 4096, to: PhysicalAddress(0),
      PageAttributes(.normal, .kernelReadWrite), frames: &frames, in: &memory)
    let expected = UserRangeError.outsideUserHalf
    do throws(UserRangeError) {
      _ = try UserRange(VirtualAddress(0), bytes: 8, for: .read, table: table.reader, in: memory)
      Issue.record("accepted a claim on kernel memory")
    } catch {
      #expect(error == expected)
    }
  }
}
