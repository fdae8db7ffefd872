// A panic says what happened and where, its backtrace has names, and the shell sees a failure.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct PanicTests {
    @Test(arguments: [1, 4]) func panicIsExplained(cores: Int) throws {
      let guest = try Guest { $0.coreCount = cores }
      guest.machine.type("panic\n")
      guard case .exited(let status) = try guest.machine.waitForExit() else {
        Issue.record("QEMU was ended by a signal")
        return
      }
      #expect(status != 0)

      let console = guest.machine.console.text
      let report = try #require(console.components(separatedBy: "PANIC").last)
      for word in ["core", "process", "thread", "ESR", "ELR", "FAR", "backtrace:"] {
        #expect(report.contains(word), "no '\(word)' in the panic's text")
      }
      let frames = Symboliser.frames(in: console)
      #expect(frames.count > 1)
      let symboliser = Symboliser(executable: guest.machine.configuration.artefacts.kernelELF)
      let locations = try symboliser.locations(of: frames)
      #expect(locations.count == frames.count)
      #expect(
        locations.contains { $0.contains { $0.function.contains("ConsoleCommands") } },
        "the command that asked for the panic is not in the backtrace")
      let named = locations.filter { $0.contains { $0.position?.contains(".swift:") == true } }
      #expect(!named.isEmpty, "no frame has a Swift file and line")
    }

    /// The report needs a stack, too.
    @Test func aFullStackIsExplained() throws {
      let guest = try Guest()
      guest.machine.type("panic stack\n")
      #expect(try guest.machine.waitForExit() == .exited(70))
      let report = try #require(
        guest.machine.console.text.components(separatedBy: "PANIC").last)
      #expect(report.contains("in the kernel: stack overflow"))
      #expect(report.contains("  core 0, "))
      #expect(report.contains("data abort: translation fault"))
      // The last page of the hole below the boot core's stack, and where that begins.
      #expect(report.contains("FAR_EL1 0xffffb00000007"))
      #expect(report.contains("SP_EL1 0xffffb000000"))
      #expect(report.contains("  [31] "), "the backtrace goes on where the stack was full")
    }
  }
}
