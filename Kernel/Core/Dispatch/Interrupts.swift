// What interrupts this kernel takes: the console's, and the NIC's two SGIs.

internal import ArchAArch64
internal import Boot
internal import Reporting
internal import Tracing

/// Interrupt numbers (INTID). SGIs 0…7 are the kernel's own, 8…15 belong to the FPGA, as on
/// Enzian.
enum Interrupts {
  /// The FPGA wants a worker core (prototype: SGI 8).
  static let worker: UInt32 = 8
  /// The FPGA has something for the boot core that is no RPC (prototype: SGI 15).
  static let bypass: UInt32 = 15

  // Safety: set once by the boot core before it unmasks interrupts.
  nonisolated(unsafe) private static var console: UInt32?

  static func useConsole(interrupt: UInt32) { unsafe console = interrupt }

  /// Handles every interrupt that waits.
  static func handle(_ core: CoreReference) {
    while let interrupt = TakenInterrupt() {
      core.count(.interrupts)
      core.trace(.interruptTaken, interrupt.number)
      switch interrupt.number {
      case unsafe console:
        Console.transmit()
        ConsoleCommands.receive()
      case worker, bypass: break  // The message that comes with it says all (R10).
      default: Log.warning("interrupt \(interrupt.number) has no owner")
      }
    }
  }
}

/// Vectors.S: an interrupt while the kernel waits at a held load or in WFI.
@c(kernel_interrupt)
func kernelInterrupt() { Interrupts.handle(CoreReference.current) }
