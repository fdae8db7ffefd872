// What machine to boot, and QEMU's command line for it: values in, arguments out.

import Foundation

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
  /// A file for the FPGA's events (Kernel/Tracing); nil records none.
  public var traceFile: String?
  /// For the kernel, besides what this harness needs: `log=debug`, `trace=all`.
  public var bootArguments: [String] = []
  /// The initial archive; nil is the one of the artefacts.
  public var archive: String?
  /// What the FPGA has room for: endpoints, and processes with the kernel's own. Nil leaves it to
  /// the device.
  public var endpointCapacity: Int?
  public var processCapacity: Int?
  /// Further properties of the device, such as `("evictions", "1000")` (qemu/Device/README.md).
  public var deviceProperties: [(name: String, value: String)] = []
  public var forwardedPorts: [ForwardedPort]
  /// Instead of QEMU's user network: a wire on which each frame is a datagram. The guest's NIC
  /// sends to `peer` and receives at `local`, UDP ports of 127.0.0.1.
  public struct DatagramWire: Hashable, Sendable {
    public let local: UInt16
    public let peer: UInt16

    public init(local: UInt16, peer: UInt16) {
      self.local = local
      self.peer = peer
    }
  }
  public var wire: DatagramWire?
  /// Instead of a network: calls that come at given times of the guest's clock, which counts
  /// instructions. Two runs are the same, byte for byte. What the guest sends goes nowhere, but to
  /// `packetCapture`.
  public struct Replay: Hashable, Sendable {
    /// Frames and their times, as `PacketCapture` writes them.
    public let file: String
    /// QEMU then ends by itself, with status 0.
    public let endNanoseconds: UInt64

    public init(file: String, endNanoseconds: UInt64) {
      self.file = file
      self.endNanoseconds = endNanoseconds
    }

    /// The NIC's end of the wire; the port is a service's.
    public static func server(port: UInt16) -> UDPEnd {
      UDPEnd(
        ethernet: 0x5254_0012_3456, socket: SocketAddress(address: 0x0a00_020f, port: port))
    }
  }
  public var replay: Replay?
  public var artefacts: Artefacts
  /// Where a debugger finds the machine, which then waits for it; nil: it starts by itself.
  public var debuggerPort: UInt16?
  /// Whether a reset of the guest boots it again; else it ends QEMU.
  public var allowsReboot = false
  /// Who starts the kernel.
  public var bootPath = BootPath.image
  /// As QEMU's `-cpu` takes it; WENGEN_CPU of the environment, for running tests on another one.
  public var processor =
    ProcessInfo.processInfo.environment["WENGEN_CPU"] ?? "cortex-a57"
  /// Whether the FPGA is there.
  public var hasNIC = true
  /// Where QEMU writes the machine's device tree, and then ends without starting the machine.
  public var dumpedDeviceTree: String?
  /// A device tree to use instead of QEMU's own.
  public var deviceTree: String?
  /// Whether the cores have EL2, where firmware then runs and starts the kernel.
  public var hasHypervisorLevel = true
  /// Whether firmware may describe the machine by ACPI tables. Then Debian's UEFI hands over no
  /// device tree.
  public var hasACPI = false
  /// The kernel's, as far as the boot path takes one from QEMU. The guest ends QEMU, and sets its
  /// exit status, through semihosting.
  public var commandLine = "exit=semihosting"
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
      "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none",
      "-machine",
      "virt,gic-version=3,virtualization=\(hasHypervisorLevel ? "on" : "off")"
        + ",acpi=\(hasACPI ? "on" : "off")"
        + (dumpedDeviceTree.map { ",dumpdtb=\(Self.escape($0))" } ?? ""),
      "-cpu", processor, "-smp", String(coreCount), "-m", memory, "-serial", "stdio",
      "-semihosting-config", "enable=on,target=native",
    ]
    if !allowsReboot { arguments.append("-no-reboot") }
    if let accelerator { arguments += ["-accel", accelerator] }
    if deterministic || replay != nil { arguments += ["-icount", "shift=0,sleep=off"] }

    if hasNIC {
      arguments += [
        "-plugin", Self.escape(artefacts.device), "-netdev", network,
        "-device",
        "lauberhorn,netdev=net0,calls=\(Self.escape(callRecords))" + timeProperties
          + (traceFile.map { ",trace=\(Self.escape($0))" } ?? "")
          + (endpointCapacity.map { ",endpoints=\($0)" } ?? "")
          + (processCapacity.map { ",processes=\($0)" } ?? "")
          + deviceProperties.map { ",\($0.name)=\(Self.escape($0.value))" }.joined(),
      ]
    }
    if let deviceTree { arguments += ["-dtb", deviceTree] }
    if let debuggerPort { arguments += ["-S", "-gdb", "tcp:127.0.0.1:\(debuggerPort)"] }
    if let packetCapture {
      arguments += [
        "-object", "filter-dump,id=dump,netdev=net0,file=\(Self.escape(packetCapture))",
      ]
    }
    // In lockstep the clock stands still while all cores wait, unless a timer of the guest runs.
    let isLockstep = deterministic && replay == nil
    let words = [commandLine] + (isLockstep ? ["watch=off"] : []) + bootArguments
    return arguments
      + bootPath.arguments(
        artefacts, archive: archive ?? artefacts.services,
        commandLine: words.joined(separator: " "))
  }

  private var network: String {
    // A hub that nobody else is on.
    if replay != nil { return "hubport,id=net0,hubid=0" }
    if let wire {
      return "socket,id=net0,udp=127.0.0.1:\(wire.peer),localaddr=127.0.0.1:\(wire.local)"
    }
    // No restrict=on: with it, libslirp drops the guest's UDP replies to forwarded ports, too.
    let forwards = forwardedPorts.map { ",hostfwd=udp:127.0.0.1:\($0.host)-:\($0.guest)" }
    return "user,id=net0,ipv6=off" + forwards.joined()
  }

  /// Of the device: when frames come.
  private var timeProperties: String {
    guard let replay else { return deterministic ? ",lockstep=on" : "" }
    let ethernet = Replay.server(port: 0).ethernet
    let address = [40, 32, 24, 16, 8, 0].map { String(format: "%02x", ethernet >> $0 & 0xff) }
    return ",mac=\(address.joined(separator: ":")),replay=\(Self.escape(replay.file))"
      + ",replay-end=\(replay.endNanoseconds)"
  }

  /// In a list of QEMU options a comma separates; a doubled one is a comma of the value.
  static func escape(_ path: String) -> String {
    path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
  }
}
