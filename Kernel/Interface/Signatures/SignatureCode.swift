// The type codes of a signature, and the limits that let hardware be built for them.

/// The first byte of every type in a signature. `Signature` gives the whole encoding.
///
/// 0 is no code, so a signature that is read past its end, or zeroed memory, is refused.
public enum SignatureCode: UInt8, Hashable, Sendable, CaseIterable {
  // One slot each, 4 or 8 bytes of XDR.
  case int = 0x01
  case unsignedInt = 0x02
  case enumeration = 0x03
  case bool = 0x04
  case hyper = 0x05
  case unsignedHyper = 0x06
  case float = 0x07
  case double = 0x08
  /// Two slots, 16 bytes of XDR.
  case quadruple = 0x09

  // A reference slot to bytes; the operand is a size or maximum in bytes.
  case fixedOpaque = 0x10
  case opaque = 0x11
  case string = 0x12

  // A reference slot to elements; the operands end in a list.
  case fixedArray = 0x20
  case array = 0x21
  case optional = 0x22
  /// A discriminant slot, then a reference slot to the arm.
  case union = 0x23

  /// Slots that a value of this type takes in the list where it is declared.
  @inlinable public var slots: Int {
    switch self {
    case .quadruple, .union: 2
    default: 1
    }
  }
}

/// What a union may switch on (RFC 4506 §4.15).
public enum SignatureDiscriminant: Hashable, Sendable, CaseIterable {
  case int
  case unsignedInt
  case enumeration
  case bool

  /// Nil when the code is not one of these four types.
  @inlinable public init?(_ code: SignatureCode) {
    switch code {
    case .int: self = .int
    case .unsignedInt: self = .unsignedInt
    case .enumeration: self = .enumeration
    case .bool: self = .bool
    default: return nil
    }
  }

  @inlinable public var code: SignatureCode {
    switch self {
    case .int: .int
    case .unsignedInt: .unsignedInt
    case .enumeration: .enumeration
    case .bool: .bool
    }
  }
}

/// What a NIC has to provide for; a signature beyond any of these is refused when its service
/// is installed.
public enum SignatureLimits {
  /// Bytes of one signature, so that positions and lengths inside fit a byte.
  @inlinable public static var bytes: Int { 255 }

  /// Lists inside lists; the signature itself is at depth 0. An interpreter needs a stack of
  /// this many entries.
  @inlinable public static var nestingDepth: Int { 8 }

  /// Slots of one nested list, so of one element or one arm.
  @inlinable public static var listSlots: Int { 255 }

  /// Bytes of one run of variable data, so the largest maximum of an opaque or a string, and
  /// of an array's count times its element's size: no run lies across offset 96, and the
  /// overflow lines are the larger part.
  @inlinable public static var runBytes: Int { LineGeometry.overflowBytes }
}
