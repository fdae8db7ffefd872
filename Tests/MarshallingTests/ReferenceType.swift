// XDR types as a tree, with a recursive marshaller of their own: what the tables-and-stack code
// under test is compared with.

import Interface

/// A type of a signature.
indirect enum ReferenceType: Sendable {
  case scalar(SignatureCode)
  case bytes(SignatureCode, Int)
  case elements(SignatureCode, Int, [ReferenceType])
  case optional([ReferenceType])
  case union(SignatureDiscriminant, [ReferenceArm])
}

/// An arm; without cases it is the default arm.
struct ReferenceArm: Sendable {
  var cases: [UInt32]
  var list: [ReferenceType]
}

/// A value of a type.
indirect enum ReferenceValue: Equatable {
  /// A scalar, as its XDR bytes.
  case scalar([UInt8])
  case bytes([UInt8])
  case elements([[ReferenceValue]])
  case choice([UInt8], [ReferenceValue])
}

// MARK: Signatures

extension [ReferenceType] {
  var slots: Int {
    reduce(0) { sum, type in
      switch type {
      case .scalar(.quadruple), .union: sum + 2
      default: sum + 1
      }
    }
  }

  var signature: [UInt8] { flatMap(\.signature) }

  fileprivate var nested: [UInt8] {
    [UInt8(truncatingIfNeeded: signature.count), UInt8(truncatingIfNeeded: slots)] + signature
  }
}

func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
  (0..<(Word.bitWidth / 8)).map { UInt8(truncatingIfNeeded: word >> Word($0 * 8)) }
}

extension ReferenceType {
  fileprivate var signature: [UInt8] {
    switch self {
    case .scalar(let code): return [code.rawValue]
    case .bytes(let code, let size): return [code.rawValue] + littleEndian(UInt16(size))
    case .elements(let code, let size, let list):
      return [code.rawValue] + littleEndian(UInt16(size)) + list.nested
    case .optional(let list): return [SignatureCode.optional.rawValue] + list.nested
    case .union(let discriminant, let arms):
      let armBytes = arms.flatMap { arm in
        [UInt8(arm.cases.count)] + arm.cases.flatMap(littleEndian) + arm.list.nested
      }
      return [
        SignatureCode.union.rawValue, discriminant.code.rawValue,
        UInt8(truncatingIfNeeded: armBytes.count),
      ] + armBytes
    }
  }
}

// MARK: XDR

private func bigEndian(_ word: UInt32) -> [UInt8] { littleEndian(word).reversed() }

/// The arm that an XDR discriminant selects.
func arm(_ bits: [UInt8], among arms: [ReferenceArm]) -> ReferenceArm? {
  arms.first { $0.cases.isEmpty || $0.cases.contains { bigEndian($0) == bits } }
}

extension [ReferenceType] {
  /// The values that `xdr` begins with; removes their bytes.
  func parse(_ xdr: inout ArraySlice<UInt8>) -> [ReferenceValue]? {
    var values: [ReferenceValue] = []
    for type in self {
      guard let value = type.parse(&xdr) else { return nil }
      values.append(value)
    }
    return values
  }

  /// The values that `xdr` is, and nothing more.
  func parse(_ xdr: [UInt8]) -> [ReferenceValue]? {
    var rest = xdr[...]
    guard let values = parse(&rest), rest.isEmpty else { return nil }
    return values
  }

  func xdr(_ values: [ReferenceValue]) -> [UInt8] {
    zip(self, values).flatMap { type, value in type.xdr(value) }
  }
}

private func take(_ count: Int, from xdr: inout ArraySlice<UInt8>) -> [UInt8]? {
  guard count <= xdr.count else { return nil }
  defer { xdr = xdr.dropFirst(count) }
  return Array(xdr.prefix(count))
}

private func takeLength(_ most: Int, from xdr: inout ArraySlice<UInt8>) -> Int? {
  guard let bytes = take(4, from: &xdr) else { return nil }
  let length = bytes.reduce(0) { $0 << 8 | Int($1) }
  return length <= most ? length : nil
}

extension ReferenceType {
  private static func scalarBytes(_ code: SignatureCode) -> Int {
    switch code {
    case .hyper, .unsignedHyper, .double: 8
    case .quadruple: 16
    default: 4
    }
  }

  fileprivate static func parseScalar(
    _ code: SignatureCode, _ xdr: inout ArraySlice<UInt8>
  ) -> [UInt8]? {
    guard let bits = take(scalarBytes(code), from: &xdr) else { return nil }
    return code == .bool && bits != [0, 0, 0, 0] && bits != [0, 0, 0, 1] ? nil : bits
  }

  fileprivate func parse(_ xdr: inout ArraySlice<UInt8>) -> ReferenceValue? {
    switch self {
    case .scalar(let code): return Self.parseScalar(code, &xdr).map { .scalar($0) }
    case .bytes(let code, let size):
      guard let count = code == .fixedOpaque ? size : takeLength(size, from: &xdr),
        let bytes = take(count, from: &xdr), let padding = take((4 - count % 4) % 4, from: &xdr),
        padding.allSatisfy({ $0 == 0 })
      else { return nil }
      return .bytes(bytes)
    case .elements(let code, let size, let list):
      guard let count = code == .fixedArray ? size : takeLength(size, from: &xdr) else {
        return nil
      }
      return Self.parse(count, of: list, &xdr)
    case .optional(let list):
      guard let count = takeLength(1, from: &xdr) else { return nil }
      return Self.parse(count, of: list, &xdr)
    case .union(let discriminant, let arms):
      guard let bits = Self.parseScalar(discriminant.code, &xdr),
        let arm = arm(bits, among: arms), let values = arm.list.parse(&xdr)
      else { return nil }
      return .choice(bits, values)
    }
  }

  private static func parse(
    _ count: Int, of list: [ReferenceType], _ xdr: inout ArraySlice<UInt8>
  ) -> ReferenceValue? {
    var elements: [[ReferenceValue]] = []
    for _ in 0..<count {
      guard let element = list.parse(&xdr) else { return nil }
      elements.append(element)
    }
    return .elements(elements)
  }

  fileprivate func xdr(_ value: ReferenceValue) -> [UInt8] {
    switch (self, value) {
    case (.scalar, .scalar(let bits)): return bits
    case (.bytes(let code, _), .bytes(let bytes)):
      return (code == .fixedOpaque ? [] : bigEndian(UInt32(bytes.count))) + bytes
        + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    case (.elements(let code, _, let list), .elements(let elements)):
      return (code == .fixedArray ? [] : bigEndian(UInt32(elements.count)))
        + elements.flatMap { list.xdr($0) }
    case (.optional(let list), .elements(let elements)):
      return bigEndian(UInt32(elements.count)) + elements.flatMap { list.xdr($0) }
    case (.union(_, let arms), .choice(let bits, let values)):
      return bits + (arm(bits, among: arms)?.list.xdr(values) ?? [])
    default: preconditionFailure("value of another type")
    }
  }
}
