// What the kernel keeps of a process.

internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling
internal import Synchronization
internal import SystemInterface

/// A process's name, cut to what fits.
struct ProcessName: Reportable, Sendable {
  static var capacity: Int { 32 }

  private var bytes = InlineArray<32, UInt8>(repeating: 0)
  private var count = 0

  private init() {}

  /// For a process that has ended.
  static var unknown: ProcessName { ProcessName() }

  init(_ name: Span<UInt8>) {
    while count < min(name.count, Self.capacity) {
      bytes[count] = name[count]
      count += 1
    }
  }

  func write(to output: inout some TextOutput & ~Copyable) {
    output.write(escaping: bytes.span.extracting(first: count))
  }

  /// The name, zero behind its end.
  var padded: InlineArray<32, UInt8> { bytes }

  func isSpelled(_ name: Span<UInt8>) -> Bool {
    guard name.count == count else { return false }
    for index in 0..<count where bytes[index] != name[index] { return false }
    return true
  }
}

/// What a process is made from: enough to make it again.
struct ProcessPlan {
  var name: ProcessName
  /// Its image in the initial archive.
  var image: Archive.Entry
  /// The word that the program gets.
  var argument: UInt64
  var limits: ProcessLimits
  var restart: RestartPolicy

  /// Of its general threads.
  var weight: Weight {
    Weight(clamping: UInt64(limits.weight) * UInt64(Weight.standard.value))
  }

  /// The cores of this machine that its general threads may run on.
  var affinity: CoreSet {
    CoreSet(mask: limits.affinity).intersection(Kernel.onlineCores)
  }
}

/// One process, from its first start until it will not be started again.
struct ProcessBlock: ~Copyable {
  static var maximumThreads: Int { 64 }

  let identifier: ProcessIdentifier
  let plan: ProcessPlan
  var life = ProcessLife()
  /// Nil between an end and the next start.
  var table: TranslationTable?
  /// Nil when `table` is.
  var addressSpaceIdentifier: AddressSpaceIdentifier?
  /// Where new threads of the program begin unless they say otherwise.
  var entry: UInt64 = 0
  /// RAM in use, in pages.
  var pages: UInt64 = 0
  /// Where the next mapped memory begins.
  var nextMapping = UserAddressSpace.mappingsBase
  /// Its threads, by their index in the process.
  var threads = InlineArray<64, ThreadIdentifier?>(repeating: nil)
  var threadCount = 0
  /// What the NIC is told of it.
  var exported: ProcessExport
  /// Whether the NIC has forgotten it.
  var isWithdrawn = false

  init(identifier: ProcessIdentifier, plan: ProcessPlan) {
    self.identifier = identifier
    self.plan = plan
    exported = ProcessExport(plan.limits)
  }

  /// What makes a block in an optional changeable where it stands.
  mutating func change<Result, Failure: Error>(
    _ body: (inout ProcessBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(&self)
  }

  /// What TTBR0_EL1 holds while the process runs; 0 when it has no address space.
  var userTable: UInt64 {
    guard let addressSpaceIdentifier else { return 0 }
    switch table {
    case .some(let table): return table.baseRegister(identifier: addressSpaceIdentifier.number)
    case nil: return 0
    }
  }

  /// Physical address of its table; 0 when it has none.
  var tableRoot: UInt64 {
    switch table {
    case .some(let table): table.root.bits
    case nil: 0
    }
  }

  /// Pages that it may still get.
  var pagesLeft: UInt64 {
    let limit = UInt64(plan.limits.memoryKibibytes) * 1024 / Page.bytes
    return limit > pages ? limit - pages : 0
  }
}

/// What is known of a process without a lock.
struct ProcessState: ~Copyable {
  /// Set with the step of the block's `life` that begins its end: for threads of the process, on
  /// their cores.
  let isEnding = Atomic<Bool>(false)
  /// Threads that have not ended.
  let liveThreads = Atomic<UInt32>(0)
  /// Physical address of its translation table, for readers (`ProcessTable.withReader`); 0: none.
  let publishedTable = Atomic<UInt64>(0)
}

/// All processes; number 0 is the kernel itself and has no block. Blocks under
/// `Kernel.withTables`, states under nothing.
enum ProcessTable {
  static var capacity: Int { 64 }

  // Safety (both): reached under `Kernel.withTables` only.
  nonisolated(unsafe) private static var blocks = InlineArray<65, ProcessBlock?> { _ in nil }
  /// Whether somebody looks at a block.
  nonisolated(unsafe) private static var isOpen = false

  private static let states = InlineArray<65, ProcessState> { _ in ProcessState() }

  /// The lowest free number; nil when there is none.
  static func freeIdentifier() -> ProcessIdentifier? {
    for number in 1...capacity where unsafe blocks[number] == nil {
      return ProcessIdentifier(UInt16(number))
    }
    return nil
  }

  /// The process of this name; the lowest number when there are several.
  static func find(_ name: Span<UInt8>) -> ProcessIdentifier? {
    for number in 1...capacity {
      let process = ProcessIdentifier(UInt16(number))
      if withBlock(of: process, { $0.plan.name.isSpelled(name) }) ?? false { return process }
    }
    return nil
  }

  /// Processes that run.
  static var liveCount: Int {
    var count = 0
    for number in 1...capacity {
      let process = ProcessIdentifier(UInt16(number))
      if withBlock(of: process, { $0.table != nil }) ?? false { count += 1 }
    }
    return count
  }

  /// Lets a caller look at a process, and change it, where it stands: nobody else, so not the caller
  /// again. Nil when there is no such process.
  static func withBlock<Result, Failure: Error>(
    of process: ProcessIdentifier,
    _ body: (inout ProcessBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    precondition(unsafe !isOpen, "a process's block inside another")
    guard process.index > 0, process.index <= capacity else { return nil }
    unsafe isOpen = true
    defer { unsafe isOpen = false }
    return try unsafe blocks[process.index]?.change(body)
  }

  // MARK: Without a lock

  /// Lets a caller look at a process's address space, which stays while it does; nil when there is
  /// none.
  static func withReader<Result, Failure: Error>(
    of process: ProcessIdentifier,
    _ body: (TranslationReader) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard process.index <= capacity else { return nil }
    return try Reading.section { () throws(Failure) -> Result? in
      let root = states[process.index].publishedTable.load(ordering: .acquiring)
      guard root != 0 else { return nil }
      return try body(TranslationReader(.user, root: PhysicalAddress(root)))
    }
  }

  /// A process's name; nil when it has no address space. Its place in `names` is written before
  /// the table is published.
  static func name(of process: ProcessIdentifier) -> ProcessName? {
    withReader(of: process) { _ in unsafe names[process.index] }
  }

  /// The process's address space is complete. Under `Kernel.withTables`.
  static func publish(_ block: borrowing ProcessBlock) {
    unsafe names[block.identifier.index] = block.plan.name
    states[block.identifier.index].publishedTable.store(block.tableRoot, ordering: .releasing)
  }

  /// From here on nobody finds the address space; who has found it may go on to use it.
  static func unpublish(_ process: ProcessIdentifier) {
    states[process.index].publishedTable.store(0, ordering: .releasing)
  }

  // Safety: written under `Kernel.withTables` while no reader can find the process, as
  // `Supervisor` waits for a grace period before a number is used again.
  nonisolated(unsafe) private static var names = InlineArray<65, ProcessName>(
    repeating: .unknown)

  // MARK: Under the lock

  /// Lets a caller look at a process's address space; nil when there is none.
  static func withTable<Result, Failure: Error>(
    of process: ProcessIdentifier,
    _ body: (borrowing TranslationTable) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try withBlock(of: process) { (block) throws(Failure) -> Result? in
      guard let table = block.table.take() else { return nil }
      do throws(Failure) {
        let result = try body(table)
        block.table = consume table
        return result
      } catch {
        block.table = consume table
        throw error
      }
    } ?? nil
  }

  static func insert(_ block: consuming ProcessBlock) {
    let index = block.identifier.index
    unsafe blocks[index] = consume block
  }

  static func remove(_ process: ProcessIdentifier) -> ProcessBlock? {
    guard process.index <= capacity else { return nil }
    return unsafe blocks[process.index].take()
  }

  // MARK: States

  /// The end of a process has begun: its threads do not go on. Under `Kernel.withTables`.
  static func noteEnd(of process: ProcessIdentifier) {
    states[process.index].isEnding.store(true, ordering: .releasing)
  }

  static func isEnding(_ process: ProcessIdentifier) -> Bool {
    states[process.index].isEnding.load(ordering: .acquiring)
  }

  /// A new life begins. Its last thread of the one before has ended.
  static func beginLife(of process: ProcessIdentifier) {
    states[process.index].isEnding.store(false, ordering: .releasing)
  }

  static func noteThread(of process: ProcessIdentifier) {
    states[process.index].liveThreads.add(1, ordering: .relaxed)
  }

  static func noteThreadEnd(of process: ProcessIdentifier) {
    states[process.index].liveThreads.subtract(1, ordering: .acquiringAndReleasing)
  }

  static func liveThreads(of process: ProcessIdentifier) -> UInt32 {
    states[process.index].liveThreads.load(ordering: .acquiring)
  }
}
