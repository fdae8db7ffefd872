// The machine's interrupt controller, as boot and console use it.

internal import ArchAArch64
internal import DeviceTree
internal import Interface
internal import Reporting

/// The GICv3 that the device tree names.
enum InterruptController {
  // Safety: set by the boot core before another core runs.
  nonisolated(unsafe) private static var distributor: InterruptDistributor?
  nonisolated(unsafe) private static var regions = InlineArray<8, DeviceRegisters?>(repeating: nil)
  nonisolated(unsafe) private static var regionBytes = InlineArray<8, UInt>(repeating: 0)

  /// Once, on the boot core.
  static func start(_ description: PlatformDescription.InterruptController) {
    let found = InterruptDistributor(registers: KernelMemory.mapDevice(description.distributor))
    found.start()
    Interrupts.useTimer(interrupt: Kernel.platform.timer.virtual.number)
    unsafe distributor = found
    for index in description.redistributors.indices {
      let region = description.redistributors[index]
      unsafe regions[index] = KernelMemory.mapDevice(region)
      unsafe regionBytes[index] = UInt(region.bytes)
    }
  }

  /// On each core, by itself: SGIs 0…15 and the virtual timer are enabled.
  static func startCore(_ core: CoreIdentifier) {
    GenericTimer.startCore()
    let affinity = Kernel.affinity(of: core)
    Kernel.cores[core].affinity = affinity
    let timer = UInt32(1) << (Kernel.platform.timer.virtual.number & 31)
    for index in 0..<8 {
      guard let region = unsafe regions[index] else { break }
      if let own = InterruptRedistributor(
        region: region, bytes: unsafe regionBytes[index], affinity: affinity)
      {
        own.start(enabledInterrupts: 0xffff | timer)
        return
      }
    }
    Panic.stop("core \(core.number) has no GIC redistributor")
  }

  /// Sends a shared interrupt to a core.
  static func route(_ interrupt: UInt32, to core: CoreIdentifier) {
    unsafe distributor?.enable(interrupt, affinity: Kernel.affinity(of: core))
  }
}
