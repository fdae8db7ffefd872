// How much a line of the log matters.

/// The level of a log line, from the most to the least urgent.
public enum LogLevel: UInt8, Comparable, Hashable, Sendable, CaseIterable, Reportable {
  /// Something is lost: a process killed, a device unusable.
  case error
  /// The kernel goes on, but an operator should look.
  case warning
  /// What an operator wants to see of a normal run.
  case information
  /// For those who work on the kernel.
  case debug

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// Whether a line of this level appears when the log shows everything up to `limit`.
  public func isShown(upTo limit: LogLevel) -> Bool { self <= limit }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write(name)
  }
}
