// The two kinds of header that loading needs; sections are for linkers and debuggers.

/// The ELF header, 64 bytes:
///
///      0 magic (4)      4 class      5 byte order   6 version     16 type (2)
///     18 machine (2)   20 version (4)              24 entry (8)   32 program headers (8)
///     52 header bytes (2)   54 program header bytes (2)   56 program headers (2)
struct FileHeader {
  let entry: UInt64
  let programHeaders: Int
  let programHeaderCount: Int

  static var bytes: Int { 64 }

  private static var elfClass64: UInt8 { 2 }
  private static var littleEndian: UInt8 { 1 }
  private static var currentVersion: UInt8 { 1 }
  /// ET_EXEC: linked for fixed addresses.
  private static var executable: UInt16 { 2 }
  /// EM_AARCH64.
  private static var aarch64: UInt16 { 183 }

  init(_ file: Span<UInt8>) throws(ELFError) {
    guard file.count >= Self.bytes else {
      throw .truncated(bytes: file.count, needed: UInt64(Self.bytes))
    }
    guard file[0] == 0x7F, file[1] == 0x45, file[2] == 0x4C, file[3] == 0x46 else {
      throw .wrongMagic
    }
    try Self.require(.fileClass, UInt64(file[4]), is: UInt64(Self.elfClass64))
    try Self.require(.byteOrder, UInt64(file[5]), is: UInt64(Self.littleEndian))
    try Self.require(.version, UInt64(file[6]), is: UInt64(Self.currentVersion))
    try Self.require(.type, UInt64(file.halfWord(at: 16)), is: UInt64(Self.executable))
    try Self.require(.machine, UInt64(file.halfWord(at: 18)), is: UInt64(Self.aarch64))
    try Self.require(.version, UInt64(file.word(at: 20)), is: UInt64(Self.currentVersion))
    entry = file.doubleWord(at: 24)
    let tableOffset = file.doubleWord(at: 32)
    try Self.require(.headerBytes, UInt64(file.halfWord(at: 52)), is: UInt64(Self.bytes))
    programHeaderCount = Int(file.halfWord(at: 56))
    if programHeaderCount > 0 {
      try Self.require(
        .programHeaderBytes, UInt64(file.halfWord(at: 54)), is: UInt64(ProgramHeader.bytes))
    }
    let tableBytes = UInt64(programHeaderCount * ProgramHeader.bytes)
    let (end, overflow) = tableOffset.addingReportingOverflow(tableBytes)
    guard !overflow, end <= UInt64(file.count) else {
      throw .truncated(bytes: file.count, needed: overflow ? UInt64.max : end)
    }
    programHeaders = Int(tableOffset)
  }

  private static func require(
    _ field: ELFError.Field, _ value: UInt64, is expected: UInt64
  ) throws(ELFError) {
    guard value == expected else { throw .unsupported(field, value: value) }
  }
}

/// A program header, 56 bytes:
///
///      0 type (4)   4 flags (4)   8 file offset (8)   16 address (8)   24 physical address (8)
///     32 bytes in the file (8)   40 bytes in memory (8)   48 alignment (8)
struct ProgramHeader {
  let type: UInt32
  let flags: UInt32
  let fileOffset: UInt64
  let address: UInt64
  let fileBytes: UInt64
  let memoryBytes: UInt64
  let alignment: UInt64

  static var bytes: Int { 56 }
  static var load: UInt32 { 1 }
  static var dynamic: UInt32 { 2 }
  static var interpreter: UInt32 { 3 }
  static var threadLocal: UInt32 { 7 }

  /// Reads the header at `offset`, where there are enough bytes.
  init(_ file: Span<UInt8>, at offset: Int) {
    type = file.word(at: offset)
    flags = file.word(at: offset + 4)
    fileOffset = file.doubleWord(at: offset + 8)
    address = file.doubleWord(at: offset + 16)
    fileBytes = file.doubleWord(at: offset + 32)
    memoryBytes = file.doubleWord(at: offset + 40)
    alignment = file.doubleWord(at: offset + 48)
  }

  private var isExecutable: Bool { flags & 1 != 0 }
  private var isWritable: Bool { flags & 2 != 0 }
  private var isReadable: Bool { flags & 4 != 0 }

  /// Checks segment `index` and says how to load it.
  func segment(
    _ index: Int, fileBytes available: Int, within addresses: Range<UInt64>
  ) throws(ELFError) -> ELFImage.Segment {
    guard fileOffset <= UInt64(available), fileBytes <= UInt64(available) - fileOffset else {
      throw .segmentOutsideFile(index)
    }
    guard fileBytes <= memoryBytes else { throw .segmentSizes(index) }
    guard addresses.contains(address), memoryBytes <= addresses.upperBound - address else {
      throw .segmentOutsideUserRange(index, address: address)
    }
    // 0 and 1 mean no alignment. Larger than a page is legal and satisfied by the link address.
    guard alignment & (alignment &- 1) == 0,
      alignment <= 1 || address % alignment == fileOffset % alignment
    else { throw .misalignedSegment(index) }
    guard !(isWritable && isExecutable) else { throw .writableAndExecutable(index) }
    guard isReadable else { throw .unreadableSegment(index) }
    let start = Int(fileOffset)
    return ELFImage.Segment(
      file: start..<(start + Int(fileBytes)), address: address, memoryBytes: memoryBytes,
      access: isExecutable ? .readExecute : isWritable ? .readWrite : .readOnly)
  }
}
