// A tree with what the loader knows: command line, initial archive, free memory.
//
// The kernel has one way to start: the Image protocol's, whose only argument is a device tree. A
// loader that has its own way to say these things (UEFI) is brought to it by writing a new tree:
// the old one without its memory nodes, which do not know what firmware keeps for itself.

/// What is added to a tree.
public struct HandOver: ~Escapable {
  /// Replaces `bootargs`, unless empty.
  let commandLine: Span<UInt8>
  /// Replaces the tree's initial archive, unless nil.
  let archive: AddressRange?
  /// Replaces the memory nodes.
  let memory: UsableMemory

  @_lifetime(copy commandLine)
  public init(commandLine: Span<UInt8>, archive: AddressRange?, memory: UsableMemory) {
    self.commandLine = commandLine
    self.archive = archive
    self.memory = memory
  }
}

/// Names that the strings block gets, behind those that it has.
private enum AddedName: Int, CaseIterable {
  case bootArguments
  case archiveStart
  case archiveEnd
  case deviceType
  case register

  var text: StaticString {
    switch self {
    case .bootArguments: "bootargs"
    case .archiveStart: "linux,initrd-start"
    case .archiveEnd: "linux,initrd-end"
    case .deviceType: "device_type"
    case .register: "reg"
    }
  }

  /// From the first added name.
  var offset: Int {
    var offset = 0
    for name in Self.allCases where name.rawValue < rawValue {
      offset += name.text.utf8CodeUnitCount + 1
    }
    return offset
  }
}

extension DeviceTree {
  /// Writes this tree with `handOver` in it.
  /// - Returns: bytes of the new blob.
  public func write(
    with handOver: borrowing HandOver, into output: inout MutableSpan<UInt8>
  ) throws(HandOverError) -> Int {
    guard !handOver.memory.isEmpty else { throw .noUsableMemory }
    var writer = BlobWriter()
    let header: [10 of UInt32] = [
      DeviceTreeHeader.magic, 0, 0, 0, 0, DeviceTreeHeader.version, 16,
      bytes.word(at: 28) ?? 0, 0, 0,
    ]
    for index in header.indices { writer.word(header[index], to: &output) }

    let reservationsStart = writer.count
    var index = 0
    while let range = reservation(index) {
      writer.doubleWord(range.base, to: &output)
      writer.doubleWord(range.bytes, to: &output)
      index += 1
    }
    writer.doubleWord(0, to: &output)
    writer.doubleWord(0, to: &output)

    let structureStart = writer.count
    try writeStructure(with: handOver, &writer, into: &output)
    let stringsStart = writer.count
    writer.bytes(bytes, strings, to: &output)
    for name in AddedName.allCases { writer.text(name.text, to: &output) }

    guard writer.count <= output.count else { throw .noRoom(bytes: output.count) }
    writer.replaceWord(1, with: writer.count, in: &output)
    writer.replaceWord(2, with: structureStart, in: &output)
    writer.replaceWord(3, with: stringsStart, in: &output)
    writer.replaceWord(4, with: reservationsStart, in: &output)
    writer.replaceWord(8, with: writer.count - stringsStart, in: &output)
    writer.replaceWord(9, with: stringsStart - structureStart, in: &output)
    return writer.count
  }

  /// The structure block: everything as it is, except `/chosen` and the memory nodes.
  private func writeStructure(
    with handOver: borrowing HandOver, _ writer: inout BlobWriter,
    into output: inout MutableSpan<UInt8>
  ) throws(HandOverError) {
    var depth = 0
    var isInChosen = false
    var hasChosen = false
    var offset = structure.lowerBound
    // The initialiser has read every token once, so none fails.
    while let item = try? item(at: offset), item.kind != .end {
      switch item.kind {
      case .nodeStart where depth == 1 && isMemory(nodeAt: offset):
        offset = endOfNode(at: offset)
        continue
      case .nodeStart:
        depth += 1
        copy(offset..<item.end, &writer, into: &output)
        if depth == 2, !hasChosen, bytes.holds("chosen", in: item.name) {
          hasChosen = true
          isInChosen = true
          writeChosen(handOver, &writer, into: &output)
        } else {
          isInChosen = false
        }
      case .nodeEnd:
        if depth == 1 {
          if !hasChosen {
            writer.word(1, to: &output)
            writer.text("chosen", to: &output)
            writer.pad(to: 4, &output)
            writeChosen(handOver, &writer, into: &output)
            writer.word(2, to: &output)
          }
          try writeMemory(handOver.memory, &writer, into: &output)
        }
        depth -= 1
        isInChosen = false
        copy(offset..<item.end, &writer, into: &output)
      case .property where isInChosen && isReplaced(item.name, by: handOver): break
      case .property, .nothing: copy(offset..<item.end, &writer, into: &output)
      case .end: break
      }
      offset = item.end
    }
    writer.word(9, to: &output)
  }

  private func copy(
    _ range: Range<Int>, _ writer: inout BlobWriter, into output: inout MutableSpan<UInt8>
  ) {
    writer.bytes(bytes, range.lowerBound..<min(range.upperBound, bytes.count), to: &output)
    writer.pad(to: 4, &output)
  }

  private func isReplaced(_ name: Range<Int>, by handOver: borrowing HandOver) -> Bool {
    if !handOver.commandLine.isEmpty, bytes.holds("bootargs", in: name) { return true }
    return handOver.archive != nil
      && (bytes.holds("linux,initrd-start", in: name) || bytes.holds("linux,initrd-end", in: name))
  }

  private func isMemory(nodeAt start: Int) -> Bool {
    var offset = start
    while let item = try? item(at: offset) {
      if item.kind == .property, bytes.holds("device_type", in: item.name),
        bytes.holds("memory\0", in: item.value)
      {
        return true
      }
      guard offset == start || item.kind == .property || item.kind == .nothing else { return false }
      offset = item.end
    }
    return false
  }

  /// Behind the end token of the node that starts here.
  private func endOfNode(at start: Int) -> Int {
    var depth = 0
    var offset = start
    while let item = try? item(at: offset) {
      if item.kind == .nodeStart { depth += 1 }
      if item.kind == .nodeEnd { depth -= 1 }
      offset = item.end
      if depth == 0 { break }
    }
    return offset
  }

  private func writeChosen(
    _ handOver: borrowing HandOver, _ writer: inout BlobWriter,
    into output: inout MutableSpan<UInt8>
  ) {
    if !handOver.commandLine.isEmpty {
      beginProperty(.bootArguments, bytes: handOver.commandLine.count + 1, &writer, into: &output)
      writer.bytes(handOver.commandLine, 0..<handOver.commandLine.count, to: &output)
      writer.byte(0, to: &output)
      writer.pad(to: 4, &output)
    }
    if let archive = handOver.archive {
      beginProperty(.archiveStart, bytes: 8, &writer, into: &output)
      writer.doubleWord(archive.base, to: &output)
      beginProperty(.archiveEnd, bytes: 8, &writer, into: &output)
      writer.doubleWord(archive.end, to: &output)
    }
  }

  /// One node for all memory, in the root's cells.
  private func writeMemory(
    _ memory: UsableMemory, _ writer: inout BlobWriter, into output: inout MutableSpan<UInt8>
  ) throws(HandOverError) {
    let addressCells = self.addressCells(of: root)
    let sizeCells = self.sizeCells(of: root)
    writer.word(1, to: &output)
    writer.text("memory", to: &output)
    writer.pad(to: 4, &output)
    beginProperty(.deviceType, bytes: 7, &writer, into: &output)
    writer.text("memory", to: &output)
    writer.pad(to: 4, &output)
    beginProperty(
      .register, bytes: memory.count * (addressCells + sizeCells) * 4, &writer, into: &output)
    for index in memory.indices {
      let range = memory[index]
      guard writer.number(range.base, cells: addressCells, to: &output),
        writer.number(range.bytes, cells: sizeCells, to: &output)
      else { throw .cellsTooNarrow(range) }
    }
    writer.word(2, to: &output)
  }

  private func beginProperty(
    _ name: AddedName, bytes count: Int, _ writer: inout BlobWriter,
    into output: inout MutableSpan<UInt8>
  ) {
    writer.word(3, to: &output)
    writer.word(UInt32(truncatingIfNeeded: count), to: &output)
    writer.word(UInt32(truncatingIfNeeded: strings.count + name.offset), to: &output)
  }
}

extension BlobWriter {
  /// A number in one or two cells; false if it does not fit.
  fileprivate mutating func number(
    _ value: UInt64, cells: Int, to output: inout MutableSpan<UInt8>
  ) -> Bool {
    switch cells {
    case 1 where value <= UInt64(UInt32.max):
      word(UInt32(value), to: &output)
      return true
    case 2:
      doubleWord(value, to: &output)
      return true
    default: return false
    }
  }
}
