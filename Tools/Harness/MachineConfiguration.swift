// What machine to boot, and QEMU's command line for it: values in, arguments out.

/// A machine with our FPGA, and how its services are reached from this one.
public struct MachineConfiguration: Sendable {
  /// A guest's UDP port that this machine reaches at a port of its own, on 127.0.0.1.
  public struct ForwardedPort: Hashable, Sendable {
    public let host: UInt16
    public let guest: UInt16

    public init(host: UInt16, guest: UInt16) {
      self.host = host
      self.guest = guest
    }
  }

  /// 1 to 48, as many as an Enzian has.
  public var coreCount = 4
  /// As QEMU's `-m` takes it.
  public var memory = "256M"
  /// Time counts instructions and frames arrive at points of guest time that do not depend on the
  /// host: two runs of the same calls are the same, byte for byte.
  public var deterministic = false
  /// QEMU's `-accel`; nil leaves the choice to QEMU. Only TCG can run this machine's plug-in.
  public var accelerator: String?
  /// A file for all frames, as tcpdump and Wireshark read them.
  public var packetCapture: String?
  /// The device's file of call records.
  public var callRecords: String
  /// The initial archive; nil is the one of the artefacts.
  public var archive: String?
  /// What the FPGA has room for: endpoints, and processes with the kernel's own. Nil leaves it to
  /// the device.
  public var endpointCapacity: Int?
  public var processCapacity: Int?
  /// Further properties of the device, such as `("evictions", "1000")` (qemu/Device/README.md).
  public var deviceProperties: [(name: String, value: String)] = []
  public var forwardedPorts: [ForwardedPort]
  public var artefacts: Artefacts
  /// The QEMU to run.
  public var emulator = "qemu-system-aarch64"

  public init(artefacts: Artefacts, forwardedPorts: [ForwardedPort], callRecords: String) {
    self.artefacts = artefacts
    self.forwardedPorts = forwardedPorts
    self.callRecords = callRecords
  }

  /// The arguments of QEMU.
  public var arguments: [String] {
    // -nodefaults: no network card of QEMU's own, whose boot ROM a minimal installation lacks.
    var arguments = [
      "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none",
      "-machine", "virt,gic-version=3,virtualization=on", "-cpu", "cortex-a57",
      "-smp", String(coreCount), "-m", memory, "-serial", "stdio",
      // The guest ends QEMU, and sets its exit status, through semihosting.
      "-semihosting-config", "enable=on,target=native",
    ]
    if let accelerator { arguments += ["-accel", accelerator] }
    if deterministic { arguments += ["-icount", "shift=0,sleep=off"] }

    // No restrict=on: with it, libslirp drops the guest's UDP replies to forwarded ports, too.
    let forwards = forwardedPorts.map { ",hostfwd=udp:127.0.0.1:\($0.host)-:\($0.guest)" }
    arguments += [
      "-plugin", escape(artefacts.device),
      "-netdev", "user,id=net0,ipv6=off" + forwards.joined(),
      "-device",
      "lauberhorn,netdev=net0,calls=\(escape(callRecords))" + (deterministic ? ",lockstep=on" : "")
        + (endpointCapacity.map { ",endpoints=\($0)" } ?? "")
        + (processCapacity.map { ",processes=\($0)" } ?? "")
        + deviceProperties.map { ",\($0.name)=\(escape($0.value))" }.joined(),
    ]
    if let packetCapture {
      arguments += ["-object", "filter-dump,id=dump,netdev=net0,file=\(escape(packetCapture))"]
    }
    return arguments + [
      "-kernel", artefacts.kernelImage, "-initrd", archive ?? artefacts.services,
      "-append", "exit=semihosting",
    ]
  }

  /// In a list of QEMU options a comma separates; a doubled one is a comma of the value.
  private func escape(_ path: String) -> String {
    path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
  }
}
