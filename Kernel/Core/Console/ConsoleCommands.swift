// The serial console's input: one line, one command.
//
// Runs in the interrupt of the boot core. Any byte is safe: what is not printable is ignored, and
// a line longer than the buffer is refused as a whole.

internal import Boot
internal import Interface
internal import Platform
internal import Reporting

/// Reads and executes command lines.
enum ConsoleCommands {
  private static var capacity: Int { 64 }
  // Safety: only the boot core takes the console's interrupt, and an interrupt handler is never
  // interrupted.
  nonisolated(unsafe) private static var line = InlineArray<64, UInt8>(repeating: 0)
  nonisolated(unsafe) private static var count = 0

  /// Takes all bytes that have arrived.
  static func receive() {
    Console.clearInputInterrupt()
    while let byte = Console.readByte() {
      switch byte {
      case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        Console.withOutput { $0.write("\n") }
        execute()
        unsafe count = 0
      case 0x08, 0x7f:
        guard unsafe count > 0 else { break }
        unsafe count -= 1
        Console.withOutput { $0.write("\u{8} \u{8}") }
      case 0x20...0x7e:
        if unsafe count < capacity { unsafe line[count] = byte }
        unsafe count += 1
        Console.withOutput { $0.write(byte: byte) }
      default: break
      }
    }
  }

  private static func execute() {
    guard unsafe count > 0 else { return }
    guard unsafe count <= capacity else {
      Console.withOutput { $0.write("a command has at most 64 characters\n") }
      return
    }
    if matches("help") {
      Console.withOutput {
        $0.write("help           this list\n")
        $0.write("stats          what cores and NIC have counted\n")
        $0.write("probe [ms]     facts about this machine; ms: how long to let a load be held\n")
        $0.write("exit [status]  stop the machine\n")
        $0.write("panic          fail like a bug of the kernel would, to see the report\n")
      }
    } else if matches("stats") {
      Statistics.print()
    } else if matches("probe") {
      HardwareProbe.run(holdMilliseconds: nil)
    } else if matches("probe ", isPrefix: true), let limit = number(from: 6), (1...1000) ~= limit {
      HardwareProbe.run(holdMilliseconds: limit)
    } else if matches("panic") {
      fail()
    } else if matches("exit") {
      PowerControl.stop(status: 0)
    } else if matches("exit ", isPrefix: true), let status = number(from: 5), status <= 255 {
      PowerControl.stop(status: status)
    } else {
      Console.withOutput { $0.write("unknown command; type help\n") }
    }
  }

  /// A failed check of Swift code: the exception, its report and the exit status are the ones
  /// that a real bug has.
  private static func fail() {
    preconditionFailure("asked for at the console")
  }

  private static func matches(_ word: StaticString, isPrefix: Bool = false) -> Bool {
    let length = word.utf8CodeUnitCount
    guard unsafe isPrefix ? count > length : count == length else { return false }
    return word.withUTF8Buffer { bytes in
      for index in 0..<length where unsafe bytes[index] != line[index] { return false }
      return true
    }
  }

  /// The decimal number from `start` to the end of the line; nil when it is none.
  private static func number(from start: Int) -> UInt64? {
    var value: UInt64 = 0
    var index = start
    while unsafe index < count {
      let digit = unsafe line[index] &- UInt8(ascii: "0")
      guard digit < 10, value < 1_000_000 else { return nil }
      value = value * 10 + UInt64(digit)
      index += 1
    }
    return value
  }
}
