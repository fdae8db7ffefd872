// Enzian: what its device tree does not say.
//
// The tree comes first; these values stand in where it is silent. Sources: [dtsi] Linux,
// arch/arm64/boot/dts/cavium/thunder-88xx.dtsi; [log] the boot log of another board with the same
// CPU revision (linux-kernel mailing list, YIA8RCjoI+9nChN6@xps13.dannf); [prototype] the
// LAUBERHORN authors' sources, KireinaHoro/enzian-pio-nic.

/// Machines that the kernel knows something about beyond their tree.
public enum MachineKind: Equatable, Sendable {
  /// QEMU's `virt`: its tree says everything.
  case virt
  case enzian
  /// Any other: its tree has to say everything.
  case other
}

/// The constants.
public enum Enzian {
  /// UAA0, a PL011 behind an SBSA description: 4 KiB, 32-bit accesses [dtsi].
  public static var console: PlatformDescription.Console {
    // Its interrupt is no private and no shared one of the GIC by the tree's numbers, so the kernel
    // polls it; firmware has set 115200 baud, and the SBSA description has no divisor to change.
    PlatformDescription.Console(
      registers: AddressRange(base: 0x87E0_2400_0000, bytes: 0x1000), interrupt: nil,
      hasFixedBaudRate: true)
  }

  /// GICv3 with 48 redistributors of 128 KiB in a row [dtsi] [log].
  public static var interruptController: PlatformDescription.InterruptController {
    var controller = PlatformDescription.InterruptController(
      distributor: AddressRange(base: 0x8010_0000_0000, bytes: 0x1_0000))
    let isAdded = controller.redistributors.append(
      AddressRange(base: 0x8010_8000_0000, bytes: 48 * 0x2_0000))
    precondition(isAdded, "an empty list has room")
    return controller
  }

  /// Private interrupts 13, 14, 11 and 10, level-triggered [dtsi]. The frequency, 100 MHz [log], is
  /// read from CNTFRQ_EL0 as on every machine.
  public static var timer: PlatformDescription.TimerInterrupts {
    func level(_ number: UInt32) -> Interrupt {
      Interrupt(number: number, isEdgeTriggered: false)
    }
    return PlatformDescription.TimerInterrupts(
      securePhysical: level(29), physical: level(30), virtual: level(27), hypervisor: level(26))
  }

  /// PSCI 0.2 in the secure monitor [dtsi] [log].
  public static var firmware: PlatformDescription.FirmwareInterface {
    PlatformDescription.FirmwareInterface(conduit: .secureMonitor, isVersionOneOrLater: false)
  }

  /// The FPGA's memory window, physical 0x100_0000_0000, of which the kernel maps the interface's
  /// 256 MiB, and its registers [prototype, sw/rt/eci.c]. The FPGA can raise SGIs 8 to 15 only, so
  /// these are its own and the kernel's are 0 to 7; the prototype uses 8 for workers and 15 for
  /// other traffic.
  public static var nic: PlatformDescription.NIC {
    PlatformDescription.NIC(
      lines: AddressRange(base: 0x100_0000_0000, bytes: 0x1000_0000),
      registers: AddressRange(base: 0x9000_0000_0000, bytes: 0x1000), ethernetAddress: nil,
      workerInterrupt: 8, bypassInterrupt: 15)
  }
}

extension DeviceTree {
  /// The machine, by the root's `model` and `compatible`. Linux calls it "Machine model: Enzian".
  var machineKind: MachineKind {
    if text("model", of: root, is: "Enzian") || isCompatible(root, with: "ethz,enzian") {
      return .enzian
    }
    return isCompatible(root, with: "linux,dummy-virt") ? .virt : .other
  }
}
