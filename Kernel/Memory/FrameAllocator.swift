// Who owns which frame of physical memory.
//
// A bit per frame, one for a free frame. The bits live in the first free memory, so that their
// size follows the machine's (4 MiB for Enzian's 128 GiB); the allocator itself is a few words.
// Allocation is not on the way of a call: the list is simple, not clever.

/// The allocator of frames. It has no lock; its owner serialises.
public struct FrameAllocator: ~Copyable, Sendable {
  /// Memory regions after merging: what UEFI's memory map leaves free comes in many pieces.
  public static var regionLimit: Int { 32 }

  private struct Region {
    var firstFrame: UInt64
    var frames: UInt64
    /// Index of the bit of `firstFrame`: a multiple of 64, so no word has two regions.
    var firstBit: UInt64

    var endFrame: UInt64 { firstFrame + frames }
  }

  private var regions = InlineArray<32, Region>(
    repeating: Region(firstFrame: 0, frames: 0, firstBit: 0))
  private var regionCount = 0
  /// Where the words of bits are.
  private var list = PhysicalAddress(0)
  private var listFrames: UInt64 = 0
  private var wordCount: UInt64 = 0
  /// Where to look first for a single frame.
  private var nextWord: UInt64 = 0

  /// Frames that can be had.
  public private(set) var freeFrames = 0
  /// Frames of all regions, free or not.
  public private(set) var totalFrames = 0

  /// Takes over `regions` except `reserved`, and puts its list into the first free memory.
  ///
  /// Regions may touch, overlap and be in any order; frames that they have only a part of are
  /// left out, frames that are reserved only in part are not used.
  public init(
    regions ranges: Span<PhysicalRange>, reserved: Span<PhysicalRange>,
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    for index in ranges.indices { try addRegion(ranges[index]) }
    var bit: UInt64 = 0
    var index = 0
    while index < regionCount {
      regions[index].firstBit = bit
      bit += (regions[index].frames + 63) / 64 * 64
      totalFrames += Int(regions[index].frames)
      index += 1
    }
    wordCount = bit / 64
    listFrames = (wordCount * 8 + Page.bytes - 1) / Page.bytes
    list = try placeForList(reserved: reserved)

    var word: UInt64 = 0
    while word < wordCount {
      memory.write(0, at: wordAddress(word))
      word += 1
    }
    index = 0
    while index < regionCount {
      setFree(true, firstBit: regions[index].firstBit, count: regions[index].frames, in: &memory)
      index += 1
    }
    reserve(firstFrame: list.bits / Page.bytes, frames: listFrames, in: &memory)
    for index in reserved.indices {
      let frames = Self.coveringFrames(reserved[index])
      reserve(firstFrame: frames.lowerBound, frames: UInt64(frames.count), in: &memory)
    }
    freeFrames = countFree(in: memory)
  }

  /// The memory that the list itself takes.
  public var listRange: PhysicalRange {
    PhysicalRange(base: list, bytes: listFrames * Page.bytes)
  }

  /// Hands out one frame with undefined content.
  public mutating func allocate(
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) -> PhysicalAddress {
    var tried: UInt64 = 0
    while tried < wordCount {
      let bits = memory.read(at: wordAddress(nextWord))
      if bits != 0 {
        let bit = nextWord * 64 + UInt64(bits.trailingZeroBitCount)
        setFree(false, firstBit: bit, count: 1, in: &memory)
        freeFrames -= 1
        return address(ofBit: bit)
      }
      nextWord = nextWord + 1 == wordCount ? 0 : nextWord + 1
      tried += 1
    }
    throw .outOfMemory(frames: 1, freeFrames: freeFrames)
  }

  /// Hands out `count` frames in a row, the first at a multiple of `alignment` bytes, which is
  /// a power of two. Looks at every frame in the worst case.
  public mutating func allocate(
    count: Int, alignment: UInt64 = Page.bytes, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) -> PhysicalAddress {
    guard count > 0, alignment >= Page.bytes, alignment & (alignment - 1) == 0 else {
      throw .invalidRequest
    }
    let step = alignment / Page.bytes
    let wanted = UInt64(count)
    var index = 0
    while index < regionCount {
      let region = regions[index]
      var candidate = (region.firstFrame + step - 1) & ~(step - 1)
      while candidate < region.endFrame, region.endFrame - candidate >= wanted {
        let bit = region.firstBit + (candidate - region.firstFrame)
        let used = firstUsed(from: bit, count: wanted, in: memory)
        guard let used else {
          setFree(false, firstBit: bit, count: wanted, in: &memory)
          freeFrames -= count
          return PhysicalAddress(candidate * Page.bytes)
        }
        // The next candidate lies behind the frame in the way.
        candidate = (candidate + (used - bit) + step) & ~(step - 1)
      }
      index += 1
    }
    throw .outOfMemory(frames: count, freeFrames: freeFrames)
  }

  /// Takes frames back; all or none of them. Reserved memory can be given in the same way once
  /// nobody needs it, such as the initial archive's.
  public mutating func free(
    _ first: PhysicalAddress, count: Int = 1, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    guard count > 0 else { throw .invalidRequest }
    guard first.isAligned(to: Page.bytes) else { throw .misaligned(first) }
    let frame = first.bits / Page.bytes
    let wanted = UInt64(count)
    guard let bit = firstBit(ofFrame: frame, count: wanted),
      frame >= list.bits / Page.bytes + listFrames || frame + wanted <= list.bits / Page.bytes
    else { throw .notManaged(first) }
    var offset: UInt64 = 0
    while offset < wanted {
      guard !isFree(bit + offset, in: memory) else {
        throw .alreadyFree(first + offset * Page.bytes)
      }
      offset += 1
    }
    setFree(true, firstBit: bit, count: wanted, in: &memory)
    freeFrames += count
  }

  // MARK: - Regions

  /// Inserts a region at its place by address and merges what touches.
  private mutating func addRegion(_ range: PhysicalRange) throws(FrameError) {
    let limit = UInt64(1) << Page.physicalAddressBits
    let (sum, overflow) = range.base.bits.addingReportingOverflow(range.bytes)
    let end = (overflow ? limit : min(sum, limit)) / Page.bytes
    let start = (min(range.base.bits, limit) + Page.bytes - 1) / Page.bytes
    guard start < end else { return }
    var new = Region(firstFrame: start, frames: end - start, firstBit: 0)
    // Rebuilds the list in order, with everything that touches the new region drawn into it.
    var result = InlineArray<32, Region>(repeating: Region(firstFrame: 0, frames: 0, firstBit: 0))
    var count = 0
    var isInserted = false
    func append(_ region: Region) throws(FrameError) {
      guard count < Self.regionLimit else { throw .tooManyRegions(limit: Self.regionLimit) }
      result[count] = region
      count += 1
    }
    var index = 0
    while index < regionCount {
      let region = regions[index]
      if region.endFrame < new.firstFrame {
        try append(region)
      } else if region.firstFrame > new.endFrame {
        if !isInserted { try append(new) }
        isInserted = true
        try append(region)
      } else {
        let first = min(region.firstFrame, new.firstFrame)
        new.frames = max(region.endFrame, new.endFrame) - first
        new.firstFrame = first
      }
      index += 1
    }
    if !isInserted { try append(new) }
    regions = result
    regionCount = count
  }

  /// The lowest place for the list that no reserved range touches.
  private func placeForList(reserved: Span<PhysicalRange>) throws(FrameError) -> PhysicalAddress {
    var index = 0
    while index < regionCount {
      let region = regions[index]
      var candidate = region.firstFrame
      var isMoved = true
      while isMoved, candidate + listFrames <= region.endFrame {
        isMoved = false
        for index in reserved.indices {
          let frames = Self.coveringFrames(reserved[index])
          if frames.lowerBound < candidate + listFrames, candidate < frames.upperBound {
            candidate = frames.upperBound
            isMoved = true
          }
        }
      }
      if listFrames > 0, candidate + listFrames <= region.endFrame {
        return PhysicalAddress(candidate * Page.bytes)
      }
      index += 1
    }
    throw .noMemory
  }

  /// Marks what the regions have of these frames as used.
  private func reserve(
    firstFrame: UInt64, frames: UInt64, in memory: inout some PhysicalMemory & ~Copyable
  ) {
    var index = 0
    while index < regionCount {
      let region = regions[index]
      let first = max(firstFrame, region.firstFrame)
      let end = min(firstFrame + frames, region.endFrame)
      if first < end {
        setFree(
          false, firstBit: region.firstBit + (first - region.firstFrame), count: end - first,
          in: &memory)
      }
      index += 1
    }
  }

  /// All frames that a range has a part of; none for an empty range.
  private static func coveringFrames(_ range: PhysicalRange) -> Range<UInt64> {
    let limit = UInt64(1) << (Page.physicalAddressBits - 12)
    guard range.bytes > 0 else { return 0..<0 }
    let first = min(range.base.bits / Page.bytes, limit)
    let (last, overflow) = range.base.bits.addingReportingOverflow(range.bytes - 1)
    let end = overflow ? limit : min(last / Page.bytes + 1, limit)
    return first..<max(first, end)
  }

  // MARK: - Bits

  private func wordAddress(_ word: UInt64) -> PhysicalAddress { list + word * 8 }

  /// The bit of a frame if it and the `count` − 1 after it are in one region.
  private func firstBit(ofFrame frame: UInt64, count: UInt64) -> UInt64? {
    var index = 0
    while index < regionCount {
      let region = regions[index]
      if frame >= region.firstFrame, frame < region.endFrame {
        return count <= region.endFrame - frame
          ? region.firstBit + (frame - region.firstFrame) : nil
      }
      index += 1
    }
    return nil
  }

  private func address(ofBit bit: UInt64) -> PhysicalAddress {
    var index = regionCount - 1
    while regions[index].firstBit > bit { index -= 1 }
    return PhysicalAddress(
      (regions[index].firstFrame + (bit - regions[index].firstBit)) * Page.bytes)
  }

  private func isFree(_ bit: UInt64, in memory: borrowing some PhysicalMemory & ~Copyable) -> Bool {
    memory.read(at: wordAddress(bit / 64)) & (1 << (bit % 64)) != 0
  }

  private func firstUsed(
    from bit: UInt64, count: UInt64, in memory: borrowing some PhysicalMemory & ~Copyable
  ) -> UInt64? {
    var current = bit
    while current < bit + count {
      // A whole word of free frames is the common case in a large run.
      if current % 64 == 0, bit + count - current >= 64,
        memory.read(at: wordAddress(current / 64)) == UInt64.max
      {
        current += 64
      } else {
        if !isFree(current, in: memory) { return current }
        current += 1
      }
    }
    return nil
  }

  private func setFree(
    _ isFree: Bool, firstBit: UInt64, count: UInt64,
    in memory: inout some PhysicalMemory & ~Copyable
  ) {
    var bit = firstBit
    let end = firstBit + count
    while bit < end {
      let inWord = min(64 - bit % 64, end - bit)
      let mask = (inWord == 64 ? UInt64.max : (1 << inWord) - 1) << (bit % 64)
      let address = wordAddress(bit / 64)
      let old = memory.read(at: address)
      memory.write(isFree ? old | mask : old & ~mask, at: address)
      bit += inWord
    }
  }

  private func countFree(in memory: borrowing some PhysicalMemory & ~Copyable) -> Int {
    var count = 0
    var word: UInt64 = 0
    while word < wordCount {
      count += memory.read(at: wordAddress(word)).nonzeroBitCount
      word += 1
    }
    return count
  }
}

extension FrameAllocator: FrameSource {
  public mutating func allocateFrame(
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) -> PhysicalAddress {
    try allocate(in: &memory)
  }

  public mutating func freeFrame(
    _ frame: PhysicalAddress, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    try free(frame, in: &memory)
  }
}
