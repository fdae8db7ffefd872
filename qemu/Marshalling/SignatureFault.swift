// Why a signature is refused, and where.

/// What is wrong with a signature.
public enum SignatureFaultReason: Hashable, Sendable, CaseIterable {
  case tooLong
  case truncated
  case unknownCode
  case nestingTooDeep
  case zeroSize
  case emptyElement
  case maximumTooLarge
  case neverFits
  case wrongSlotCount
  case invalidDiscriminant
  case noArms
  case invalidCase
  case duplicateCase
  case armAfterDefault

  public var description: String {
    switch self {
    case .tooLong: "longer than 255 bytes"
    case .truncated: "ends, or its list ends, inside a type"
    case .unknownCode: "unknown type code"
    case .nestingTooDeep: "lists nested deeper than 8"
    case .zeroSize: "fixed opaque or fixed array of size 0"
    case .emptyElement: "element without any type"
    case .maximumTooLarge: "a value of this size would not fit the overflow lines (4096 bytes)"
    case .neverFits: "even the smallest value would not fit the argument area (4192 bytes)"
    case .wrongSlotCount: "the list does not have the number of slots that it states"
    case .invalidDiscriminant: "discriminant is neither int, unsigned int, enumeration nor bool"
    case .noArms: "union without arms"
    case .invalidCase: "case value of a bool is neither 0 nor 1"
    case .duplicateCase: "case value occurs twice"
    case .armAfterDefault: "arm after the default arm"
    }
  }
}

/// A refused signature.
public struct SignatureFault: Error, Hashable, Sendable {
  /// The byte at which the fault was found, from 0: the code of the type at fault, or the
  /// operand when one operand is.
  public let position: Int
  public let reason: SignatureFaultReason

  public init(position: Int, reason: SignatureFaultReason) {
    self.position = position
    self.reason = reason
  }

  public var description: String { "byte \(position) of the signature: \(reason.description)" }
}
