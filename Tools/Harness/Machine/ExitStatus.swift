// How a process ended: with a status of its own, or by a signal.

/// The end of a child process.
public enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  /// It ended itself, with this status (0...255).
  case exited(Int32)
  /// This signal ended it.
  case signalled(Int32)

  /// From the status word that `waitpid` fills (wait(2): low 7 bits signal, next 8 exit status).
  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
  }

  public var succeeded: Bool { self == .exited(0) }

  /// As a shell reports it: a signal counts from 128.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): status
    case .signalled(let signal): 128 + signal
    }
  }

  public var description: String {
    switch self {
    case .exited(let status): "exit status \(status)"
    case .signalled(let signal): "ended by signal \(signal)"
    }
  }
}
