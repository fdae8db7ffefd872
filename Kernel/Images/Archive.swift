// The initial archive: programs that the loader put into memory for the kernel.
//
// cpio in the "newc" format, because every loader passes one and every host can make one
// (`cpio -o -H newc`). Format: cpio(5), "New ASCII Format".

/// A checked view of an archive. It owns nothing; the bytes must outlive it.
public struct Archive: ~Escapable {
  private let bytes: Span<UInt8>

  /// A member of one particular archive.
  public struct Entry: Equatable, Sendable {
    /// Where the name is, without its zero.
    fileprivate let nameRange: Range<Int>
    /// Where the content is.
    fileprivate let contentRange: Range<Int>
    /// File type and permissions, as in `stat`.
    public let mode: UInt32
    /// Where the next header starts.
    fileprivate let next: Int

    public var byteCount: Int { contentRange.count }

    /// Whether it is a regular file, not a folder, link or device.
    public var isFile: Bool { mode & 0o170000 == 0o100000 }
  }

  /// Checks all headers up to the trailer; what follows it is ignored (loaders pad).
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) throws(ArchiveError) {
    self.bytes = bytes
    var offset = 0
    while let entry = try entry(at: offset) { offset = entry.next }
  }

  /// The first member, or nil if there is none.
  public var first: Entry? { (try? entry(at: 0)) ?? nil }

  /// The member after `entry`, or nil after the last one.
  public func entry(after entry: Entry) -> Entry? { (try? self.entry(at: entry.next)) ?? nil }

  /// The first member whose name is `name`; a leading "./" in the archive does not count.
  public func entry(named name: StaticString) -> Entry? {
    var current = first
    while let entry = current {
      if bytes.holds(name, in: baseName(entry)) { return entry }
      current = self.entry(after: entry)
    }
    return nil
  }

  /// The first member whose name is `name`; a leading "./" in the archive does not count.
  public func entry(named name: Span<UInt8>) -> Entry? {
    var current = first
    while let entry = current {
      if bytes.holds(name, in: baseName(entry)) { return entry }
      current = self.entry(after: entry)
    }
    return nil
  }

  /// The name as the archive has it.
  @_lifetime(copy self)
  public func name(of entry: Entry) -> Span<UInt8> { bytes.extracting(entry.nameRange) }

  @_lifetime(copy self)
  public func content(of entry: Entry) -> Span<UInt8> { bytes.extracting(entry.contentRange) }

  private func baseName(_ entry: Entry) -> Range<Int> {
    let range = entry.nameRange
    guard range.count > 2, bytes.holds("./", in: range.lowerBound..<(range.lowerBound + 2)) else {
      return range
    }
    return (range.lowerBound + 2)..<range.upperBound
  }

  /// The header's layout: six bytes of magic, then thirteen fields of eight hexadecimal digits.
  private enum Header {
    static var bytes: Int { 110 }
    static var modeField: Int { 2 }
    static var contentBytesField: Int { 7 }
    static var nameBytesField: Int { 12 }
    static var fields: Int { 13 }
  }

  /// The member whose header is at `offset`; nil if it is the trailer.
  private func entry(at offset: Int) throws(ArchiveError) -> Entry? {
    if offset >= bytes.count { throw .missingTrailer(offset: bytes.count) }
    guard bytes.count - offset >= Header.bytes else { throw .truncatedHeader(offset: offset) }
    let magic = offset..<(offset + 6)
    // The second one has checksums, which newc readers ignore.
    guard bytes.holds("070701", in: magic) || bytes.holds("070702", in: magic) else {
      throw .wrongMagic(offset: offset)
    }
    // All fields, so that garbage is noticed at once and not after a few members.
    var mode: UInt32 = 0
    var contentBytes = 0
    var nameBytes = 0
    var index = 1
    while index <= Header.fields {
      let value = try field(index, ofHeaderAt: offset)
      switch index {
      case Header.modeField: mode = value
      case Header.contentBytesField: contentBytes = Int(value)
      case Header.nameBytesField: nameBytes = Int(value)
      default: break
      }
      index += 1
    }
    let nameStart = offset + Header.bytes
    guard nameBytes > 1, nameBytes <= bytes.count - nameStart,
      bytes[nameStart + nameBytes - 1] == 0
    else { throw .invalidName(offset: offset) }
    let nameRange = nameStart..<(nameStart + nameBytes - 1)
    if bytes.holds("TRAILER!!!", in: nameRange) { return nil }
    let contentStart = Self.aligned(nameStart + nameBytes)
    guard contentBytes <= bytes.count - contentStart else {
      throw .truncatedContent(offset: offset, bytes: contentBytes)
    }
    let contentRange = contentStart..<(contentStart + contentBytes)
    return Entry(
      nameRange: nameRange, contentRange: contentRange, mode: mode,
      next: Self.aligned(contentRange.upperBound))
  }

  private func field(_ index: Int, ofHeaderAt offset: Int) throws(ArchiveError) -> UInt32 {
    let start = offset + 6 + (index - 1) * 8
    var value: UInt32 = 0
    var position = start
    while position < start + 8 {
      let digit: UInt8
      switch bytes[position] {
      case 0x30...0x39: digit = bytes[position] - 0x30
      case 0x41...0x46: digit = bytes[position] - 0x41 + 10
      case 0x61...0x66: digit = bytes[position] - 0x61 + 10
      default: throw .invalidField(index, offset: offset)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Names and contents are padded to multiples of four, from the archive's start.
  private static func aligned(_ offset: Int) -> Int { (offset + 3) & ~3 }
}
