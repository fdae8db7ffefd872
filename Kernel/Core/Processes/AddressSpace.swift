// Building and tearing down the address space of a process.
//
// Mappings are only added while threads run, which needs no invalidation (ARM ARM D8.13.1: an invalid
// entry is in no TLB); all are removed together, after the last thread has ended.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import SystemInterface

/// What can go wrong while an address space is built.
enum AddressSpaceFailure: Error, Reportable {
  case frames(FrameError)
  case mapping(MappingError)
  /// The process would have more memory than it may.
  case limit
  case tooManyAddressSpaces

  func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .frames(let error): output.write(error)
    case .mapping(let error): output.write(error)
    case .limit: output.write("the process's memory limit is reached")
    case .tooManyAddressSpaces: output.write("all address space identifiers are in use")
    }
  }
}

extension KernelAddressSpace {
  /// Builds the address space of a program: its image, no thread yet.
  mutating func makeUserTable(
    for block: inout ProcessBlock, image: ELFImage, file: Span<UInt8>
  ) throws(AddressSpaceFailure) {
    let table: TranslationTable
    do throws(FrameError) {
      table = try TranslationTable(.user, frames: &frames, in: &memory)
    } catch { throw .frames(error) }
    block.pages = 0
    do throws(AddressSpaceFailure) {
      for index in 0..<image.segmentCount {
        try load(image[segment: index], of: file, into: table, of: &block)
      }
      block.addressSpaceIdentifier = try assignIdentifier()
    } catch {
      destroyUserTable(table)
      block.pages = 0
      throw error
    }
    barrier_complete()
    block.table = consume table
  }

  private mutating func assignIdentifier() throws(AddressSpaceFailure) -> AddressSpaceIdentifier {
    guard let assignment = identifiers.assign() else { throw .tooManyAddressSpaces }
    if assignment.isRollover {
      // TLBI reaches all cores by itself (ARM ARM D8.14.5), also those that execute nothing because
      // a load of theirs is held.
      barrier_complete()
      translations_forget_all()
      barrier_complete()
      barrier_context()
      identifierRollovers += 1
      Log.information("address space identifiers begin anew (\(identifierRollovers))")
    }
    return assignment.identifier
  }

  /// Adds what thread `index` needs: a stack between unmapped pages, and its endpoint.
  /// - Parameter lines: physical address of the endpoint's block; nil without NIC.
  mutating func addThread(
    _ index: Int, lines: UInt64?, to block: inout ProcessBlock
  ) throws(AddressSpaceFailure) {
    let top = UserAddressSpace.stackTop(ofThread: index)
    try addMemory(from: top - UserAddressSpace.stackBytes, to: top, of: &block)
    guard let lines else { return }
    try withTable(of: &block) { (space, table, _) throws(AddressSpaceFailure) in
      try space.map(
        UserAddressSpace.lines(ofThread: index), bytes: UInt64(EndpointLayout.mappedBytes),
        to: lines, PageAttributes(.lines, .userReadWrite), in: table)
      barrier_complete()
    }
  }

  /// Adds zeroed memory that the program may read and write: all of it, or nothing when the process or
  /// the machine has no more. Pages that are there already are used.
  mutating func addMemory(
    from start: UInt64, to end: UInt64, of block: inout ProcessBlock
  ) throws(AddressSpaceFailure) {
    try withTable(of: &block) { (space, table, block) throws(AddressSpaceFailure) in
      var missing: UInt64 = 0
      for page in stride(from: start, to: end, by: Int(Page.bytes))
      where table.lookup(VirtualAddress(page), in: space.memory) == nil { missing += 1 }
      guard missing <= block.pagesLeft else { throw .limit }
      // A table of the last level for each 512 pages and for each end, and one of each level above.
      let frames = Int(missing + missing / 512 + 4)
      guard frames <= space.frames.freeFrames else {
        throw .frames(.outOfMemory(frames: frames, freeFrames: space.frames.freeFrames))
      }
      for page in stride(from: start, to: end, by: Int(Page.bytes))
      where table.lookup(VirtualAddress(page), in: space.memory) == nil {
        _ = try space.addPage(at: page, .userReadWrite, to: table, of: &block)
      }
      barrier_complete()
    }
  }

  private mutating func withTable(
    of block: inout ProcessBlock,
    _ body: (inout Self, borrowing TranslationTable, inout ProcessBlock) throws(AddressSpaceFailure)
      -> Void
  ) throws(AddressSpaceFailure) {
    guard let table = block.table.take() else { Panic.stop("process without address space") }
    do throws(AddressSpaceFailure) {
      try body(&self, table, &block)
      block.table = consume table
    } catch {
      block.table = consume table
      throw error
    }
  }

  /// Gives back a table and the frames behind it. No core has it in TTBR0_EL1, so none walks it;
  /// what TLBs still know stands under an identifier that nobody has.
  mutating func destroyUserTable(_ table: consuming TranslationTable) {
    // Lines are the FPGA's, everything else was allocated page by page.
    var offset: UInt64 = 0
    var lost = false
    table.forEachMapping(in: memory) { _, bytes, translation in
      guard translation.attributes.type == .normal else { return }
      offset = 0
      while offset < bytes {
        do throws(FrameError) {
          var writer = memory
          try frames.freeFrame(translation.physical + offset, in: &writer)
        } catch { lost = true }
        offset += Page.bytes
      }
    }
    do throws(FrameError) {
      try table.destroy(frames: &frames, in: &memory)
    } catch { lost = true }
    if lost { Log.error("frames of a process could not be given back") }
  }

  private mutating func load(
    _ segment: ELFImage.Segment, of file: Span<UInt8>, into table: borrowing TranslationTable,
    of block: inout ProcessBlock
  ) throws(AddressSpaceFailure) {
    let access: PageAccess =
      switch segment.access {
      case .readOnly: .userReadOnly
      case .readWrite: .userReadWrite
      case .readExecute: .userReadExecute
      }
    var page = segment.pages.lowerBound
    while page < segment.pages.upperBound {
      let frame = try addPage(at: page, access, to: table, of: &block)
      // The part of the file that lies in this page.
      let fileEnd = segment.address + UInt64(segment.file.count)
      var address = max(page, segment.address)
      let end = min(page + Page.bytes, fileEnd)
      while address < end {
        let byte = file[segment.file.lowerBound + Int(address - segment.address)]
        memory.writeByte(byte, at: frame + (address - page))
        address += 1
      }
      if segment.access == .readExecute { memory.makeExecutable(frame) }
      page += Page.bytes
    }
  }

  /// Adds a zeroed page.
  private mutating func addPage(
    at address: UInt64, _ access: PageAccess, to table: borrowing TranslationTable,
    of block: inout ProcessBlock
  ) throws(AddressSpaceFailure) -> PhysicalAddress {
    guard block.pagesLeft > 0 else { throw .limit }
    let frame: PhysicalAddress
    do throws(FrameError) {
      frame = try frames.allocateFrame(in: &memory)
    } catch { throw .frames(error) }
    for offset in stride(from: 0, to: Page.bytes, by: 8) { memory.write(0, at: frame + offset) }
    do throws(AddressSpaceFailure) {
      try map(
        address, bytes: Page.bytes, to: frame.bits, PageAttributes(.normal, access), in: table)
    } catch {
      do throws(FrameError) {
        try frames.freeFrame(frame, in: &memory)
      } catch let lost { Log.error("a frame was lost: \(lost)") }
      throw error
    }
    block.pages += 1
    return frame
  }

  private mutating func map(
    _ start: UInt64, bytes: UInt64, to target: UInt64, _ attributes: PageAttributes,
    in table: borrowing TranslationTable
  ) throws(AddressSpaceFailure) {
    do throws(MappingError) {
      _ = try table.map(
        VirtualAddress(start), bytes: bytes, to: PhysicalAddress(target), attributes,
        frames: &frames, in: &memory)
    } catch { throw .mapping(error) }
  }
}

extension MachineMemory {
  func readByte(at address: PhysicalAddress) -> UInt8 {
    // Safety: as `read`.
    unsafe UnsafePointer<UInt8>(bitPattern: UInt(address.bits + offset))
      .unsafelyUnwrapped.pointee
  }

  mutating func writeByte(_ byte: UInt8, at address: PhysicalAddress) {
    // Safety: as `write`.
    unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(address.bits + offset))
      .unsafelyUnwrapped.pointee = byte
  }

  /// Makes instructions that were written into a frame visible to instruction fetch on all
  /// cores (ARM ARM B2.4.4); 64 bytes are the smallest line among our machines.
  func makeExecutable(_ frame: PhysicalAddress) {
    for line in stride(from: frame.bits, to: frame.bits + Page.bytes, by: 64) {
      cache_clean_for_instructions(line + offset)
    }
    barrier_complete()
    instructions_forget()
    barrier_complete()
    barrier_context()
  }
}
