// The processor state that an exception interrupted, in words.

/// The value of SPSR_EL1 at an exception (ARM ARM, section "SPSR_EL1, Saved Program Status
/// Register").
///
///     bits  0…3   M, exception level and stack pointer     bit 4   1 for AArch32
///     bits  6…9   F, I, A, D: masks                        bit 20  IL, illegal state
///     bits 28…31  V, C, Z, N: condition flags              bit 21  SS, software step
public struct SavedProgramStatus: Equatable, Sendable, Reportable {
  public let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  /// Where the exception was taken from: 0 to 3. AArch32 counts as 0, since only EL0 can run
  /// it under this kernel.
  public var exceptionLevel: Int { isThirtyTwoBit ? 0 : Int(truncatingIfNeeded: bits >> 2 & 0b11) }

  /// Whether the stack pointer in use was that of the exception level (`h`), not SP_EL0 (`t`).
  public var usesOwnStackPointer: Bool { !isThirtyTwoBit && flag(0) }

  public var isThirtyTwoBit: Bool { flag(4) }
  public var areFastInterruptsMasked: Bool { flag(6) }
  public var areInterruptsMasked: Bool { flag(7) }
  public var areSystemErrorsMasked: Bool { flag(8) }
  public var areDebugExceptionsMasked: Bool { flag(9) }
  public var isIllegalState: Bool { flag(20) }

  /// Writes for example `EL1h, masked DAIF, flags nZCv`; a capital letter is a flag that is set.
  public func write(to output: inout some TextOutput & ~Copyable) {
    if isThirtyTwoBit {
      output.write("AArch32")
    } else {
      output.write("EL")
      output.write(decimal: exceptionLevel)
      output.write(usesOwnStackPointer ? "h" : "t")
    }
    output.write(", masked ")
    if bits >> 6 & 0b1111 == 0 { output.write("none") }
    if areDebugExceptionsMasked { output.write("D") }
    if areSystemErrorsMasked { output.write("A") }
    if areInterruptsMasked { output.write("I") }
    if areFastInterruptsMasked { output.write("F") }
    output.write(", flags ")
    output.write(flag(31) ? "N" : "n")
    output.write(flag(30) ? "Z" : "z")
    output.write(flag(29) ? "C" : "c")
    output.write(flag(28) ? "V" : "v")
    if isIllegalState { output.write(", illegal state") }
    if flag(21) { output.write(", single step") }
  }

  private func flag(_ position: UInt64) -> Bool { bits & (1 << position) != 0 }
}
