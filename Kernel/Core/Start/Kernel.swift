// What boot establishes once, and the lock over the tables that change afterwards.
//
// The boot core writes these values before it starts another core, and nobody writes them again,
// so reading them needs no lock. Tables that change (processes, address spaces, the NIC's) are
// reached through `withTables` only.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Platform
internal import Reporting
internal import Scheduling

/// The kernel's set-up values.
enum Kernel {
  // Safety (all of these): see the head of this file.
  nonisolated(unsafe) private static var establishedPlatform: PlatformDescription?
  nonisolated(unsafe) private static var deviceTreeAddress: UInt64 = 0
  nonisolated(unsafe) private static var imageAddress: UInt64 = 0
  nonisolated(unsafe) private static var coreTable: CoreTable?
  nonisolated(unsafe) private static var threadTable: ThreadTable?
  nonisolated(unsafe) private static var usableNIC: NIC?
  nonisolated(unsafe) private static var establishedCores = CoreSet(CoreIdentifier(0))

  // MARK: Set by boot

  /// Before the MMU is on: addresses are physical.
  static func note(platform: PlatformDescription, deviceTree: UInt64, image: UInt64) {
    unsafe establishedPlatform = platform
    unsafe deviceTreeAddress = deviceTree
    unsafe imageAddress = image
  }

  static func use(cores: CoreTable, threads: ThreadTable) {
    unsafe coreTable = cores
    unsafe threadTable = threads
  }

  static func use(_ nic: NIC) { unsafe usableNIC = nic }

  static func use(_ cores: CoreSet) { unsafe establishedCores = cores }

  // MARK: Read by everybody

  static var platform: PlatformDescription {
    guard let platform = unsafe establishedPlatform else { Panic.stop("no platform yet") }
    return platform
  }

  /// Physical address of the device tree.
  static var deviceTree: UInt64 { unsafe deviceTreeAddress }

  @inline(__always)
  static var cores: CoreTable {
    // Safety: set before the first core is activated.
    unsafe coreTable.unsafelyUnwrapped
  }

  @inline(__always)
  static var threads: ThreadTable {
    // Safety: set before the first core is activated.
    unsafe threadTable.unsafelyUnwrapped
  }

  /// The NIC; nil on a machine without, or when its window did not answer.
  static var nic: NIC? { unsafe usableNIC }

  /// Cores that firmware has started: threads and calls go to these only.
  static var onlineCores: CoreSet { unsafe establishedCores }

  /// The online core for the n-th of many things that are spread over them.
  static func core(forNumber number: Int) -> CoreIdentifier {
    var cores = onlineCores
    for _ in 0..<number % cores.count { _ = cores.popFirst() }
    guard let core = cores.first else { Panic.stop("no core") }
    return core
  }

  /// Cores that the device tree lists and the kernel could use: their numbers are below.
  static var coreCount: UInt16 {
    UInt16(min(platform.processors.count, CoreTable.capacity))
  }

  /// What the interrupt controller and firmware know a core by (MPIDR_EL1). For boot: to read it, the
  /// whole description is copied. Later: `CoreReference.affinity`.
  static func affinity(of core: CoreIdentifier) -> UInt64 { platform.processors[core.index].bits }

  /// Physical address of something inside the image.
  static func physicalAddress(ofImage address: UInt64) -> UInt64 {
    address - AddressMap.imageBase + (unsafe imageAddress)
  }

  // MARK: Tables

  private static let tablesLock = SpinLock(.tables)

  /// Lets one core at a time change tables. Taken before the console's lock, never inside it.
  static func withTables<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try tablesLock.withLock(body)
  }
}
