// How the machine stops, and the status that the shell sees.

internal import ArchAArch64
internal import Boot
internal import Platform
internal import Reporting

/// Ends the run.
enum PowerControl {
  // Safety: set once by the boot core before any other runs.
  nonisolated(unsafe) private static var psci: PSCI?
  nonisolated(unsafe) private static var hasSemihosting = false

  /// - Parameter hasSemihosting: boot argument `exit=semihosting`: an emulator takes the status.
  ///   Without one, the instruction would be an undefined-instruction exception.
  static func use(_ firmware: PSCI, hasSemihosting usable: Bool) {
    unsafe psci = firmware
    unsafe hasSemihosting = usable
  }

  /// Starts the machine again.
  static func restart() -> Never {
    Console.writeUnlocked { $0.writeLine("reboot") }
    if let psci = unsafe psci { psci.restart() }
    hang()
  }

  /// Stops the machine; the status reaches the shell when an emulator is there to take it.
  static func stop(status: UInt64) -> Never {
    Console.writeUnlocked { $0.writeLine("exit status \(status)") }
    if unsafe hasSemihosting { semihosting_exit(status) }
    if let psci = unsafe psci { psci.powerOff() }
    hang()
  }
}
