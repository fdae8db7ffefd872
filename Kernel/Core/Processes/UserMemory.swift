// Memory that a program names in a system call.
//
// The kernel never follows a user address: it looks the address up in the process's own table,
// and reads through the linear map. So a bad pointer is an error here, not a fault. No lock: other
// threads of the process may add memory meanwhile, and nothing is freed under a reader (RCU).

internal import Interface
internal import Memory
internal import SystemInterface

/// Access to the memory of processes.
enum UserMemory {
  /// Reads `count` bytes, each handed to `body` with its index.
  static func read(
    of process: ProcessIdentifier, from address: UInt64, count: Int,
    _ body: (Int, UInt8) -> Void
  ) throws(SystemError) {
    guard count > 0 else { return }
    let done: Void? = try ProcessTable.withReader(of: process) { (table) throws(SystemError) in
      let memory = MachineMemory.linear
      do throws(UserRangeError) {
        let range = try UserRange(
          VirtualAddress(address), bytes: UInt64(count), for: .read, table: table, in: memory)
        var index = 0
        while let piece = range.piece(at: UInt64(index), table: table, in: memory) {
          for offset in 0..<piece.bytes {
            body(index, memory.readByte(at: piece.base + offset))
            index += 1
          }
        }
      } catch {
        throw .invalidAddress
      }
    }
    guard done != nil else { throw .invalidAddress }
  }

  /// The word at an address; nil when the program could not read it itself.
  static func word(of process: ProcessIdentifier, at address: UInt64) -> UInt64? {
    guard address % 8 == 0 else { return nil }
    var word: UInt64 = 0
    do throws(SystemError) {
      try read(of: process, from: address, count: 8) { index, byte in
        word |= UInt64(byte) << UInt64(8 * index)
      }
    } catch { return nil }
    return word
  }

  /// Writes words, whole or not at all.
  static func write(
    _ words: Span<UInt64>, of process: ProcessIdentifier, to address: UInt64
  ) throws(SystemError) {
    let done: Void? = try ProcessTable.withReader(of: process) { (table) throws(SystemError) in
      var memory = MachineMemory.linear
      do throws(UserRangeError) {
        let range = try UserRange(
          VirtualAddress(address), bytes: UInt64(words.count * 8), alignment: 8, for: .write,
          table: table, in: memory)
        for index in words.indices {
          guard let piece = range.piece(at: UInt64(index * 8), table: table, in: memory)
          else { continue }
          memory.write(words[index], at: piece.base)
        }
      } catch {
        throw .invalidAddress
      }
    }
    guard done != nil else { throw .invalidAddress }
  }

  /// Whether a program may execute the instruction at an address.
  static func isExecutable(_ address: UInt64, of process: ProcessIdentifier) -> Bool {
    guard address % 4 == 0 else { return false }
    return ProcessTable.withReader(of: process) { table in
      table.lookup(VirtualAddress(address), in: MachineMemory.linear)?
        .attributes.access == .userReadExecute
    } ?? false
  }
}
