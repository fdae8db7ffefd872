// Which lines of the log are shown: a level for each part of the kernel.

/// The part of the kernel that a line of the log is about.
public enum LogSource: UInt8, Hashable, Sendable, CaseIterable {
  case kernel
  case nic
  case process
  /// Lines of user programs.
  case program
  case interrupt
  case console
  case trace

  /// What a person types.
  public var name: StaticString {
    switch self {
    case .kernel: "kernel"
    case .nic: "nic"
    case .process: "process"
    case .program: "program"
    case .interrupt: "interrupt"
    case .console: "console"
    case .trace: "trace"
    }
  }
}

extension LogLevel {
  var name: StaticString {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .information: "info"
    case .debug: "debug"
    }
  }
}

/// A level for each source, as the boot argument `log=` and the console command `log` set it.
///
///     info                     everybody
///     warning,process=debug    everybody, then one; from left to right
public struct LogFilter: Sendable {
  /// Four bits for each source; a plain word, so that the kernel has it from its first
  /// instruction. To begin with: information (2), for all.
  private var levels: UInt64 = 0x2222_2222_2222_2222

  public init() {}

  public subscript(source: LogSource) -> LogLevel {
    get {
      LogLevel(rawValue: UInt8(truncatingIfNeeded: levels >> Self.shift(source)) & 0xf) ?? .debug
    }
    set {
      levels &= ~(0xf << Self.shift(source))
      levels |= UInt64(newValue.rawValue) << Self.shift(source)
    }
  }

  private static func shift(_ source: LogSource) -> UInt64 { UInt64(source.rawValue) * 4 }

  public func shows(_ level: LogLevel, of source: LogSource) -> Bool {
    level.isShown(upTo: self[source])
  }

  /// Changes levels as `text` says; false, and no change, when it cannot be understood.
  public mutating func apply(_ text: Span<UInt8>) -> Bool {
    var changed = self
    var start = 0
    for end in 0...text.count where end == text.count || text[end] == UInt8(ascii: ",") {
      guard changed.applyWord(text.extracting(start..<end)) else { return false }
      start = end + 1
    }
    self = changed
    return true
  }

  /// For error messages: what `apply` takes.
  public static var choices: Choices { Choices() }

  public struct Choices: Reportable {
    public func write(to output: inout some TextOutput & ~Copyable) {
      output.write("error, warning, info or debug, or source=level, with commas; sources are ")
      output.write(LogSource.kernel.name)
      for source in LogSource.allCases where source != .kernel {
        output.write(", ")
        output.write(source.name)
      }
    }
  }

  private mutating func applyWord(_ word: Span<UInt8>) -> Bool {
    for index in 0..<word.count where word[index] == UInt8(ascii: "=") {
      guard let source = Self.source(named: word.extracting(first: index)),
        let level = Self.level(named: word.extracting(droppingFirst: index + 1))
      else { return false }
      self[source] = level
      return true
    }
    guard let level = Self.level(named: word) else { return false }
    for source in LogSource.allCases { self[source] = level }
    return true
  }

  private static func source(named name: Span<UInt8>) -> LogSource? {
    for source in LogSource.allCases where source.name.isSpelled(name) { return source }
    return nil
  }

  private static func level(named name: Span<UInt8>) -> LogLevel? {
    for level in LogLevel.allCases where level.name.isSpelled(name) { return level }
    return nil
  }
}
