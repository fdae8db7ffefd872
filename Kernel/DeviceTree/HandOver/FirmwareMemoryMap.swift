// UEFI's memory map: what is the kernel's once boot services have ended, and what never.

public import Reporting

/// A view of the map (UEFI Specification 2.10, §7.2.3). A descriptor has at least 40 bytes; how
/// far apart they are, firmware says, so that later versions can be longer:
///
///     0  type, 32 bits      8  physical address      16  virtual address
///     24 pages of 4 KiB     32 attributes
public struct FirmwareMemoryMap: ~Escapable {
  private let bytes: Span<UInt8>
  private let descriptorBytes: Int

  static var pageBytes: UInt64 { 4096 }

  /// - Parameter descriptorBytes: from one descriptor to the next.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, descriptorBytes: Int) throws(HandOverError) {
    guard descriptorBytes >= 40, bytes.count > 0, bytes.count % descriptorBytes == 0 else {
      throw .malformedMemoryMap(bytes: bytes.count, descriptorBytes: descriptorBytes)
    }
    self.bytes = bytes
    self.descriptorBytes = descriptorBytes
  }

  public var count: Int { bytes.count / descriptorBytes }

  /// What is free for the kernel when boot services have ended, merged and in order.
  public func usableMemory() throws(HandOverError) -> UsableMemory {
    var usable = UsableMemory()
    var index = 0
    while index < count {
      let start = index * descriptorBytes
      if isUsable(at: start) {
        let base = bytes.littleEndian(at: start + 8)
        let pages = bytes.littleEndian(at: start + 24)
        let (size, overflow) = pages.multipliedReportingOverflow(by: Self.pageBytes)
        let range = AddressRange(base: base, bytes: size)
        guard base % Self.pageBytes == 0, !overflow, range.isRepresentable else {
          throw .malformedDescriptor(index: index)
        }
        usable.insert(range)
      }
      index += 1
    }
    return usable
  }

  /// Loader and boot services memory is free after boot services, as conventional memory is
  /// (§7.2.3, table 7-10). It must be ordinary memory, and not meant for a special purpose.
  private func isUsable(at start: Int) -> Bool {
    let type = UInt32(truncatingIfNeeded: bytes.littleEndian(at: start))
    switch type {
    case 1, 2, 3, 4, 7:  // Loader code and data, boot services code and data, conventional.
      let attributes = bytes.littleEndian(at: start + 32)
      let writeBack: UInt64 = 1 << 3
      let specialPurpose: UInt64 = 1 << 18
      let runtime: UInt64 = 1 << 63
      return attributes & (writeBack | specialPurpose | runtime) == writeBack
    default:
      return false
    }
  }
}

/// Ranges of memory in the order of their addresses; none touches another.
public struct UsableMemory: Sendable {
  /// Ranges that there is room for: firmware leaves about twenty.
  public static var capacity: Int { 32 }

  private var ranges = InlineArray<32, AddressRange>(repeating: AddressRange(base: 0, bytes: 0))
  public private(set) var count = 0
  /// Memory that is free but not in the list, because it was full and these were the smallest.
  public private(set) var leftOutBytes: UInt64 = 0

  init() {}

  public var isEmpty: Bool { count == 0 }
  public var indices: Range<Int> { 0..<count }

  public subscript(index: Int) -> AddressRange {
    precondition(index >= 0 && index < count, "index outside the list")
    return ranges[index]
  }

  /// Adds a range. What touches or overlaps becomes one.
  mutating func insert(_ new: AddressRange) {
    guard new.bytes > 0 else { return }
    var merged = new
    var place = 0
    while place < count, isBefore(ranges[place], merged) { place += 1 }
    // Everything from here that touches is drawn into the new range.
    while place < count, !isBefore(merged, ranges[place]) {
      let last = max(lastByte(of: merged), lastByte(of: ranges[place]))
      merged.base = min(merged.base, ranges[place].base)
      merged.bytes = last - merged.base + 1
      remove(at: place)
    }
    if count == Self.capacity {
      var smallest = 0
      for index in indices where ranges[index].bytes < ranges[smallest].bytes { smallest = index }
      guard ranges[smallest].bytes < merged.bytes else {
        leftOutBytes += merged.bytes
        return
      }
      leftOutBytes += ranges[smallest].bytes
      remove(at: smallest)
      if smallest < place { place -= 1 }
    }
    var index = count
    while index > place {
      ranges[index] = ranges[index - 1]
      index -= 1
    }
    ranges[place] = merged
    count += 1
  }

  /// Whether `left` ends before `right` starts, with something between.
  private func isBefore(_ left: AddressRange, _ right: AddressRange) -> Bool {
    lastByte(of: left) < right.base && lastByte(of: left) != right.base - 1
  }

  /// An end may be 2⁶⁴, a last byte not.
  private func lastByte(of range: AddressRange) -> UInt64 { range.base + (range.bytes - 1) }

  private mutating func remove(at place: Int) {
    var index = place
    while index < count - 1 {
      ranges[index] = ranges[index + 1]
      index += 1
    }
    count -= 1
  }
}

/// Why what firmware handed over cannot become a tree for the kernel.
public enum HandOverError: Error, Equatable, Sendable, Reportable {
  case malformedMemoryMap(bytes: Int, descriptorBytes: Int)
  case malformedDescriptor(index: Int)
  case noUsableMemory
  /// The root's cells have no room for this address or size.
  case cellsTooNarrow(AddressRange)
  case noRoom(bytes: Int)

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .malformedMemoryMap(let bytes, let descriptorBytes):
      output.write("memory map: \(bytes) bytes in descriptors of \(descriptorBytes)" as LogText)
    case .malformedDescriptor(let index):
      output.write("memory map: descriptor \(index) is no range of pages" as LogText)
    case .noUsableMemory: output.write("memory map: no free memory")
    case .cellsTooNarrow(let range):
      output.write("device tree: no room in the root's cells for memory at " as LogText)
      output.write("\(hexadecimal: range.base)" as LogText)
    case .noRoom(let bytes):
      output.write("device tree: \(bytes) bytes are too few for the new tree" as LogText)
    }
  }
}

extension Span<UInt8> {
  /// The little-endian double word at `offset`; the caller has checked that it is there.
  fileprivate func littleEndian(at offset: Int) -> UInt64 {
    var value: UInt64 = 0
    var index = 8
    while index > 0 {
      index -= 1
      value = value << 8 | UInt64(self[offset + index])
    }
    return value
  }
}
