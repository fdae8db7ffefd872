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
}
