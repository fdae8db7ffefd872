// Which processor this is, from MIDR_EL1.

public import Reporting

/// The fields of MIDR_EL1 (ARM ARM D17.2.100).
public struct ProcessorIdentification: Equatable, Sendable, Reportable {
  public let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  /// 0x41 Arm, 0x43 Cavium.
  public var implementer: UInt64 { bits >> 24 & 0xff }
  /// Major revision: `r` of "r1p1".
  public var variant: UInt64 { bits >> 20 & 0xf }
  public var part: UInt64 { bits >> 4 & 0xfff }
  /// Minor revision: `p` of "r1p1".
  public var revision: UInt64 { bits & 0xf }

  /// Cavium CN88xx, the CPU of Enzian: implementer 0x43, part 0x0a1 (Linux,
  /// arch/arm64/include/asm/cputype.h). Its makers count passes: r0 is pass 1, r1 is pass 2.
  public var isThunderX1: Bool { implementer == 0x43 && part == 0x0a1 }

  /// Whether this is a ThunderX-1 up to a revision.
  func isThunderX1(upToVariant lastVariant: UInt64, revision lastRevision: UInt64) -> Bool {
    isThunderX1
      && (variant < lastVariant || variant == lastVariant && revision <= lastRevision)
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("MIDR_EL1 \(hexadecimal: bits, digits: 8)" as LogText)
    if isThunderX1 {
      output.write(" ThunderX-1 pass \(variant + 1).\(revision)" as LogText)
    } else {
      output.write(" implementer \(hexadecimal: implementer) part" as LogText)
      output.write(" \(hexadecimal: part) r\(variant)p\(revision)" as LogText)
    }
  }
}
