// What the kernel keeps of a process.

internal import Interface
internal import Memory
internal import Reporting

/// A process's name: the path of its image in the initial archive, cut to what fits.
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
}

/// One process.
struct ProcessBlock: ~Copyable {
  let identifier: ProcessIdentifier
  let name: ProcessName
  let table: TranslationTable

  /// Gives the table up; the process is gone.
  consuming func releaseTable() -> TranslationTable { table }

  /// The process's number serves: there are fewer processes than the 255 identifiers of the
  /// smallest ASID size (ARM ARM D8.14.1), and a number is reused only after its translations
  /// were forgotten.
  var addressSpaceIdentifier: UInt16 { identifier.number }
}

/// All processes; number 0 is the kernel itself and has no block. Under `Kernel.withTables`.
enum ProcessTable {
  static var capacity: Int { 64 }

  // Safety: reached under `Kernel.withTables` only.
  nonisolated(unsafe) private static var blocks = InlineArray<65, ProcessBlock?> { _ in nil }

  /// The lowest free number; nil when there is none.
  static func freeIdentifier() -> ProcessIdentifier? {
    for number in 1...capacity where unsafe blocks[number] == nil {
      return ProcessIdentifier(UInt16(number))
    }
    return nil
  }

  /// Processes there are.
  static var count: Int {
    var count = 0
    for number in 1...capacity where unsafe blocks[number] != nil { count += 1 }
    return count
  }

  /// Lets a caller look at a process; nil when there is no such process.
  static func withBlock<Result, Failure: Error>(
    of process: ProcessIdentifier,
    _ body: (borrowing ProcessBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard process.index > 0, process.index <= capacity,
      let block = unsafe blocks[process.index].take()
    else { return nil }
    do throws(Failure) {
      let result = try body(block)
      unsafe blocks[process.index] = consume block
      return result
    } catch {
      unsafe blocks[process.index] = consume block
      throw error
    }
  }

  static func insert(_ block: consuming ProcessBlock) {
    let index = block.identifier.index
    unsafe blocks[index] = consume block
  }

  static func remove(_ process: ProcessIdentifier) -> ProcessBlock? {
    guard process.index <= capacity else { return nil }
    return unsafe blocks[process.index].take()
  }
}
