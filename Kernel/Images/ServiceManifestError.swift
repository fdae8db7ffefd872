// What can be wrong with a line of `services.conf`.

public import Reporting

/// A line that the kernel does not understand. The line is left out, the others count.
public struct ServiceManifestError: Error, Equatable, Sendable, Reportable {
  public enum Reason: Equatable, Sendable {
    /// A word after the program that is not `key=value`.
    case noValue
    case unknownSetting
    case unknownPolicy
    case notANumber
    case outOfRange
    case notCores
    case notYesOrNo
  }

  /// Counted from 1.
  public let line: Int
  public let reason: Reason

  public init(line: Int, reason: Reason) {
    self.line = line
    self.reason = reason
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("services.conf line \(line): " as LogText)
    switch reason {
    case .noValue: output.write("a setting is written key=value")
    case .unknownSetting:
      output.write(
        "settings: name argument threads memory cores minimum weight quantum queue wait drop affinity restart"
      )
    case .unknownPolicy: output.write("restart is never, on-failure or always")
    case .notANumber: output.write("a decimal number is needed")
    case .notCores: output.write("affinity is a list of cores, such as 0-3,8")
    case .notYesOrNo: output.write("drop is yes or no")
    case .outOfRange: output.write("a number is out of its range")
    }
  }
}
