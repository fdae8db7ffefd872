// The frame allocator against a set of frame numbers.

import Memory
import Randomness
import Testing

private let mebibyte: UInt64 = 1 << 20

private func range(_ base: UInt64, _ bytes: UInt64) -> PhysicalRange {
  PhysicalRange(base: PhysicalAddress(base), bytes: bytes)
}

@Suite struct FrameAllocatorTests {
  @Test func takesTheListFromTheFirstFreeMemory() throws {
    var memory = ArrayMemory(base: 0x4000_0000, bytes: 4 * mebibyte)
    let regions = [range(0x4000_0000, 4 * mebibyte)]
    let reserved = [range(0x4000_0000, 0x8_0001)]
    let frames = try FrameAllocator(regions: regions.span, reserved: reserved.span, in: &memory)
    #expect(frames.listRange == range(0x4008_1000, 4096))
    #expect(frames.totalFrames == 1024)
    #expect(frames.freeFrames == 1024 - 0x81 - 1)
  }

  @Test func neverHandsOutReservedOrPartialFrames() throws {
    var memory = ArrayMemory(base: 0, bytes: mebibyte)
    let regions = [range(0x1800, 0x6000)]  // Whole frames: 2…6.
    let reserved = [range(0x4FFF, 2), range(0x10_0000, 0x1000), range(0x3000, 0)]
    var frames = try FrameAllocator(regions: regions.span, reserved: reserved.span, in: &memory)
    #expect(frames.listRange.base.bits == 0x2000)
    var given: Set<UInt64> = []
    while let frame = try? frames.allocate(in: &memory) { given.insert(frame.bits) }
    #expect(given == [0x3000, 0x6000])
    #expect(frames.freeFrames == 0)
  }

  @Test func mergesRegionsThatTouchOrOverlap() throws {
    var memory = ArrayMemory(base: 0, bytes: mebibyte)
    let regions = [
      range(0x8_0000, 0x1_0000), range(0x1_0000, 0x1_0000), range(0x2_0000, 0x1_0000),
      range(0x2_8000, 0x1_0000), range(0x9_0000, 0), range(0x7_0000, 0x1_8000),
    ]
    let reserved: [PhysicalRange] = []
    var frames = try FrameAllocator(regions: regions.span, reserved: reserved.span, in: &memory)
    #expect(frames.totalFrames == 0x28 + 0x20)
    // A run across what were three regions.
    #expect(try frames.allocate(count: 0x27, in: &memory).bits == 0x1_1000)
    #expect(try frames.allocate(count: 0x20, in: &memory).bits == 0x7_0000)
    #expect(throws: FrameError.outOfMemory(frames: 1, freeFrames: 0)) {
      try frames.allocate(in: &memory)
    }
  }

  @Test func refusesWhatItCannotManage() throws {
    var memory = ArrayMemory(base: 0, bytes: mebibyte)
    let none: [PhysicalRange] = []
    let full = [range(0, mebibyte)]
    let many = (0..<33).map { range(UInt64($0) * 0x2000, 0x1000) }
    #expect(throws: FrameError.noMemory) {
      try make(none, none, &memory)
    }
    #expect(throws: FrameError.noMemory) { try make(full, full, &memory) }
    #expect(throws: FrameError.tooManyRegions(limit: 32)) { try make(many, none, &memory) }
    // Wrapping ranges end at the architecture's limit instead of trapping.
    #expect(throws: FrameError.noMemory) {
      try make([range(UInt64.max - 10, 100)], none, &memory)
    }
    #expect(throws: FrameError.noMemory) {
      try make(full, [range(0x800, UInt64.max)], &memory)
    }
  }

  private func make(
    _ regions: [PhysicalRange], _ reserved: [PhysicalRange], _ memory: inout ArrayMemory
  ) throws(FrameError) {
    _ = try FrameAllocator(regions: regions.span, reserved: reserved.span, in: &memory)
  }

  @Test func detectsWrongFrees() throws {
    var memory = ArrayMemory(base: 0x4000_0000, bytes: mebibyte)
    let regions = [range(0x4000_0000, mebibyte)]
    let none: [PhysicalRange] = []
    var frames = try FrameAllocator(regions: regions.span, reserved: none.span, in: &memory)
    let frame = try frames.allocate(in: &memory)
    let run = try frames.allocate(count: 4, in: &memory)
    let before = frames.freeFrames
    #expect(throws: FrameError.misaligned(frame + 8)) { try frames.free(frame + 8, in: &memory) }
    #expect(throws: FrameError.notManaged(PhysicalAddress(0))) {
      try frames.free(PhysicalAddress(0), in: &memory)
    }
    #expect(throws: FrameError.notManaged(frames.listRange.base)) {
      try frames.free(frames.listRange.base, in: &memory)
    }
    #expect(throws: FrameError.notManaged(PhysicalAddress(0x400F_F000))) {
      try frames.free(PhysicalAddress(0x400F_F000), count: 2, in: &memory)
    }
    try frames.free(frame, in: &memory)
    #expect(throws: FrameError.alreadyFree(frame)) { try frames.free(frame, in: &memory) }
    // All or nothing: the run reaches into free memory, so none of it is freed.
    #expect(throws: FrameError.alreadyFree(run + 4 * Page.bytes)) {
      try frames.free(run, count: 5, in: &memory)
    }
    #expect(frames.freeFrames == before + 1)
    try frames.free(run, count: 4, in: &memory)
    #expect(frames.freeFrames == before + 5)
    #expect(throws: FrameError.invalidRequest) { try frames.free(run, count: 0, in: &memory) }
  }

  @Test(
    arguments: [(0, UInt64(4096)), (1, 2048), (1, 0), (1, 4096 * 3), (-1, 4096)] as [(Int, UInt64)])
  func refusesInvalidRequests(count: Int, alignment: UInt64) throws {
    var memory = ArrayMemory(base: 0, bytes: mebibyte)
    let regions = [range(0, mebibyte)]
    let none: [PhysicalRange] = []
    var frames = try FrameAllocator(regions: regions.span, reserved: none.span, in: &memory)
    #expect(throws: FrameError.invalidRequest) {
      try frames.allocate(count: count, alignment: alignment, in: &memory)
    }
  }

  @Test func errorsSayWhatAndWhere() {
    #expect(
      words(FrameError.alreadyFree(PhysicalAddress(0x4000_0000)))
        == "frame 0x40000000 freed twice")
    #expect(
      words(FrameError.outOfMemory(frames: 512, freeFrames: 7))
        == "out of memory: 512 frames in a row wanted, 7 free")
  }

  /// Every answer is compared with a set of free frames: what is given was free, fits and is
  /// aligned; what is refused is not there.
  @Test func randomUseAgreesWithASet() throws {
    var random = SplitMix(test: #function)
    for _ in 0..<20 {
      let memoryFrames: UInt64 = 512
      var memory = ArrayMemory(base: 0x8000_0000, bytes: memoryFrames * 4096)
      func randomRange(_ limit: UInt64) -> PhysicalRange {
        let base = UInt64.random(in: 0..<memoryFrames * 4096, using: &random)
        return range(
          0x8000_0000 + base,
          UInt64.random(in: 0...min(limit, memoryFrames * 4096 - base), using: &random))
      }
      let regions = (0..<Int.random(in: 1...6, using: &random)).map { _ in randomRange(1 << 20) }
      let reserved = (0..<Int.random(in: 0...8, using: &random)).map { _ in randomRange(1 << 16) }
      var free: Set<UInt64> = []
      for region in regions where region.bytes >= 4096 {
        let first = (region.base.bits + 4095) / 4096
        let end = (region.base.bits + region.bytes) / 4096
        if first < end { free.formUnion(first..<end) }
      }
      // Touching regions join, so a frame with a part in each stays out: as in the allocator.
      for range in reserved where range.bytes > 0 {
        free.subtract(range.base.bits / 4096...(range.base.bits + range.bytes - 1) / 4096)
      }
      guard
        var frames = try? FrameAllocator(
          regions: regions.span, reserved: reserved.span, in: &memory)
      else {
        #expect(free.isEmpty)
        continue
      }
      let list = frames.listRange
      let listFrames = list.base.bits / 4096..<(list.base.bits + list.bytes) / 4096
      #expect(listFrames.allSatisfy { free.contains($0) })
      free.subtract(listFrames)
      #expect(frames.freeFrames == free.count)
      try exercise(&frames, free: &free, memory: &memory, random: &random)
    }
  }

  private func exercise(
    _ frames: inout FrameAllocator, free: inout Set<UInt64>, memory: inout ArrayMemory,
    random: inout SplitMix
  ) throws {
    var held: [(first: UInt64, count: Int)] = []
    for _ in 0..<400 {
      if Bool.random(using: &random), let index = held.indices.randomElement(using: &random) {
        let (first, count) = held.remove(at: index)
        try frames.free(PhysicalAddress(first * 4096), count: count, in: &memory)
        free.formUnion(first..<first + UInt64(count))
      } else {
        let count = Bool.random(using: &random) ? 1 : Int.random(in: 1...80, using: &random)
        let step = UInt64(1) << UInt64.random(in: 0...6, using: &random)
        do {
          let frame =
            count == 1 && step == 1
            ? try frames.allocate(in: &memory)
            : try frames.allocate(count: count, alignment: step * 4096, in: &memory)
          let first = frame.bits / 4096
          #expect(first % step == 0)
          let run = first..<first + UInt64(count)
          #expect(run.allSatisfy { free.contains($0) })
          free.subtract(run)
          held.append((first, count))
        } catch {
          #expect(error == .outOfMemory(frames: count, freeFrames: free.count))
          let fits = free.contains { first in
            first % step == 0
              && (first..<first + UInt64(count)).allSatisfy { free.contains($0) }
          }
          #expect(!fits)
        }
      }
      #expect(frames.freeFrames == free.count)
    }
  }
}
