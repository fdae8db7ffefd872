// A syndrome register in words: what a panic or a killed process's report says first.

/// The value of ESR_EL1 at an exception (ARM ARM, section "ESR_EL1, Exception Syndrome Register").
///
///     bits 26…31  EC, the exception class
///     bit  25     IL, 1 if the instruction has 32 bits
///     bits  0…24  ISS, whose meaning depends on the class
public struct ExceptionSyndrome: Equatable, Sendable, Reportable {
  public let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  /// The raw class, for those that have no name.
  public var exceptionClassCode: UInt8 { UInt8(truncatingIfNeeded: field(from: 26, bits: 6)) }

  /// The class, or nil if the value is reserved at EL1.
  public var exceptionClass: ExceptionClass? { ExceptionClass(rawValue: exceptionClassCode) }

  /// ISS, 25 bits.
  public var instructionSpecificSyndrome: UInt32 { field(from: 0, bits: 25) }

  /// Whether the instruction has 32 bits (field IL).
  public var hasLongInstruction: Bool { flag(25) }

  /// Details of a data or instruction abort; nil for other classes.
  public var abort: MemoryAbort? {
    switch exceptionClass {
    case .instructionAbortLowerLevel:
      return fetchAbort(isFromLowerLevel: true)
    case .instructionAbortSameLevel:
      return fetchAbort(isFromLowerLevel: false)
    case .dataAbortLowerLevel:
      return dataAbort(isFromLowerLevel: true)
    case .dataAbortSameLevel:
      return dataAbort(isFromLowerLevel: false)
    default:
      return nil
    }
  }

  /// The immediate of an SVC instruction; nil for other classes.
  public var supervisorCallNumber: UInt16? {
    exceptionClass == .supervisorCall ? UInt16(truncatingIfNeeded: field(from: 0, bits: 16)) : nil
  }

  /// The immediate of a BRK instruction; nil for other classes.
  public var breakpointComment: UInt16? {
    exceptionClass == .breakpointInstruction
      ? UInt16(truncatingIfNeeded: field(from: 0, bits: 16)) : nil
  }

  /// Whether this is a failed check in Swift code (precondition, overflow, bounds): the
  /// compiler ends such paths with `brk #1`.
  public var isSwiftTrap: Bool { breakpointComment == 1 }

  public func write(to output: inout some TextOutput & ~Copyable) {
    guard let exceptionClass else {
      output.write("reserved exception class ")
      output.write(hexadecimal: UInt64(exceptionClassCode), digits: 2)
      writeRemainder(to: &output)
      return
    }
    output.write(exceptionClass)
    if let abort {
      output.write(": ")
      output.write(abort)
      return
    }
    switch exceptionClass {
    case .supervisorCall, .breakpointInstruction:
      output.write(" #")
      output.write(decimal: field(from: 0, bits: 16))
      if isSwiftTrap { output.write(" (failed check in Swift code)") }
    case .systemRegister:
      output.write(": ")
      writeSystemRegisterAccess(to: &output)
    case .floatingPointException:
      output.write(":")
      writeFloatingPointFlags(to: &output)
    case .waitInstruction:
      // Field TI: which of the instructions.
      output.write(flag(0) ? ": WFE" : ": WFI")
    case .systemError:
      // Field IDS: the rest is defined by the implementation, not by the architecture.
      output.write(flag(24) ? ": implementation defined" : ": ")
      if !flag(24) { output.write(FaultStatus(code: faultStatusCode)) }
      writeRemainder(to: &output)
    default:
      if instructionSpecificSyndrome != 0 { writeRemainder(to: &output) }
    }
  }

  private var faultStatusCode: UInt8 { UInt8(truncatingIfNeeded: field(from: 0, bits: 6)) }

  private func fetchAbort(isFromLowerLevel: Bool) -> MemoryAbort {
    MemoryAbort(
      status: FaultStatus(code: faultStatusCode), access: .fetch, hasFaultAddress: !flag(10),
      isWalkOfStageTwo: flag(7), isFromLowerLevel: isFromLowerLevel, transfer: nil)
  }

  private func dataAbort(isFromLowerLevel: Bool) -> MemoryAbort {
    // CM before WnR: maintenance reports WnR = 1 without being a store.
    let access: MemoryAbort.Access = flag(8) ? .maintenance : flag(6) ? .write : .read
    let transfer =
      flag(24)
      ? MemoryAbort.Transfer(
        bytes: 1 << Int(field(from: 22, bits: 2)),
        register: UInt8(truncatingIfNeeded: field(from: 16, bits: 5))) : nil
    return MemoryAbort(
      status: FaultStatus(code: faultStatusCode), access: access, hasFaultAddress: !flag(10),
      isWalkOfStageTwo: flag(7), isFromLowerLevel: isFromLowerLevel, transfer: transfer)
  }

  /// Names the register as the assembler does without knowing it: S<op0>_<op1>_C<n>_C<m>_<op2>.
  private func writeSystemRegisterAccess(to output: inout some TextOutput & ~Copyable) {
    output.write(flag(0) ? "MRS from S" : "MSR to S")
    output.write(decimal: field(from: 20, bits: 2))
    output.write("_")
    output.write(decimal: field(from: 14, bits: 3))
    output.write("_C")
    output.write(decimal: field(from: 10, bits: 4))
    output.write("_C")
    output.write(decimal: field(from: 1, bits: 4))
    output.write("_")
    output.write(decimal: field(from: 17, bits: 3))
    output.write(", register x")
    output.write(decimal: field(from: 5, bits: 5))
  }

  /// The exceptions that a floating-point instruction raised; valid only with field TFV.
  private func writeFloatingPointFlags(to output: inout some TextOutput & ~Copyable) {
    guard flag(23) else {
      output.write(" cause not reported")
      return
    }
    if flag(0) { output.write(" invalid operation") }
    if flag(1) { output.write(" division by zero") }
    if flag(2) { output.write(" overflow") }
    if flag(3) { output.write(" underflow") }
    if flag(4) { output.write(" inexact") }
    if flag(7) { output.write(" denormal input") }
    writeRemainder(to: &output)
  }

  private func writeRemainder(to output: inout some TextOutput & ~Copyable) {
    output.write(" (ISS ")
    output.write(hexadecimal: UInt64(instructionSpecificSyndrome), digits: 7)
    output.write(")")
  }

  private func field(from position: UInt64, bits width: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (bits >> position) & ((1 << width) - 1))
  }

  private func flag(_ position: UInt64) -> Bool { bits & (1 << position) != 0 }
}
