// What boot says when there is no device tree, which would have named the console.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Platform
internal import Processor
internal import Reporting

/// Two places where somebody may be listening: an emulator, and Enzian's serial port.
enum LastWords {
  /// The exit status that `EX_CONFIG` of sysexits.h has.
  private static var status: UInt64 { 78 }

  private struct EmulatorConsole: TextOutput {
    mutating func write(byte: UInt8) { semihosting_write(byte) }
  }

  /// MMU off. Returns on a machine that is not emulated.
  static func say(_ error: some Reportable) {
    // Without an emulator its calls are undefined instructions.
    skip_exceptions()
    var emulator = EmulatorConsole()
    write(error, to: &emulator)
    semihosting_exit(status)
    guard ProcessorIdentification(read_main_identification()).isThunderX1 else { return }
    var console = PL011(
      registers: DeviceRegisters(base: UInt(Enzian.console.registers.base)))
    write(error, to: &console)
  }

  private static func write(_ error: some Reportable, to output: inout some TextOutput) {
    output.write("Wengen: cannot start: ")
    output.write(error)
    output.write("\n")
  }
}
