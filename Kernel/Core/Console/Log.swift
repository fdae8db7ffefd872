// The kernel's log: one line at a time on the serial port, whole, with time and core.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Platform
internal import Reporting

/// Writes log lines.
enum Log {
  /// Writes one line. Cores take turns; a line is never mixed with another.
  static func write(_ level: LogLevel, _ text: LogText) {
    Console.withOutput { output in
      output.writeLogLine(
        level: level, timeMicroseconds: uptimeMicroseconds,
        core: CoreReference.isActive ? CoreReference.current.core.number : 0, text)
    }
  }

  static func information(_ text: LogText) { write(.information, text) }
  static func warning(_ text: LogText) { write(.warning, text) }
  static func error(_ text: LogText) { write(.error, text) }

  /// Time since the counter started (which is at reset on QEMU), from CNTVCT and CNTFRQ.
  static var uptimeNanoseconds: UInt64 {
    let frequency = read_counter_frequency()
    guard frequency > 0 else { return 0 }
    let ticks = read_counter()
    return ticks / frequency * 1_000_000_000 + ticks % frequency * 1_000_000_000 / frequency
  }

  static var uptimeMicroseconds: UInt64 { uptimeNanoseconds / 1_000 }
}

/// The serial port, shared by all cores.
enum Console {
  private static let lock = SpinLock()
  // Safety: set once by the boot core before any other runs; then only read under `lock`.
  nonisolated(unsafe) private static var port: PL011?

  /// Names the port; before it, output is lost.
  static func use(_ newPort: PL011) { unsafe port = newPort }

  /// Lets one core write.
  static func withOutput(_ body: (inout PL011) -> Void) {
    lock.withLock { writeUnlocked(body) }
  }

  /// For a panic, whose core may hold the lock already.
  static func writeUnlocked(_ body: (inout PL011) -> Void) {
    guard var output = unsafe port else { return }
    body(&output)
  }

  /// Takes a received byte.
  static func readByte() -> UInt8? { unsafe port?.readByte() }

  static func enableInput() { unsafe port?.enableReceiveInterrupt() }
  static func clearInputInterrupt() { unsafe port?.clearReceiveInterrupt() }
}
