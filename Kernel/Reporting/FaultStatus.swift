// Why a memory access failed: the fault status code of an abort.

/// What the fault status code of a data or instruction abort says (ARM ARM, ESR_EL1, ISS
/// encodings for aborts, fields DFSC and IFSC). Levels are those of the translation table walk.
public enum FaultStatus: Hashable, Sendable, Reportable {
  case addressSize(level: Int)
  case translation(level: Int)
  case accessFlag(level: Int)
  case permission(level: Int)
  /// External aborts: what is behind the address answered with an error. On Enzian this is how
  /// a dead ECI link looks.
  case synchronousExternal
  case synchronousExternalOnWalk(level: Int)
  case synchronousTagCheck
  case parity
  case parityOnWalk(level: Int)
  case alignment
  case granuleProtection
  case granuleProtectionOnWalk(level: Int)
  case translationCacheConflict
  case unsupportedAtomicUpdate
  case lockdown
  case unsupportedExclusive
  case reserved(code: UInt8)

  /// Decodes the six bits of DFSC or IFSC; higher bits are ignored.
  public init(code: UInt8) {
    let level = Int(code & 0b11)
    switch code & 0b11_1111 {
    case 0b00_0000...0b00_0011: self = .addressSize(level: level)
    case 0b00_0100...0b00_0111: self = .translation(level: level)
    case 0b00_1000...0b00_1011: self = .accessFlag(level: level)
    case 0b00_1100...0b00_1111: self = .permission(level: level)
    case 0b01_0000: self = .synchronousExternal
    case 0b01_0001: self = .synchronousTagCheck
    case 0b01_0011: self = .synchronousExternalOnWalk(level: -1)
    case 0b01_0100...0b01_0111: self = .synchronousExternalOnWalk(level: level)
    case 0b01_1000: self = .parity
    case 0b01_1011: self = .parityOnWalk(level: -1)
    case 0b01_1100...0b01_1111: self = .parityOnWalk(level: level)
    case 0b10_0001: self = .alignment
    case 0b10_0011: self = .granuleProtectionOnWalk(level: -1)
    case 0b10_0100...0b10_0111: self = .granuleProtectionOnWalk(level: level)
    case 0b10_1000: self = .granuleProtection
    case 0b10_1001: self = .addressSize(level: -1)
    case 0b10_1011: self = .translation(level: -1)
    case 0b11_0000: self = .translationCacheConflict
    case 0b11_0001: self = .unsupportedAtomicUpdate
    case 0b11_0100: self = .lockdown
    case 0b11_0101: self = .unsupportedExclusive
    default: self = .reserved(code: code & 0b11_1111)
    }
  }

  /// Whether the page tables, and so the kernel, decided that this access fails.
  public var isDecidedByTables: Bool {
    switch self {
    case .addressSize, .translation, .accessFlag, .permission: true
    default: false
    }
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .addressSize(let level): output.write("address size fault", level: level)
    case .translation(let level): output.write("translation fault", level: level)
    case .accessFlag(let level): output.write("access flag fault", level: level)
    case .permission(let level): output.write("permission fault", level: level)
    case .synchronousExternal: output.write("synchronous external abort")
    case .synchronousExternalOnWalk(let level):
      output.write("synchronous external abort on table walk", level: level)
    case .synchronousTagCheck: output.write("tag check fault")
    case .parity: output.write("parity or ECC error")
    case .parityOnWalk(let level): output.write("parity or ECC error on table walk", level: level)
    case .alignment: output.write("alignment fault")
    case .granuleProtection: output.write("granule protection fault")
    case .granuleProtectionOnWalk(let level):
      output.write("granule protection fault on table walk", level: level)
    case .translationCacheConflict: output.write("TLB conflict")
    case .unsupportedAtomicUpdate: output.write("unsupported atomic update of a table")
    case .lockdown: output.write("lockdown fault")
    case .unsupportedExclusive: output.write("unsupported exclusive or atomic access")
    case .reserved(let code):
      output.write("reserved fault status ")
      output.write(hexadecimal: UInt64(code), digits: 2)
    }
  }
}

extension TextOutput where Self: ~Copyable {
  fileprivate mutating func write(_ fault: StaticString, level: Int) {
    write(fault)
    write(", level ")
    write(decimal: level)
  }
}
