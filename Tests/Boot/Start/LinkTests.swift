// The FPGA that does not answer, and the machine that says it is ThunderX-1.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct LinkTests {
    /// The device tree of a machine with the NIC, in a file that QEMU takes back.
    private func deviceTree(cores: Int, isTrimmed: Bool = true) throws -> String {
      let path = NSTemporaryDirectory() + "wengen-\(UUID().uuidString).dtb"
      var configuration = MachineConfiguration(
        artefacts: .standard, forwardedPorts: [], callRecords: "/dev/null")
      configuration.coreCount = cores
      configuration.dumpedDeviceTree = path
      let machine = try Machine(configuration)
      #expect(try machine.waitForExit() == .exited(0))
      guard isTrimmed else { return path }
      // QEMU leaves 1 MiB of room in it, and adds as much again when it loads it: more than the
      // 2 MiB that a tree may have. Words 1, 3 and 8 of the header: size, where the strings are,
      // their size; they are last.
      var blob = try Data(contentsOf: URL(fileURLWithPath: path))
      func word(_ index: Int) -> Int {
        blob[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      let end = word(3) + word(8)
      for byte in 0..<4 { blob[4 + byte] = UInt8(truncatingIfNeeded: end >> (24 - 8 * byte)) }
      try blob[..<end].write(to: URL(fileURLWithPath: path))
      return path
    }

    @Test(arguments: [1, 4]) func goesOnWithoutAnFPGAThatDoesNotAnswer(cores: Int) throws {
      let tree = try deviceTree(cores: cores)
      defer { try? FileManager.default.removeItem(atPath: tree) }
      let guest = try Guest {
        $0.coreCount = cores
        $0.deviceTree = tree
        $0.hasNIC = false
      }
      let console = guest.machine.console.text
      let lines = console.split(separator: "\n").filter {
        $0.contains("the FPGA does not answer; is its link up?")
      }
      #expect(lines.count == 1)
      #expect(console.contains("no NIC"))
      guest.machine.type("probe\n")
      try guest.machine.expectLine(containing: "probe: FPGA: no usable NIC")
      try guest.expectExit(typing: "exit 42", status: 42)
    }

    /// Without a tree that can be read there is no console: the emulator says it.
    @Test func saysWhatIsWrongWithTheTree() throws {
      let tree = try deviceTree(cores: 1, isTrimmed: false)
      defer { try? FileManager.default.removeItem(atPath: tree) }
      var configuration = MachineConfiguration(
        artefacts: .standard, forwardedPorts: [], callRecords: "/dev/null")
      configuration.coreCount = 1
      configuration.deviceTree = tree
      let machine = try Machine(configuration)
      #expect(try machine.waitForExit() == .exited(78))
      #expect(machine.complaints.text.contains("cannot start: device tree: 2097152 bytes"))
    }

    /// A tree that lists four cores, firmware that knows two: the kernel has two.
    @Test func goesOnWithoutCoresThatFirmwareRefuses() throws {
      let tree = try deviceTree(cores: 4)
      defer { try? FileManager.default.removeItem(atPath: tree) }
      let guest = try Guest {
        $0.coreCount = 2
        $0.deviceTree = tree
      }
      let console = guest.machine.console.text
      #expect(console.contains("core 2 did not start: firmware answered -2"))
      #expect(console.contains("core 3 did not start: firmware answered -2"))
      #expect(console.contains("ready: 4 processes, 2 cores, NIC up"))
      for round in 1...20 { try guest.expectBothServicesAnswer("with two of four cores, \(round)") }
      guest.machine.type("cores\n")
      try guest.machine.expectLine(containing: "core 3: offline")
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test(
      arguments: [
        ("cortex-a57", "part 0xd07", nil),
        ("cortex-a57,midr=0x431f0a11", "ThunderX-1 pass 2.1", "errata 38545 27456 30115 38539"),
      ] as [(String, String, String?)])
    func namesTheProcessorAndItsErrata(cpu: String, name: String, errata: String?) throws {
      let guest = try Guest { $0.processor = cpu }
      let line = try #require(
        guest.machine.console.text.split(separator: "\n").first { $0.contains("processor:") })
      #expect(line.contains(name))
      #expect(line.contains("errata") == (errata != nil))
      if let errata { #expect(line.contains(errata)) }
      try guest.expectBothServicesAnswer("on \(cpu)")
      // The console's interrupt is acknowledged in the processor's way.
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Types a command and returns the last two lines of its answer.
    private func probe(_ guest: Guest, _ command: String) throws -> (
      interrupt: String, hold: String
    ) {
      guest.machine.type("\(command)\n")
      for word in [
        "MIDR_EL1", "ID_AA64ISAR0_EL1", "CNTFRQ_EL0 62500000 Hz", "CTR_EL0", "DCZID_EL0",
        "L1 data cache: 32768 bytes", "priority bits", "timer 30 physical", "console 33",
        "FPGA register:", "FPGA line:", "LDXR/STXR on an FPGA line:",
      ] { try guest.machine.expectLine(containing: word) }
      return (
        try guest.machine.expectLine(containing: "held load:"),
        try guest.machine.expectLine(containing: "held load:")
      )
    }

    /// The core nearly always waits at its line; no violation is the FPGA's word that probing keeps
    /// the rules.
    @Test func probesTheMachine() throws {
      let guest = try Guest { $0.coreCount = 2 }
      var wasInterruptedAtLoad = false
      for (command, limit) in [("probe", 15_000), ("probe 5", 5_000), ("probe 25", 25_000)] {
        let lines = try probe(guest, command)
        if lines.interrupt.contains("was taken before it returned") { wasInterruptedAtLoad = true }
        #expect(lines.hold.contains("limit \(limit) us"))
      }
      #expect(wasInterruptedAtLoad)
      guest.machine.type("probe 1001\n")
      try guest.machine.expectLine(containing: "a load is held for 1 to 1000 ms")
      try guest.expectBothServicesAnswer("after probes")
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
