// What a program can ask about the machine as a whole.

internal import SystemInterface
internal import UserStart

/// The machine that runs this program.
public enum Machine {
  /// Reads a record of what kernel and NIC have counted: the one of this number, or the next.
  /// - Parameters:
  ///   - record: a `SystemRecord`.
  ///   - words: as `SystemRecord` says; unchanged when there is no such record.
  /// - Returns: whether there is one.
  public static func read(
    _ record: UInt64, from number: UInt64, into words: inout [24 of UInt64]
  ) -> Bool {
    var span = words.mutableSpan
    // Safety: the kernel writes `SystemRecord.wordCount` words at most, which is what there are, and
    // the system call is opaque to the compiler.
    return unsafe span.withUnsafeMutableBufferPointer { buffer in
      let address = UInt64(UInt(bitPattern: buffer.baseAddress))
      return SystemCall.systemStatistics.value(record << 32 | number & 0xffff_ffff, address) != nil
    }
  }
}
