// The kernel's address space and the frames behind it: built before the MMU is on, grown at boot.
//
// `build` runs at physical addresses; `useLinearMap` turns to virtual ones. After boot nothing
// here is on the way of a call.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Memory
internal import Reporting

/// RAM as the code that builds tables reaches it: at its address plus an offset, which is zero
/// while the MMU is off.
struct MachineMemory: PhysicalMemory {
  var offset: UInt64

  func read(at address: PhysicalAddress) -> UInt64 {
    // Safety: callers pass frames that the allocator owns; all RAM is mapped at the offset.
    unsafe UnsafePointer<UInt64>(bitPattern: UInt(address.bits + offset))
      .unsafelyUnwrapped.pointee
  }

  mutating func write(_ word: UInt64, at address: PhysicalAddress) {
    if offset == 0 {
      // The store goes around the caches. Firmware may have left this line there, even modified:
      // written back later, or found there with the MMU on, it would undo the store.
      cache_invalidate(address.bits)
      barrier_complete()
    }
    // Safety: as above.
    unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(address.bits + offset))
      .unsafelyUnwrapped.pointee = word
  }
}

extension MachineMemory {
  mutating func publish(_ word: UInt64, at address: PhysicalAddress) {
    barrier_stores()
    write(word, at: address)
  }

  /// All RAM, once the MMU is on.
  static var linear: MachineMemory { MachineMemory(offset: AddressMap.linearBase) }
}

/// Frames, the kernel's table, and where the next device is mapped.
struct KernelAddressSpace: ~Copyable {
  var memory = MachineMemory(offset: 0)
  var frames: FrameAllocator
  var table: TranslationTable
  var identity: TranslationTable
  var nextDevice = AddressMap.devicesBase
  var identifiers = AddressSpaceIdentifiers()
  /// How often all identifiers had been used and the TLBs were invalidated.
  var identifierRollovers = 0

  /// What makes it changeable where it stands, in an optional.
  mutating func change<Result: ~Copyable, Failure: Error>(
    _ body: (inout KernelAddressSpace) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(&self)
  }
}

/// What boot does with memory.
enum KernelMemory {
  enum Failure: Error, Reportable {
    case frames(FrameError)
    case mapping(MappingError)

    func write(to output: inout some TextOutput & ~Copyable) {
      switch self {
      case .frames(let error): output.write(error)
      case .mapping(let error): output.write(error)
      }
    }
  }

  // Safety (both): the boot core until others start; after that under `Kernel.withTables`.
  nonisolated(unsafe) private static var space: KernelAddressSpace?
  /// Whether somebody changes it.
  nonisolated(unsafe) private static var isOpen = false

  // MARK: Before the MMU is on

  /// Builds frame allocator, kernel table and identity map.
  static func build(
    platform: PlatformDescription, image: UInt64, deviceTree: AddressRange
  ) throws(Failure) {
    var memory = MachineMemory(offset: 0)
    let imageBytes = address_of_image_end() - address_of_image_start()
    var regions = InlineArray<32, PhysicalRange>(repeating: .empty)
    for index in platform.memory.indices { regions[index] = PhysicalRange(platform.memory[index]) }
    var reserved = InlineArray<40, PhysicalRange>(repeating: .empty)
    var reservedCount = 0
    func reserve(_ range: PhysicalRange) {
      reserved[reservedCount] = range
      reservedCount += 1
    }
    reserve(PhysicalRange(base: PhysicalAddress(image), bytes: imageBytes))
    reserve(PhysicalRange(deviceTree))
    if let archive = platform.initialArchive { reserve(PhysicalRange(archive)) }
    for index in platform.reservedMemory.indices {
      reserve(PhysicalRange(platform.reservedMemory[index]))
    }
    do throws(FrameError) {
      var frames = try FrameAllocator(
        regions: regions.span.extracting(first: platform.memory.count),
        reserved: reserved.span.extracting(first: reservedCount), in: &memory)
      let table = try TranslationTable(.kernel, frames: &frames, in: &memory)
      let identity = try TranslationTable(.identity, frames: &frames, in: &memory)
      unsafe space = KernelAddressSpace(frames: frames, table: table, identity: identity)
    } catch {
      throw .frames(error)
    }
    try mapImage(at: image)
    for index in platform.memory.indices { try mapLinear(platform.memory[index]) }
  }

  /// The image, one permission for each segment; and its text to itself, where the MMU comes on.
  private static func mapImage(at image: UInt64) throws(Failure) {
    let start = address_of_image_start()
    let text = address_of_text_end() - start
    let constants = address_of_rodata_end() - start
    let end = address_of_image_end() - start
    func mapPart(_ from: UInt64, _ to: UInt64, _ access: PageAccess) throws(Failure) {
      try map(
        VirtualAddress(AddressMap.imageBase + from), bytes: to - from,
        to: PhysicalAddress(image + from), PageAttributes(.normal, access))
    }
    try mapPart(0, text, .kernelReadExecute)
    try mapPart(text, constants, .kernelReadOnly)
    // Without the page below the boot core's stack: the stack faults there instead of growing
    // into other data.
    let guardPage = address_of_boot_stack_guard() - start
    try mapPart(constants, guardPage, .kernelReadWrite)
    try mapPart(guardPage + Page.bytes, end, .kernelReadWrite)
    do throws(MappingError) {
      try withSpace { (space) throws(MappingError) in
        // The boot stack and the translation values are read at physical addresses, too.
        _ = try space.identity.map(
          VirtualAddress(image), bytes: text, to: PhysicalAddress(image),
          PageAttributes(.normal, .kernelReadExecute), frames: &space.frames, in: &space.memory)
        _ = try space.identity.map(
          VirtualAddress(image + text), bytes: end - text, to: PhysicalAddress(image + text),
          PageAttributes(.normal, .kernelReadWrite), frames: &space.frames, in: &space.memory)
      }
    } catch {
      throw .mapping(error)
    }
  }

  /// Before the MMU is on nothing stops the boot core's stack at its end; this tells afterwards.
  static func checkBootStack() {
    let memory = MachineMemory(offset: 0)
    let guardPage = PhysicalAddress(address_of_boot_stack_guard())
    var offset: UInt64 = 0
    while offset < Page.bytes {
      guard memory.read(at: guardPage + offset) == 0 else {
        Panic.stop("the boot stack overflowed")
      }
      offset += 8
    }
  }

  /// A region of RAM in the linear map; frames that it has only a part of are left out.
  private static func mapLinear(_ range: AddressRange) throws(Failure) {
    let first = (range.base + Page.bytes - 1) / Page.bytes * Page.bytes
    let end = Page.roundedDown(range.end)
    guard first < end else { return }
    try map(
      VirtualAddress(AddressMap.linearBase + first), bytes: end - first,
      to: PhysicalAddress(first), PageAttributes(.normal, .kernelReadWrite))
  }

  /// Values for the translation registers.
  static var translationSetup: TranslationSetup {
    let features = read_memory_features()
    let (user, kernel) = withSpace { space in
      (space.identity.baseRegister(), space.table.baseRegister())
    }
    return TranslationSetup(
      memory_attributes: TranslationControl.memoryAttributes,
      translation_control: TranslationControl.control(
        physicalAddresses: PhysicalAddressSize(rangeField: features)),
      user_table: user, kernel_table: kernel, system_control: systemControl)
  }

  /// SCTLR_EL1 (ARM ARM D17.2.118): RES1 bits of ARMv8.0; M, C and I for MMU and caches; SA and
  /// SA0 check stack alignment; WXN makes writable memory never executable. UCT and UCI stay clear: cache
  /// operations on lines of the FPGA are not for user programs.
  private static var systemControl: UInt64 {
    let reservedOnes: UInt64 = 0x30d0_0800
    let mmu: UInt64 = 1 << 0
    let dataCache: UInt64 = 1 << 2
    let stackAlignment: UInt64 = 1 << 3
    let userStackAlignment: UInt64 = 1 << 4
    let instructionCache: UInt64 = 1 << 12
    let writeExecuteNever: UInt64 = 1 << 19
    return reservedOnes | mmu | dataCache | stackAlignment | userStackAlignment | instructionCache
      | writeExecuteNever
  }

  // MARK: After

  /// From here on RAM is reached through the linear map.
  static func useLinearMap() { unsafe space?.memory.offset = AddressMap.linearBase }

  /// The user half is empty until a process runs.
  static func dropIdentityMap() {
    // The table itself stays: secondary cores turn their MMU on with it.
    guard
      let empty = try? withSpace({ (space) throws(FrameError) in
        try TranslationTable(.user, frames: &space.frames, in: &space.memory).baseRegister()
      })
    else { Panic.stop("no memory for an empty table") }
    unsafe emptyUserTable = empty
    barrier_complete()
    CoreReference.current.activate(userTable: empty)
    translations_forget_all()
    barrier_complete()
    barrier_context()
  }

  nonisolated(unsafe) private static var emptyUserTable: UInt64 = 0

  /// TTBR0_EL1 for a core that runs no process.
  static var noProcessTable: UInt64 { unsafe emptyUserTable }

  /// Lets a caller change frames and tables. The caller holds `Kernel.withTables`, or is alone.
  static func withSpace<Result: ~Copyable, Failure: Error>(
    _ body: (inout KernelAddressSpace) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(unsafe !isOpen, "the kernel's address space inside itself")
    // Where it stands: it is too large to be moved to the stack and back.
    unsafe isOpen = true
    defer { unsafe isOpen = false }
    guard let result = try unsafe space?.change(body) else { Panic.stop("no address space") }
    return result
  }

  /// Gives back a process's table and memory. Not through `withSpace`, since a closure cannot
  /// consume what it captures.
  static func destroyUserTable(of block: inout ProcessBlock) {
    guard let table = block.table.take() else { return }
    unsafe space?.destroyUserTable(table)
    if let identifier = block.addressSpaceIdentifier.take() {
      unsafe space?.identifiers.release(identifier)
    }
    block.pages = 0
  }

  /// Zeroed memory that is never given back.
  static func allocateForEver(bytes: Int) -> UnsafeMutableRawPointer {
    let count = (bytes + Int(Page.bytes) - 1) / Int(Page.bytes)
    let frame: PhysicalAddress
    do throws(FrameError) {
      frame = try withSpace { (space) throws(FrameError) in
        try space.frames.allocate(count: count, in: &space.memory)
      }
    } catch { Panic.stop("\(error)") }
    // Safety: the frames are the caller's alone from here on, and mapped at the linear base.
    guard
      let pointer = unsafe UnsafeMutableRawPointer(
        bitPattern: UInt(frame.bits + AddressMap.linearBase))
    else { Panic.stop("frame at address 0 of the linear map") }
    unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count * Int(Page.bytes))
    return unsafe pointer
  }

  /// Maps a device's registers.
  static func mapDevice(_ range: AddressRange) -> DeviceRegisters {
    let first = Page.roundedDown(range.base)
    let bytes = Page.roundedDown(range.end + Page.bytes - 1) - first
    let base = withSpace { space in
      let base = space.nextDevice
      space.nextDevice += (bytes / 0x20_0000 + 2) * 0x20_0000
      return base
    }
    mapOrPanic(VirtualAddress(base), bytes: bytes, to: first, .device)
    return DeviceRegisters(base: UInt(base + range.base - first))
  }

  /// Maps the FPGA's line window for the kernel.
  /// - Returns: its virtual address.
  static func mapLines(_ range: AddressRange) -> UInt {
    mapOrPanic(
      VirtualAddress(AddressMap.linesBase), bytes: range.bytes, to: range.base, .lines)
    return UInt(AddressMap.linesBase)
  }

  /// Maps a core's stack, with a hole below and above it.
  static func mapStack(ofCore index: Int) -> UInt64 {
    let top = AddressMap.stackTop(ofCore: index)
    let frames = unsafe allocateForEver(bytes: Int(AddressMap.stackBytes))
    let physical = UInt64(UInt(bitPattern: frames)) - AddressMap.linearBase
    mapOrPanic(
      VirtualAddress(top - AddressMap.stackBytes), bytes: AddressMap.stackBytes, to: physical,
      .normal)
    return top
  }

  /// The most that an online core's stack has held so far, in bytes: what is below is still zero.
  static func stackUse(ofCore index: Int) -> UInt64 {
    let top = AddressMap.stackTop(ofCore: index)
    // Safety: mapped by `mapStack` for good, also for others; they read words that may be changing.
    let words = unsafe UnsafeBufferPointer(
      start: UnsafePointer<UInt64>(bitPattern: UInt(top - AddressMap.stackBytes)),
      count: Int(AddressMap.stackBytes / 8))
    let unused = unsafe words.firstIndex { $0 != 0 } ?? words.count
    return AddressMap.stackBytes - UInt64(unused) * 8
  }

  /// Lets a caller look at the device tree, which boot reserved.
  static func withDeviceTree(_ body: (borrowing DeviceTree) -> Void) {
    let address = UInt(Kernel.deviceTree + AddressMap.linearBase)
    // Safety: the tree's memory is reserved; EarlyMain checked the tree.
    let blob = unsafe UnsafeBufferPointer(
      start: UnsafePointer<UInt8>(bitPattern: address), count: 2 << 20)
    guard let tree = try? DeviceTree(unsafe blob.span) else {
      Panic.stop("the device tree has changed since the MMU came on")
    }
    body(tree)
  }

  private static func mapOrPanic(
    _ start: VirtualAddress, bytes: UInt64, to physical: UInt64, _ type: MemoryType
  ) {
    do throws(Failure) {
      try map(
        start, bytes: bytes, to: PhysicalAddress(physical), PageAttributes(type, .kernelReadWrite))
    } catch { Panic.stop("cannot map \(hexadecimal: physical): \(error)") }
  }

  private static func map(
    _ start: VirtualAddress, bytes: UInt64, to target: PhysicalAddress,
    _ attributes: PageAttributes
  ) throws(Failure) {
    do throws(MappingError) {
      try withSpace { (space) throws(MappingError) in
        _ = try space.table.map(
          start, bytes: bytes, to: target, attributes, frames: &space.frames, in: &space.memory)
      }
    } catch { throw .mapping(error) }
    barrier_complete()
    barrier_context()
  }
}

extension PhysicalRange {
  static var empty: PhysicalRange { PhysicalRange(base: PhysicalAddress(0), bytes: 0) }

  init(_ range: AddressRange) {
    self.init(base: PhysicalAddress(range.base), bytes: range.bytes)
  }
}
