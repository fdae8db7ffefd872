// How the kernel gets into the machine's memory: by QEMU itself, or through Debian's firmware.

/// A way to start the kernel's image. All of them start the same file.
public enum BootPath: Hashable, Sendable {
  /// QEMU's `-kernel`, which follows Linux' booting protocol.
  case image
  /// UEFI (Debian's qemu-efi-aarch64), which starts what `-kernel` names as an EFI application.
  case uefi
  /// UEFI, which finds a folder's files on a disk and starts `EFI/BOOT/BOOTAA64.EFI`, or its shell.
  case uefiDisk(folder: String)
  /// U-Boot (Debian's u-boot-qemu), whose `booti` starts what `-kernel` names.
  case uBoot

  /// Debian's firmware images.
  public static var uefiFirmware: String { "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" }
  public static var uBootFirmware: String { "/usr/lib/u-boot/qemu_arm64/u-boot.bin" }

  /// The file that QEMU starts the machine with; nil if that is the kernel.
  public var firmware: String? {
    switch self {
    case .image: nil
    case .uefi, .uefiDisk: Self.uefiFirmware
    case .uBoot: Self.uBootFirmware
    }
  }

  /// QEMU's arguments.
  func arguments(
    _ artefacts: Artefacts, archive: String, commandLine: String
  ) -> [String] {
    var arguments: [String] = []
    if let firmware { arguments += ["-bios", firmware] }
    if case .uefiDisk(let folder) = self {
      // QEMU makes a FAT file system of the folder.
      return arguments + [
        "-drive",
        "if=none,id=boot,format=raw,read-only=on,file=fat:\(MachineConfiguration.escape(folder))",
        "-device", "virtio-blk-device,drive=boot",
      ]
    }
    return arguments + [
      "-kernel", artefacts.kernelImage, "-initrd", archive, "-append", commandLine,
    ]
  }
}
