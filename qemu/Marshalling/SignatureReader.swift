// Reads the bytes of a signature, valid or not, without ever reading outside of it.

internal import Interface

/// Past its end a signature reads as zeros, and zero is neither a code nor a size: so an
/// interpreter that runs off an unvalidated signature stops at the next step.
struct SignatureReader {
  /// The operands in front of a nested list.
  struct List {
    let start: Int
    let end: Int
    let slots: Int
  }

  @inline(__always)
  static func byte(_ signature: Span<UInt8>, at position: Int) -> Int {
    position < signature.count ? Int(signature[position]) : 0
  }

  @inline(__always)
  static func code(_ signature: Span<UInt8>, at position: Int) -> SignatureCode? {
    SignatureCode(rawValue: UInt8(truncatingIfNeeded: byte(signature, at: position)))
  }

  /// How many values of the scalar type at `position` follow each other, at least one: all
  /// elements that remain of a list of just this type, or neighbours of the same type in a list.
  @inline(__always)
  static func run(
    _ signature: Span<UInt8>, at position: Int, listFrom start: Int, to end: Int, remaining: Int
  ) -> (values: Int, isWholeList: Bool) {
    if end - start == 1 { return (remaining, true) }
    let end = min(end, signature.count)
    var next = position + 1
    while next < end, signature[next] == signature[position] { next += 1 }
    return (next - position, false)
  }

  /// A size, count or maximum.
  @inline(__always)
  static func size(_ signature: Span<UInt8>, at position: Int) -> Int {
    byte(signature, at: position) | byte(signature, at: position + 1) << 8
  }

  static func caseValue(_ signature: Span<UInt8>, at position: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: size(signature, at: position))
      | UInt32(truncatingIfNeeded: size(signature, at: position + 2)) << 16
  }

  static func list(_ signature: Span<UInt8>, at position: Int) -> List {
    let start = position + 2
    return List(
      start: start, end: start + byte(signature, at: position),
      slots: byte(signature, at: position + 1))
  }

  /// The position after the type at `position`, or nil when there is none.
  static func positionAfterType(_ signature: Span<UInt8>, at position: Int) -> Int? {
    guard let code = code(signature, at: position) else { return nil }
    switch code {
    case .int, .unsignedInt, .enumeration, .bool, .hyper, .unsignedHyper, .float, .double,
      .quadruple:
      return position + 1
    case .fixedOpaque, .opaque, .string: return position + 3
    case .fixedArray, .array: return list(signature, at: position + 3).end
    case .optional: return list(signature, at: position + 1).end
    case .union: return position + 3 + byte(signature, at: position + 2)
    }
  }

  /// Slots of the outermost list, at most 2 for each byte of the signature.
  static func slots(_ signature: Span<UInt8>) -> Int? {
    var slots = 0
    var position = 0
    while position < signature.count {
      guard let code = code(signature, at: position),
        let next = positionAfterType(signature, at: position)
      else { return nil }
      slots += code.slots
      position = next
    }
    return slots
  }

  /// The list of the arm that `value` selects among the arms from `start` to `end`.
  static func arm(
    _ signature: Span<UInt8>, from start: Int, to end: Int, value: UInt32
  ) -> List? {
    var position = start
    while position < end {
      let cases = byte(signature, at: position)
      let list = list(signature, at: position + 1 + 4 * cases)
      if cases == 0 { return list }
      for index in 0..<cases
      where caseValue(signature, at: position + 1 + 4 * index) == value {
        return list
      }
      position = list.end
    }
    return nil
  }
}
