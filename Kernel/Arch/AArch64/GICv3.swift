// The interrupt controller: GICv3 with system registers, non-secure group 1 only.
//
// Register offsets and fields: Arm IHI 0069, chapters 12.9 (distributor), 12.11 (redistributor).
// Reserved distributor registers are never touched: on ThunderX-1 reading GICD_TYPER2 aborts
// (erratum 38539). Redistributors are found by their affinity, not by position.

internal import Boot

/// The distributor, one for the machine.
public struct InterruptDistributor: Sendable {
  private enum Offset {
    static let control: UInt = 0x0000  // GICD_CTLR
    static let group: UInt = 0x0080  // GICD_IGROUPR
    static let enable: UInt = 0x0100  // GICD_ISENABLER
    static let priority: UInt = 0x0400  // GICD_IPRIORITYR
    static let route: UInt = 0x6000  // GICD_IROUTER
  }

  private enum Control {
    static let enableGroup1: UInt32 = 1 << 1
    static let affinityRouting: UInt32 = 1 << 4
    static let writePending: UInt32 = 1 << 31
  }

  private let registers: DeviceRegisters

  public init(registers: DeviceRegisters) { self.registers = registers }

  /// Once, by the boot core.
  public func start() {
    registers.write32(Control.affinityRouting | Control.enableGroup1, Offset.control)
    while registers.read32(Offset.control) & Control.writePending != 0 {}
  }

  /// Routes a shared interrupt to a core and enables it.
  /// - Parameter interrupt: its INTID, 32 or more.
  public func enable(_ interrupt: UInt32, affinity: UInt64) {
    let word = UInt(interrupt / 32) * 4
    let bit = UInt32(1) << (interrupt % 32)
    registers.write32(registers.read32(Offset.group + word) | bit, Offset.group + word)
    setPriority(interrupt)
    registers.write64(affinity & 0xff_00ff_ffff, Offset.route + UInt(interrupt) * 8)
    registers.write32(bit, Offset.enable + word)
    barrier_complete()
  }

  private func setPriority(_ interrupt: UInt32) {
    let offset = Offset.priority + UInt(interrupt & ~3)
    let lane = (interrupt & 3) * 8
    let others = registers.read32(offset) & ~(0xff << lane)
    registers.write32(others | 0xa0 << lane, offset)
  }
}

/// The redistributor and CPU interface of the core that calls.
public struct InterruptRedistributor: Sendable {
  private enum Offset {
    static let type: UInt = 0x0008  // GICR_TYPER
    static let wake: UInt = 0x0014  // GICR_WAKER
    static let frameBytes: UInt = 0x2_0000  // RD_base and SGI_base
    static let group: UInt = 0x1_0080  // GICR_IGROUPR0
    static let enable: UInt = 0x1_0100  // GICR_ISENABLER0
    static let priority: UInt = 0x1_0400  // GICR_IPRIORITYR0
  }

  private let registers: DeviceRegisters

  /// Finds the frame whose affinity is `affinity` in a region of redistributors; nil when the
  /// region has none for it.
  public init?(region: DeviceRegisters, bytes: UInt, affinity: UInt64) {
    let wanted = affinity & 0xff_ffff | (affinity >> 32 & 0xff) << 24
    var offset: UInt = 0
    while offset < bytes {
      let frame = DeviceRegisters(base: region.base + offset)
      let type = frame.read64(Offset.type)
      if type >> 32 == wanted {
        registers = frame
        return
      }
      if type & 1 << 4 != 0 { return nil }  // Last
      // VLPIS: GICv4 frames have two more 64 KiB pages.
      offset += type & 1 << 1 != 0 ? Offset.frameBytes * 2 : Offset.frameBytes
    }
    return nil
  }

  /// Wakes the redistributor and opens the CPU interface for group 1.
  /// - Parameter enabledInterrupts: bit set of INTIDs 0…31.
  public func start(enabledInterrupts: UInt32) {
    let processorSleep: UInt32 = 1 << 1
    let childrenAsleep: UInt32 = 1 << 2
    registers.write32(registers.read32(Offset.wake) & ~processorSleep, Offset.wake)
    while registers.read32(Offset.wake) & childrenAsleep != 0 {}

    registers.write32(0xffff_ffff, Offset.group)
    for word in 0..<8 as Range<UInt> { registers.write32(0xa0a0_a0a0, Offset.priority + word * 4) }
    registers.write32(enabledInterrupts, Offset.enable)
    barrier_complete()

    write_interrupt_system_registers(read_interrupt_system_registers() | 1)
    barrier_context()
    write_interrupt_priority_mask(0xf0)
    write_interrupt_binary_point(0)
    write_interrupt_control(0)
    write_interrupt_group_enable(1)
    barrier_context()
  }
}

/// Interrupts from core to core (SGIs).
public enum InterruptGenerator {
  /// Raises an SGI at one core. What this core stored before is visible to the other core's
  /// handler.
  /// - Parameters:
  ///   - number: 0…15.
  ///   - affinity: the other core's MPIDR_EL1 affinity fields.
  public static func send(_ number: UInt32, affinity: UInt64) {
    // ICC_SGI1R_EL1 (Arm IHI 0069, 12.2.20): one bit in the target list for Aff0 modulo 16, range
    // selector for Aff0 / 16, Aff1, INTID, Aff2, Aff3.
    let level0 = affinity & 0xff
    let target = UInt64(1) << (level0 & 0xf) | (level0 >> 4) << 44
    let cluster = (affinity >> 8 & 0xff) << 16 | (affinity >> 16 & 0xff) << 32
    barrier_complete()
    write_interrupt_generate(
      target | cluster | (affinity >> 32 & 0xff) << 48 | UInt64(number & 0xf) << 24)
    barrier_context()
  }
}

/// An interrupt that this core has taken and must give back.
@frozen
public struct TakenInterrupt: ~Copyable {
  /// INTID.
  public let number: UInt32

  /// Takes the interrupt of highest priority; nil when there is none (INTID 1020…1023). Bits 24 and
  /// above of the register are zero (ICC_IAR1_EL1; Arm IHI 0069, 12.2.14).
  public init?() {
    let acknowledged = UInt32(truncatingIfNeeded: interrupt_acknowledge())
    guard acknowledged < 1020 else { return nil }
    number = acknowledged
  }

  /// Whether one waits that was not taken (ICC_HPPIR1_EL1; Arm IHI 0069, 12.2.13).
  public static var isPending: Bool {
    UInt32(truncatingIfNeeded: read_interrupt_pending()) < 1020
  }

  /// One that was taken before, and kept.
  public init(kept number: UInt32) { self.number = number }

  /// Leaves its end to another place, which takes it up with this number.
  public consuming func keep() -> UInt32 {
    let number = number
    discard self
    return number
  }

  /// Ends it: the next one of its priority can come.
  deinit { write_interrupt_end(UInt64(number)) }
}
