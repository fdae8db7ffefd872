// Building and tearing down the address space of a process.
//
// Everything is copied and mapped before the first thread exists, and unmapped after the last
// has ended, so no core's translations change under it.

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

  func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .frames(let error): output.write(error)
    case .mapping(let error): output.write(error)
    }
  }
}

extension KernelAddressSpace {
  /// Builds the address space of a program with one thread.
  /// - Parameters:
  ///   - lines: physical address of the thread's endpoint block; nil without NIC.
  mutating func makeUserTable(
    image: ELFImage, file: Span<UInt8>, lines: UInt64?
  ) throws(AddressSpaceFailure) -> TranslationTable {
    let table: TranslationTable
    do throws(FrameError) {
      table = try TranslationTable(.user, frames: &frames, in: &memory)
    } catch { throw .frames(error) }
    do throws(AddressSpaceFailure) {
      for index in 0..<image.segmentCount {
        try load(image[segment: index], of: file, into: table)
      }
      let stackTop = UserAddressSpace.stackTop(ofThread: 0)
      for page in stride(
        from: stackTop - UserAddressSpace.stackBytes, to: stackTop, by: Int(Page.bytes))
      {
        _ = try addPage(at: page, .userReadWrite, to: table)
      }
      if let lines {
        try map(
          UserAddressSpace.linesBase, bytes: UInt64(EndpointLayout.mappedBytes), to: lines,
          PageAttributes(.lines, .userReadWrite), in: table)
      }
    } catch {
      destroyUserTable(table)
      throw error
    }
    barrier_complete()
    return table
  }

  /// Gives back a table and the frames behind it. Its identifier is out of all TLBs.
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
    _ segment: ELFImage.Segment, of file: Span<UInt8>, into table: borrowing TranslationTable
  ) throws(AddressSpaceFailure) {
    let access: PageAccess =
      switch segment.access {
      case .readOnly: .userReadOnly
      case .readWrite: .userReadWrite
      case .readExecute: .userReadExecute
      }
    var page = segment.pages.lowerBound
    while page < segment.pages.upperBound {
      let frame = try addPage(at: page, access, to: table)
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
    at address: UInt64, _ access: PageAccess, to table: borrowing TranslationTable
  ) throws(AddressSpaceFailure) -> PhysicalAddress {
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
