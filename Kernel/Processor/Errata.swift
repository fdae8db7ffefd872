// What ThunderX-1 does wrong, who is affected, and what the kernel does about it.
//
// Detection is here, once at boot, by MIDR_EL1. The instructions of each action are in
// Boot/include/Errata.h. Descriptions: Linux, Documentation/arch/arm64/silicon-errata.rst and
// arch/arm64/Kconfig; where Linux acts is named at each.

public import Reporting

/// An erratum that matters to this kernel. The raw value is the maker's number.
public enum Erratum: UInt32, CaseIterable, Sendable {
  /// The acknowledge register is read before an earlier write of the CPU interface has effect.
  ///
  /// Linux: drivers/irqchip/irq-gic-v3.c, gic_read_iar_cavium_thunderx. Action: the sequence of
  /// 38545. Pass 1.x.
  case acknowledgeIsNotSynchronised = 23154
  /// The acknowledge register can return an interrupt that was given back already.
  ///
  /// Linux: the same function. All passes. Action: 8 NOPs, the read, 4 NOPs and a DSB; the number
  /// counts only if an active priority appeared in ICC_AP1R0_EL1. Cost: 16 instructions at each
  /// interrupt; none on the way of a call.
  case acknowledgeReturnsOldInterrupt = 38545
  /// A TLB invalidation by another core can fill the instruction cache for an address space that
  /// is not current.
  ///
  /// Linux: ARM64_WORKAROUND_CAVIUM_27456 in post_ttbr_update_workaround. Up to pass 2.1. Action:
  /// IC IALLU, DSB NSH, ISB after each change of TTBR0_EL1. Cost: 3 instructions at each switch of
  /// address space, and a cold instruction cache after it.
  case instructionCacheAfterContextChange = 27456
  /// A guest can disable the host's interrupts through the group enable registers.
  ///
  /// Linux: arch/arm64/kvm/hyp/vgic-v3-sr.c. Up to pass 2.2. Action: none is needed, since this
  /// kernel runs at EL1 and hosts no guest; who adds guests must trap both groups. Cost: 0.
  case guestDisablesInterrupts = 30115
  /// Reading GICD_TYPER2, a reserved register of this GIC, aborts.
  ///
  /// Linux: drivers/irqchip/irq-gic-v3.c, gic_enable_quirk_cavium_38539. All passes. Action: GICv3.swift reads
  /// no reserved register. Cost: 0.
  case reservedDistributorRegisterAborts = 38539
  // 22375 and 24313 (the ITS reports too large tables and wrong attributes; Linux:
  // drivers/irqchip/irq-gic-v3-its.c) and 23144 (its SYNC hangs across sockets) are of the ITS,
  // which this kernel does not use; 27704 is of the SMMU, which it leaves as firmware set it.

  /// Whether a processor has it.
  public func affects(_ processor: ProcessorIdentification) -> Bool {
    switch self {
    case .acknowledgeIsNotSynchronised: processor.isThunderX1(upToVariant: 0, revision: 1)
    case .instructionCacheAfterContextChange: processor.isThunderX1(upToVariant: 1, revision: 1)
    case .guestDisablesInterrupts: processor.isThunderX1(upToVariant: 1, revision: 2)
    case .acknowledgeReturnsOldInterrupt, .reservedDistributorRegisterAborts:
      processor.isThunderX1
    }
  }
}

/// The errata of one processor.
public struct Errata: Equatable, Sendable, Reportable {
  public let processor: ProcessorIdentification

  public init(of processor: ProcessorIdentification) { self.processor = processor }

  public func contains(_ erratum: Erratum) -> Bool { erratum.affects(processor) }

  /// Whether interrupts must be acknowledged with the careful sequence.
  public var needsCarefulAcknowledge: Bool {
    contains(.acknowledgeIsNotSynchronised) || contains(.acknowledgeReturnsOldInterrupt)
  }

  /// Whether the instruction cache must be emptied after a change of address space.
  public var needsInstructionCacheInvalidation: Bool {
    contains(.instructionCacheAfterContextChange)
  }

  /// The numbers with a blank before each; nothing when there are none.
  public func write(to output: inout some TextOutput & ~Copyable) {
    for erratum in Erratum.allCases where contains(erratum) {
      output.write(" \(erratum.rawValue)" as LogText)
    }
  }
}
