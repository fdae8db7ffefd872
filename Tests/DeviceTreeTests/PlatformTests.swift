// The platform description: QEMU's real tree, a tree like Enzian's, and what may be missing.

import DeviceTree
import Testing

@Suite struct PlatformTests {
  @Test func virtMachine() throws {
    let blob = try virtTree()
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(tree.string(platform.model) == "linux,dummy-virt")
    #expect(platform.console.registers == AddressRange(base: 0x900_0000, bytes: 0x1000))
    #expect(platform.console.interrupt?.number == 33)
    #expect(platform.console.interrupt?.isEdgeTriggered == false)
    #expect(!platform.console.hasFixedBaudRate)
    let controller = platform.interruptController
    #expect(controller.distributor == AddressRange(base: 0x800_0000, bytes: 0x1_0000))
    #expect(controller.redistributors.count == 1)
    #expect(controller.redistributors[0] == AddressRange(base: 0x80A_0000, bytes: 0xF6_0000))
    #expect(platform.timer.physical.number == 30)
    #expect(platform.timer.virtual.number == 27)
    #expect(platform.timer.securePhysical?.number == 29)
    #expect(platform.timer.hypervisor?.number == 26)
    #expect(platform.firmware?.conduit == .secureMonitor)
    #expect(platform.firmware?.isVersionOneOrLater == true)
    #expect(platform.processors.count == 48)
    for core in platform.processors.indices {
      // Facts, §5.2: Aff0 0…15 × Aff1 0…2.
      #expect(platform.processors[core].bits == UInt64(core / 16) << 8 | UInt64(core % 16))
    }
    #expect(platform.memory.count == 1)
    #expect(platform.memory[0] == AddressRange(base: 0x4000_0000, bytes: 0x4000_0000))
    #expect(platform.reservedMemory.isEmpty)
    #expect(platform.nic == nil)
    #expect(platform.initialArchive == nil)
    #expect(platform.bootArguments.isEmpty)
  }

  @Test func enzianLikeMachine() throws {
    let blob = enzianTree().blob
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(tree.string(platform.model) == "Enzian")
    #expect(tree.string(platform.bootArguments) == "exit=semihosting quiet")
    #expect(tree.string(tree.standardOutputOptions) == "115200n8")
    #expect(platform.initialArchive == AddressRange(base: 0x4800_0000, bytes: 0x10_0000))
    #expect(platform.console.registers == AddressRange(base: 0x87E0_2400_0000, bytes: 0x1000))
    #expect(platform.console.interrupt == nil)
    #expect(platform.kind == .enzian)
    #expect(platform.interruptController.redistributors.count == 2)
    #expect(platform.interruptController.redistributors[1].base == 0x8010_8100_0000)
    #expect(platform.firmware?.isVersionOneOrLater == false)
    // cpu@1 has failed; cpu@10f waits to be enabled. Bits outside the affinity fields go.
    #expect(platform.processors.count == 2)
    #expect(platform.processors[1].bits == 0x1_0000_010F)
    #expect(platform.memory.count == 2)
    #expect(platform.memory[1] == AddressRange(base: 1 << 32, bytes: 0x1E_0000_0000))
    #expect(platform.reservedMemory.count == 2)
    #expect(platform.reservedMemory[0] == AddressRange(base: 0x40_0000, bytes: 0x10_0000))
    #expect(platform.reservedMemory[1] == AddressRange(base: 0, bytes: 0x30_0000))
    let nic = try #require(platform.nic)
    #expect(nic.lines == AddressRange(base: 0x100_0000_0000, bytes: 0x80_0000))
    #expect(nic.registers == AddressRange(base: 0x9000_0000_0000, bytes: 0x1000))
    #expect(nic.ethernetAddress == 0x024C_4200_0001)
    #expect(nic.workerInterrupt == 8)
    #expect(nic.bypassInterrupt == 15)
  }

  /// What a change of the tree leads to, in words.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: String
    let change: @Sendable (inout TreeNode) -> Void

    init(_ expected: String, _ change: @escaping @Sendable (inout TreeNode) -> Void) {
      testDescription = expected
      self.expected = expected
      self.change = change
    }
  }

  @Test(arguments: [
    Wrong("no console (arm,pl011)") { $0.removeChild("soc") },
    Wrong("no interrupt controller (arm,gic-v3)") { $0.removeChild("interrupt-controller") },
    Wrong("no timer (arm,armv8-timer)") { $0.removeChild("timer") },
    Wrong("no CPU (/cpus, device_type cpu)") { $0.removeChild("cpus") },
    Wrong("no CPU (/cpus, device_type cpu)") { $0.change("cpus") { $0.children = [] } },
    Wrong("no memory (device_type memory)") { $0.removeChild("memory") },
    Wrong("no memory (device_type memory)") {
      $0.change("memory") { $0.set("status", text("disabled")) }
    },
    Wrong("has no reg") { $0.change("soc", "serial") { $0.remove("reg") } },
    Wrong("console (arm,pl011) at ") { $0.change("soc") { $0.remove("ranges") } },
    Wrong("no bus leads to address 0x87e024000000") { $0.change("soc") { $0.remove("ranges") } },
    Wrong("has a malformed reg") { $0.change("memory") { $0.set("reg", cells(0, 1, 2)) } },
    Wrong("has a malformed reg") {
      $0.change("memory") { $0.set("reg", cells(0xFFFF_FFFF, 0, 2, 0)) }
    },
    Wrong("interrupt controller (arm,gic-v3) at ") {
      $0.change("interrupt-controller") { $0.set("#redistributor-regions", cells(3)) }
    },
    Wrong("has a malformed #redistributor-regions") {
      $0.change("interrupt-controller") { $0.set("#redistributor-regions", cells(0)) }
    },
    Wrong("has no interrupts") { $0.change("timer") { $0.remove("interrupts") } },
    Wrong("has a malformed interrupts") { $0.change("timer") { $0.set("interrupts", cells(1)) } },
    Wrong("has a malformed interrupts") { $0.remove("interrupt-parent") },
    Wrong("has no method") { $0.change("psci") { $0.remove("method") } },
    Wrong("has a malformed method") { $0.change("psci") { $0.set("method", text("call")) } },
    Wrong("has no reg") { $0.change("cpus", "cpu@0") { $0.remove("reg") } },
    Wrong("has no linux,initrd-end") { $0.change("chosen") { $0.remove("linux,initrd-end") } },
    Wrong("has a malformed linux,initrd-end") {
      $0.change("chosen") { $0.set("linux,initrd-end", cells(5)) }
    },
    Wrong("has a malformed linux,initrd-start") {
      $0.change("chosen") { $0.set("linux,initrd-start", [1]) }
    },
    Wrong("reserved memory (/reserved-memory) at ") {
      $0.change("reserved-memory") { $0.remove("ranges") }
    },
    Wrong("has a malformed local-mac-address") {
      $0.change("lauberhorn") { $0.set("local-mac-address", [1, 2, 3]) }
    },
    Wrong("has no ethz,worker-interrupt") {
      $0.change("lauberhorn") { $0.remove("ethz,worker-interrupt") }
    },
    Wrong("has a malformed ethz,bypass-interrupt") {
      $0.change("lauberhorn") { $0.set("ethz,bypass-interrupt", cells(1, 2)) }
    },
    Wrong("NIC (ethz,lauberhorn-1) at ") {
      $0.change("lauberhorn") { $0.set("reg", cells(0x100, 0, 0, 0x80_0000)) }
    },
    Wrong("more than 64 nodes or ranges of CPU") {
      $0.change("cpus") {
        $0.children = (0..<65).map {
          TreeNode("cpu@\($0)", [("device_type", text("cpu")), ("reg", cells(0, $0))])
        }
      }
    },
    Wrong("more than 32 nodes or ranges of memory") {
      $0.change("memory") { $0.set("reg", (0..<33).flatMap { cells(0, $0 << 20, 0, 4096) }) }
    },
  ])
  func saysWhatIsMissing(_ wrong: Wrong) throws {
    var root = enzianRoot()
    // A machine whose constants nobody knows.
    root.set("model", text("Another"))
    wrong.change(&root)
    let blob = TreeBuilder(root).blob
    let tree = try DeviceTree(blob.span)
    do throws(PlatformError) {
      _ = try PlatformDescription(tree)
      Issue.record("accepted")
    } catch {
      let message = words(error)
      #expect(message.contains(wrong.expected), "\(message)")
    }
  }

  @Test func optionalPartsMayBeAbsent() throws {
    var root = enzianRoot()
    root.removeChild("chosen")
    root.removeChild("psci")
    root.removeChild("reserved-memory")
    root.change("lauberhorn") { $0.set("status", text("disabled")) }
    root.remove("model")
    let blob = TreeBuilder(root).blob
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(platform.firmware == nil)
    #expect(platform.nic == nil)
    #expect(platform.initialArchive == nil)
    #expect(platform.bootArguments.isEmpty)
    #expect(platform.model.isEmpty)
    #expect(platform.reservedMemory.isEmpty)
    // Without stdout-path the first UART that the kernel can drive.
    #expect(platform.console.registers.base == 0x87E0_2400_0000)
  }

  @Test func timerInterruptsByName() throws {
    var root = enzianRoot()
    root.change("timer") {
      $0.set("interrupt-names", text("virt", "phys"))
      $0.set("interrupts", cells(1, 11, 4, 1, 14, 1))
    }
    let blob = TreeBuilder(root).blob
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(platform.timer.virtual.number == 27)
    #expect(platform.timer.physical.number == 30)
    #expect(platform.timer.physical.isEdgeTriggered)
    #expect(platform.timer.securePhysical == nil)
    #expect(platform.timer.hypervisor == nil)
  }

  @Test func kindByModelOrCompatible() throws {
    func kind(_ change: (inout TreeNode) -> Void) throws -> MachineKind {
      var root = enzianRoot()
      change(&root)
      let blob = TreeBuilder(root).blob
      let tree = try DeviceTree(blob.span)
      return try PlatformDescription(tree).kind
    }
    #expect(try kind { _ in } == .enzian)
    #expect(try kind { $0.set("model", text("Another")) } == .other)
    #expect(
      try kind {
        $0.set("model", text("Another"))
        $0.set("compatible", text("ethz,enzian", "cavium,thunder-88xx"))
      } == .enzian)
    let virt = try virtTree()
    let tree = try DeviceTree(virt.span)
    #expect(try PlatformDescription(tree).kind == .virt)
  }

  /// Everything that Enzian's tree may leave out at once.
  @Test func enzianConstantsWhereItsTreeIsSilent() throws {
    var root = enzianRoot()
    for name in ["soc", "interrupt-controller", "timer", "psci", "lauberhorn"] {
      root.removeChild(name)
    }
    let blob = TreeBuilder(root).blob
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(platform.console.registers == AddressRange(base: 0x87E0_2400_0000, bytes: 0x1000))
    #expect(platform.console.hasFixedBaudRate)
    #expect(platform.interruptController.distributor.base == 0x8010_0000_0000)
    #expect(platform.interruptController.redistributors.count == 1)
    #expect(
      platform.interruptController.redistributors[0]
        == AddressRange(base: 0x8010_8000_0000, bytes: 0x60_0000))
    #expect(platform.timer.physical.number == 30)
    #expect(platform.timer.virtual.number == 27)
    #expect(platform.firmware?.conduit == .secureMonitor)
    let nic = try #require(platform.nic)
    #expect(nic.lines.base == 0x100_0000_0000)
    #expect(nic.registers.base == 0x9000_0000_0000)
    // The FPGA's are 8 to 15.
    #expect((8...15).contains(nic.workerInterrupt))
    #expect((8...15).contains(nic.bypassInterrupt))
  }

  @Test func enzianTreeComesBeforeItsConstants() throws {
    var root = enzianRoot()
    root.change("soc", "serial") { $0.set("reg", cells(0x87E0, 0x2500_0000, 0, 0x1000)) }
    root.change("lauberhorn") { $0.set("status", text("disabled")) }
    let blob = TreeBuilder(root).blob
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(platform.console.registers.base == 0x87E0_2500_0000)
    // It is a PL011 by its tree, but firmware's setting stays.
    #expect(platform.console.hasFixedBaudRate)
    #expect(platform.nic == nil)
  }
}
