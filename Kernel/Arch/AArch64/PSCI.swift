// Firmware calls that start cores and end the machine (Arm DEN 0022, PSCI).

internal import Boot

/// How firmware is called.
public enum PSCIConduit: Sendable {
  case secureMonitorCall
  case hypervisorCall
}

/// The firmware's power interface.
public struct PSCI: Sendable {
  public enum Failure: Error, Sendable {
    /// The firmware's answer, from DEN 0022 §5.2.2.
    case refused(Int64)
  }

  private enum Function {
    static let cpuOn: UInt64 = 0xc400_0003
    static let systemOff: UInt64 = 0x8400_0008
    static let systemReset: UInt64 = 0x8400_0009
  }

  private let conduit: PSCIConduit

  public init(conduit: PSCIConduit) { self.conduit = conduit }

  /// Starts a core at a physical address with `argument` in x0.
  public func startCore(
    affinity: UInt64, entry: UInt64, argument: UInt64
  ) throws(Failure) {
    let answer = call(Function.cpuOn, affinity, entry, argument)
    guard answer == 0 else { throw .refused(answer) }
  }

  /// Powers the machine off; returns only when the firmware cannot.
  public func powerOff() { _ = call(Function.systemOff, 0, 0, 0) }

  /// Restarts the machine; returns only when the firmware cannot.
  public func restart() { _ = call(Function.systemReset, 0, 0, 0) }

  private func call(_ function: UInt64, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> Int64 {
    switch conduit {
    case .secureMonitorCall: psci_call_smc(function, a, b, c)
    case .hypervisorCall: psci_call_hvc(function, a, b, c)
    }
  }
}
