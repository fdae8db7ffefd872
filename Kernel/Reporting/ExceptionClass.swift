// Why the core took an exception: the exception class field of a syndrome register.

/// The classes that an Armv8-A core can report to EL1 (ARM ARM, ESR_EL1, field EC), named as
/// there. Other values are reserved, or belong to EL2 and EL3.
public enum ExceptionClass: UInt8, Hashable, Sendable, CaseIterable, Reportable {
  case unknown = 0x00
  case waitInstruction = 0x01
  case coprocessor15Register = 0x03
  case coprocessor15RegisterPair = 0x04
  case coprocessor14Register = 0x05
  case coprocessor14LoadStore = 0x06
  case floatingPointAccess = 0x07
  case pointerAuthenticationUse = 0x09
  case loadStore64Bytes = 0x0A
  case coprocessor14RegisterPair = 0x0C
  case branchTarget = 0x0D
  case illegalExecutionState = 0x0E
  case supervisorCall32 = 0x11
  case supervisorCall = 0x15
  case systemRegister = 0x18
  case scalableVectorAccess = 0x19
  case pointerAuthenticationFailure = 0x1C
  case scalableMatrixAccess = 0x1D
  case instructionAbortLowerLevel = 0x20
  case instructionAbortSameLevel = 0x21
  case programCounterAlignment = 0x22
  case dataAbortLowerLevel = 0x24
  case dataAbortSameLevel = 0x25
  case stackPointerAlignment = 0x26
  case memoryOperation = 0x27
  case floatingPointException32 = 0x28
  case floatingPointException = 0x2C
  case systemError = 0x2F
  case breakpointLowerLevel = 0x30
  case breakpointSameLevel = 0x31
  case softwareStepLowerLevel = 0x32
  case softwareStepSameLevel = 0x33
  case watchpointLowerLevel = 0x34
  case watchpointSameLevel = 0x35
  case breakpointInstruction32 = 0x38
  case breakpointInstruction = 0x3C

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .unknown: output.write("undefined instruction or unknown reason")
    case .waitInstruction: output.write("trapped WFI or WFE")
    case .coprocessor15Register: output.write("trapped MCR or MRC (coprocessor 15)")
    case .coprocessor15RegisterPair: output.write("trapped MCRR or MRRC (coprocessor 15)")
    case .coprocessor14Register: output.write("trapped MCR or MRC (coprocessor 14)")
    case .coprocessor14LoadStore: output.write("trapped LDC or STC")
    case .floatingPointAccess: output.write("trapped floating-point or SIMD access")
    case .pointerAuthenticationUse: output.write("trapped pointer authentication")
    case .loadStore64Bytes: output.write("trapped LD64B or ST64B")
    case .coprocessor14RegisterPair: output.write("trapped MRRC (coprocessor 14)")
    case .branchTarget: output.write("branch target exception")
    case .illegalExecutionState: output.write("illegal execution state")
    case .supervisorCall32: output.write("SVC in AArch32")
    case .supervisorCall: output.write("SVC")
    case .systemRegister: output.write("trapped MSR, MRS or system instruction")
    case .scalableVectorAccess: output.write("trapped SVE access")
    case .pointerAuthenticationFailure: output.write("pointer authentication failure")
    case .scalableMatrixAccess: output.write("trapped SME access")
    case .instructionAbortLowerLevel: output.write("instruction abort from a lower level")
    case .instructionAbortSameLevel: output.write("instruction abort")
    case .programCounterAlignment: output.write("PC alignment fault")
    case .dataAbortLowerLevel: output.write("data abort from a lower level")
    case .dataAbortSameLevel: output.write("data abort")
    case .stackPointerAlignment: output.write("SP alignment fault")
    case .memoryOperation: output.write("memory copy or set exception")
    case .floatingPointException32: output.write("floating-point exception in AArch32")
    case .floatingPointException: output.write("floating-point exception")
    case .systemError: output.write("SError")
    case .breakpointLowerLevel: output.write("breakpoint from a lower level")
    case .breakpointSameLevel: output.write("breakpoint")
    case .softwareStepLowerLevel: output.write("software step from a lower level")
    case .softwareStepSameLevel: output.write("software step")
    case .watchpointLowerLevel: output.write("watchpoint from a lower level")
    case .watchpointSameLevel: output.write("watchpoint")
    case .breakpointInstruction32: output.write("BKPT in AArch32")
    case .breakpointInstruction: output.write("BRK")
    }
  }
}
