// A guest in QEMU: its serial console, and its end.

import Foundation

/// Why the guest did not do what was waited for. Each says what the console showed last.
public enum MachineError: Error, CustomStringConvertible {
  case notStarted(String)
  case timeout(awaiting: String, limit: Duration, lastLines: [String])
  case ended(awaiting: String, ExitStatus?, lastLines: [String])
  case stillRunning(limit: Duration, lastLines: [String])

  public var description: String {
    switch self {
    case .notStarted(let reason): reason
    case .timeout(let awaited, let limit, let lines):
      "no \(awaited) on the serial console within \(limit)\(Self.quote(lines))"
    case .ended(let awaited, let status, let lines):
      "the guest ended before \(awaited): \(status?.description ?? "still ending")"
        + Self.quote(lines)
    case .stillRunning(let limit, let lines):
      "the guest still runs after \(limit)\(Self.quote(lines))"
    }
  }

  private static func quote(_ lines: [String]) -> String {
    lines.isEmpty
      ? "; it has written nothing"
      : "; its last lines:\n" + lines.map { "  | \($0)\n" }.joined()
  }
}

/// A running guest. QEMU is killed at the latest when the last reference goes, and when this
/// program dies.
public final class Machine: Sendable {
  public let configuration: MachineConfiguration
  private let emulator: ChildProcess

  /// Boots. Returns when QEMU was started, long before the guest is ready.
  ///
  /// - Parameter onOutput: is given what the guest writes, as it comes, on a thread of its own.
  public init(
    _ configuration: MachineConfiguration, onOutput: (@Sendable ([UInt8]) -> Void)? = nil
  ) throws(MachineError) {
    self.configuration = configuration
    do throws(ProcessError) {
      emulator = try ChildProcess(
        configuration.emulator, configuration.arguments, onOutput: onOutput)
    } catch {
      throw .notStarted("\(error)")
    }
  }

  /// All that the guest wrote to its serial console.
  public var console: Transcript { emulator.output }

  /// What QEMU itself said, and the guest through it when it found no console.
  public var complaints: Transcript { emulator.errors }
  /// What QEMU itself, and our device in it, had to say.
  public var emulatorMessages: String { emulator.errors.text }

  /// How QEMU ended, once it has.
  public var exitStatus: ExitStatus? { emulator.exitStatus }

  /// Types on the serial console.
  public func type(_ text: String) { emulator.write(Array(text.utf8)) }

  /// Types bytes as they are, a control character for instance.
  public func type(bytes: [UInt8]) { emulator.write(bytes) }

  /// Waits for the next line with this text, counting from the line the last wait found.
  @discardableResult
  public func expectLine(
    containing text: String, within limit: Duration = .seconds(20)
  ) throws(MachineError) -> String {
    try expectLine("line with '\(text)'", within: limit) { $0.contains(text) }
  }

  /// Waits for the next line that fits; `awaited` names it in the error.
  @discardableResult
  public func expectLine(
    _ awaited: String, within limit: Duration = .seconds(20), where matches: (String) -> Bool
  ) throws(MachineError) -> String {
    do throws(Transcript.WaitError) {
      return try console.nextLine(within: limit, where: matches)
    } catch {
      switch error {
      case .timeout: throw .timeout(awaiting: awaited, limit: limit, lastLines: lastLines)
      case .ended:
        // The console has ended, so the process is ending: its status is a moment away.
        let status = try? emulator.waitForExit(within: .seconds(5))
        throw .ended(awaiting: awaited, status, lastLines: lastLines)
      }
    }
  }

  /// Waits for the guest to end by itself.
  public func waitForExit(within limit: Duration = .seconds(20)) throws(MachineError) -> ExitStatus
  {
    do throws(ProcessError) {
      return try emulator.waitForExit(within: limit)
    } catch {
      throw .stillRunning(limit: limit, lastLines: lastLines)
    }
  }

  /// Waits for the guest to end, however long that takes: for a person at its console.
  public func waitForEnd() { emulator.waitForEnd() }

  /// Ends QEMU at once.
  public func kill() { emulator.kill() }

  /// The console's last lines and what QEMU said.
  private var lastLines: [String] {
    console.lastLines(12) + emulator.errors.lastLines(6).map { "qemu: \($0)" }
  }
}
