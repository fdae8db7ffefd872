// The kernel's log: one line at a time on the serial port, whole, with time and core.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Platform
internal import Reporting

/// Writes log lines. Never waits: Console.swift says what happens when the port is slower.
enum Log {
  // Safety: bytes that the console's core stores and others load; a line that is written
  // meanwhile may be judged by the levels before or after.
  nonisolated(unsafe) private static var filter = LogFilter()

  /// What is shown.
  static var levels: LogFilter {
    get { unsafe filter }
    set { unsafe filter = newValue }
  }

  /// Writes one line, if its source's level shows it.
  static func write(_ level: LogLevel, _ source: LogSource = .kernel, _ text: LogText) {
    guard unsafe filter.shows(level, of: source) else { return }
    // In the first steps of boot there are neither cores nor memory, and nobody else writes.
    guard Console.hasQueue else {
      Console.writeUnlocked {
        $0.writeLogLine(
          level: level, source: source, timeMicroseconds: uptimeMicroseconds, core: 0, text)
      }
      return
    }
    let core = CoreReference.current.core.number
    Console.withOutput {
      $0.writeLogLine(
        level: level, source: source, timeMicroseconds: uptimeMicroseconds, core: core, text)
    }
  }

  static func debug(_ text: @autoclosure () -> LogText, from source: LogSource = .kernel) {
    guard unsafe filter.shows(.debug, of: source) else { return }
    write(.debug, source, text())
  }

  static func information(_ text: LogText, from source: LogSource = .kernel) {
    write(.information, source, text)
  }

  static func warning(_ text: LogText, from source: LogSource = .kernel) {
    write(.warning, source, text)
  }

  static func error(_ text: LogText, from source: LogSource = .kernel) {
    write(.error, source, text)
  }

  /// Time since the counter started (which is at reset on QEMU), from CNTVCT and CNTFRQ.
  static var uptimeNanoseconds: UInt64 {
    let frequency = read_counter_frequency()
    guard frequency > 0 else { return 0 }
    let ticks = read_counter()
    return ticks / frequency * 1_000_000_000 + ticks % frequency * 1_000_000_000 / frequency
  }

  static var uptimeMicroseconds: UInt64 { uptimeNanoseconds / 1_000 }
}
