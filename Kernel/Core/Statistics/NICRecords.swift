// The NIC's statistics, a record a command (`Command.readStatistics`).
//
// Register accesses, never on the way of a call (R15). Under `Kernel.withTables`: command,
// arguments and result are one.

internal import ArchAArch64
internal import Boot
internal import Interface

extension NIC {
  /// Reads a record; false when there is none of this number.
  ///
  /// - Parameters:
  ///   - first: of a span, the first bucket.
  ///   - body: gets each word with its index.
  func readStatistics(
    _ kind: NICStatistics, _ number: UInt64, first: UInt64 = 0, _ body: (Int, UInt64) -> Void
  ) -> Bool {
    let arguments = UInt(Register.commandArguments)
    registers.write64(kind.rawValue, arguments)
    registers.write64(number, arguments + 8)
    registers.write64(first, arguments + 16)
    registers.write64(Command.readStatistics.rawValue, UInt(Register.command))
    guard registers.read64(UInt(Register.commandResult)) == CommandResult.done.rawValue else {
      return false
    }
    let count = min(
      registers.read64(UInt(Register.commandValue)), UInt64(Register.commandArgumentWords))
    for index in 0..<Int(count) { body(index, registers.read64(arguments + UInt(index) * 8)) }
    return true
  }

  /// How long a span of requests took; nil when none has passed it.
  func times(of span: RequestSpan) -> SpanTimes? {
    var buckets = InlineArray<72, UInt64>(repeating: 0)
    let isThere = readStatistics(.span, UInt64(span.rawValue)) { index, count in
      if index < NICStatistics.bucketCount { buckets[index] = count }
    }
    return isThere ? SpanTimes(buckets.span) : nil
  }
}
