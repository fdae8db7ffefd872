// What to load where: the plan for a static program.
//
// Format: System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture. The file comes
// with the initial archive and is checked as a whole before a page is touched.

/// The loading plan of a static ELF64 executable for AArch64: plain values, no reference to the
/// file.
public struct ELFImage: Sendable {
  /// Loadable segments that a program may have.
  public static var segmentLimit: Int { 8 }

  /// What a program may do with a segment; W^X, so there is no fourth case.
  public enum Access: Hashable, Sendable {
    case readOnly
    case readWrite
    case readExecute
  }

  /// A piece of the program. Bytes of memory behind the file's are zero.
  public struct Segment: Equatable, Sendable {
    /// Where its content is in the file.
    public let file: Range<Int>
    /// Where it starts in memory; need not be a page's start.
    public let address: UInt64
    /// Bytes in memory, at least as many as in the file and at least one.
    public let memoryBytes: UInt64
    public let access: Access

    /// The pages that the segment takes, from the first one's address to the last one's end.
    public var pages: Range<UInt64> {
      let mask = ELFImage.pageBytes - 1
      return (address & ~mask)..<((address + memoryBytes + mask) & ~mask)
    }
  }

  /// Where the first thread starts: in an executable segment.
  public let entry: UInt64
  private var segments = InlineArray<8, Segment>(
    repeating: Segment(file: 0..<0, address: 0, memoryBytes: 1, access: .readOnly))
  /// Loadable segments, in ascending order of their addresses.
  public private(set) var segmentCount = 0

  public subscript(segment index: Int) -> Segment {
    precondition(index >= 0 && index < segmentCount, "no such segment")
    return segments[index]
  }

  static var pageBytes: UInt64 { 4096 }

  /// Checks a file and makes the plan. All pages of all segments must lie in `addresses`, whose
  /// bounds are multiples of the page size.
  public init(_ file: Span<UInt8>, within addresses: Range<UInt64>) throws(ELFError) {
    let header = try FileHeader(file)
    entry = header.entry
    var index = 0
    // Number of the last loadable segment in the program headers, for messages.
    var last = 0
    while index < header.programHeaderCount {
      let program = ProgramHeader(
        file, at: header.programHeaders + index * ProgramHeader.bytes)
      switch program.type {
      case ProgramHeader.load where program.memoryBytes == 0 && program.fileBytes == 0:
        break
      case ProgramHeader.load:
        let segment = try program.segment(index, fileBytes: file.count, within: addresses)
        if segmentCount > 0,
          segments[segmentCount - 1].pages.upperBound > segment.pages.lowerBound
        {
          throw .overlappingSegments(last, index)
        }
        guard segmentCount < Self.segmentLimit else {
          throw .tooManySegments(limit: Self.segmentLimit)
        }
        segments[segmentCount] = segment
        segmentCount += 1
        last = index
      case ProgramHeader.dynamic, ProgramHeader.interpreter, ProgramHeader.threadLocal:
        throw .unsupportedSegment(index, type: program.type)
      default:
        // Notes, the headers themselves, stack flags and the like: nothing to load.
        break
      }
      index += 1
    }
    guard segmentCount > 0 else { throw .noSegments }
    guard isExecutable(entry) else { throw .entryNotExecutable(address: entry) }
  }

  /// Whether an instruction can stand at an address.
  private func isExecutable(_ address: UInt64) -> Bool {
    guard address % 4 == 0 else { return false }
    var index = 0
    while index < segmentCount {
      let segment = segments[index]
      if segment.access == .readExecute, address >= segment.address,
        address - segment.address < UInt64(segment.file.count)
      {
        return true
      }
      index += 1
    }
    return false
  }
}
