// What an abort tells of the access that failed.

/// The decoded ISS of a data or instruction abort (ARM ARM, ESR_EL1, "ISS encoding for an
/// exception from a Data Abort" and "… from an Instruction Abort").
public struct MemoryAbort: Equatable, Sendable, Reportable {
  public enum Access: Equatable, Sendable {
    case read
    case write
    case fetch
    /// A cache maintenance or address translation instruction (field CM).
    case maintenance
  }

  /// What the failed load or store moves, if the core says so (field ISV).
  public struct Transfer: Equatable, Sendable {
    /// Size of the access: 1, 2, 4 or 8.
    public let bytes: Int
    /// The general-purpose register; 31 is the zero register.
    public let register: UInt8
  }

  public let status: FaultStatus
  public let access: Access
  /// Whether FAR_EL1 holds the address (field FnV is clear).
  public let hasFaultAddress: Bool
  /// Whether a stage 2 fault hit the walk of stage 1 (field S1PTW).
  public let isWalkOfStageTwo: Bool
  /// Whether it was taken from EL0.
  public let isFromLowerLevel: Bool
  /// Nil for fetches, and for instructions that the core does not describe.
  public let transfer: Transfer?

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write(status)
    switch access {
    case .read: output.write(", read")
    case .write: output.write(", write")
    case .fetch: output.write(", fetch")
    case .maintenance: output.write(", cache maintenance")
    }
    if let transfer {
      output.write(" of ")
      output.write(decimal: transfer.bytes)
      output.write(transfer.bytes == 1 ? " byte, register " : " bytes, register ")
      if transfer.register == 31 {
        output.write("xzr")
      } else {
        output.write("x")
        output.write(decimal: transfer.register)
      }
    }
    if isWalkOfStageTwo { output.write(", stage 2 of a walk") }
    if !hasFaultAddress { output.write(", address unknown") }
  }
}
