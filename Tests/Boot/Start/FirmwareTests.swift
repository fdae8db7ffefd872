// The same image through Debian's firmware: UEFI alone, its shell, GRUB, U-Boot.
//
// QEMU's own -kernel is in BootTests.swift. Each guest answers calls at the end, so memory, device
// tree, initial archive, interrupts and the other cores have come through the firmware, too. The
// exit status comes through semihosting only if the command line arrived.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct FirmwareTests {
    private let artefacts = Artefacts.standard

    private func expectWorks(_ guest: Guest, entry: String = "EL2") throws {
      let console = guest.machine.console.text
      #expect(console.contains("entered at \(entry)"))
      #expect(console.contains("4 cores online"))
      // Of what firmware adds to the command line nothing is taken for misspelt.
      #expect(!console.contains("boot argument"))
      try guest.expectBothServicesAnswer("through \(guest.machine.configuration.bootPath)")
      try guest.expectExit(typing: "exit 42", status: 42)
    }

    @Test func uefiStartsTheImage() throws {
      let guest = try Guest { $0.bootPath = .uefi }
      let console = guest.machine.console.text
      #expect(console.contains("Wengen: started by UEFI"))
      #expect(console.contains("Wengen: initial archive loaded"))
      try expectWorks(guest)
    }

    @Test(arguments: [BootPath.image, .uefi, .uBoot])
    func startsAtEL1(path: BootPath) throws {
      let guest = try Guest {
        $0.bootPath = path
        $0.hasHypervisorLevel = false
      }
      try expectWorks(guest, entry: "EL1")
    }

    /// The way of a removable medium: no command line, so the machine ends through PSCI.
    @Test func uefiFindsTheImageOnADisk() throws {
      let disk = try BootDisk(copies: [
        "EFI/BOOT/BOOTAA64.EFI": artefacts.kernelImage,
        "EFI/BOOT/services.cpio": artefacts.services,
      ])
      let guest = try Guest { $0.bootPath = .uefiDisk(folder: disk.folder) }
      try guest.expectBothServicesAnswer("from a disk")
      try guest.expectExit(typing: "exit 42", status: 0)
    }

    /// The shell runs a second command only because the first one gives back control, after
    /// having said why.
    @Test func uefiShellStartsTheImage() throws {
      let disk = try BootDisk(
        copies: ["wengen.efi": artefacts.kernelImage, "boot/archive.cpio": artefacts.services],
        texts: [
          "startup.nsh": """
          fs0:\\wengen.efi initrd=missing.cpio\r
          fs0:\\wengen.efi initrd=boot/archive.cpio exit=semihosting\r

          """
        ])
      let guest = try Guest { $0.bootPath = .uefiDisk(folder: disk.folder) }
      #expect(
        guest.machine.console.text.contains(
          "Wengen: cannot start: the initial archive cannot be loaded (EFI error"))
      try expectWorks(guest)
    }

    @Test func grubStartsTheImage() throws {
      let disk = try BootDisk(
        copies: [
          "EFI/BOOT/BOOTAA64.EFI": artefacts.grub, "kernel.img": artefacts.kernelImage,
          "services.cpio": artefacts.services,
        ],
        texts: [
          "EFI/debian/grub.cfg": """
          linux /kernel.img exit=semihosting
          initrd /services.cpio
          boot

          """
        ])
      let guest = try Guest { $0.bootPath = .uefiDisk(folder: disk.folder) }
      let console = guest.machine.console.text
      #expect(console.contains("Welcome to GRUB!"))
      #expect(console.contains("Wengen: started by UEFI"))
      try expectWorks(guest)
    }

    @Test func uBootStartsTheImage() throws {
      let guest = try Guest { $0.bootPath = .uBoot }
      #expect(guest.machine.console.text.contains("U-Boot"))
      try expectWorks(guest)
    }

    @Test func saysThatFirmwareHasNoDeviceTree() throws {
      var configuration = MachineConfiguration(
        artefacts: artefacts, forwardedPorts: [], callRecords: "/dev/null")
      configuration.bootPath = .uefi
      configuration.hasACPI = true
      let machine = try Machine(configuration)
      try machine.expectLine(
        containing: "Wengen: cannot start: firmware has installed no device tree",
        within: .seconds(60))
      machine.kill()
    }
  }
}
