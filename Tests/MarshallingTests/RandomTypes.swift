// Random signatures within the limits, and random values of them.

import Interface
import Randomness

extension SplitMix {
  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// A signature that the validator must accept.
  mutating func validList() -> [ReferenceType] {
    while true {
      let list = self.list(most: 6, depth: 0)
      if list.signature.count <= 255 && list.leastBytes <= 4192 { return list }
    }
  }

  private mutating func list(most: Int, depth: Int) -> [ReferenceType] {
    (0..<below(most + 1)).map { _ in type(depth: depth) }
  }

  private mutating func element(depth: Int) -> [ReferenceType] {
    [type(depth: depth)] + list(most: 2, depth: depth)
  }

  private mutating func type(depth: Int) -> ReferenceType {
    switch below(depth < 8 ? 18 : 12) {
    case 0..<9: return .scalar(SignatureCode.allCases[below(9)])
    case 9: return .bytes(.fixedOpaque, 1 + below(40))
    case 10: return .bytes(.opaque, below(120))
    case 11: return .bytes(.string, below(120))
    case 12: return .elements(.fixedArray, 1 + below(4), element(depth: depth + 1))
    case 13, 14: return .elements(.array, below(12), element(depth: depth + 1))
    case 15: return .optional(element(depth: depth + 1))
    default: return union(depth: depth)
    }
  }

  private mutating func union(depth: Int) -> ReferenceType {
    let discriminant = SignatureDiscriminant.allCases[below(4)]
    var values: [UInt32] =
      switch discriminant {
      case .bool: [0, 1]
      case .unsignedInt: [0, 7, .max]
      case .int, .enumeration: [0, 1, 2, UInt32(bitPattern: -5)]
      }
    values.shuffle(using: &self)
    var arms: [ReferenceArm] = []
    while let value = values.popLast() {
      var cases = [value]
      if below(4) == 0, let second = values.popLast() { cases.append(second) }
      arms.append(ReferenceArm(cases: cases, list: list(most: 2, depth: depth + 1)))
    }
    if below(2) == 0 {
      arms.append(ReferenceArm(cases: [], list: list(most: 2, depth: depth + 1)))
    }
    return .union(discriminant, arms)
  }

  /// Values that sometimes do not fit the area, but never by much: the deeper the fewer elements.
  mutating func values(of list: [ReferenceType], depth: Int = 0) -> [ReferenceValue] {
    list.map { value(of: $0, depth: depth) }
  }

  private mutating func value(of type: ReferenceType, depth: Int) -> ReferenceValue {
    switch type {
    case .scalar(.bool): return .scalar([0, 0, 0, UInt8(below(2))])
    case .scalar(.hyper), .scalar(.unsignedHyper), .scalar(.double): return .scalar(bytes(8))
    case .scalar(.quadruple): return .scalar(bytes(16))
    case .scalar: return .scalar(bytes(4))
    case .bytes(let code, let size):
      return .bytes(bytes(code == .fixedOpaque ? size : below(size + 1)))
    case .elements(let code, let size, let list):
      let count = code == .fixedArray ? size : below(min(size, 12 >> depth) + 1)
      return .elements((0..<count).map { _ in values(of: list, depth: depth + 1) })
    case .optional(let list):
      return .elements((0..<below(2)).map { _ in values(of: list, depth: depth + 1) })
    case .union(_, let arms):
      let arm = arms[below(arms.count)]
      let bits = arm.cases.isEmpty ? unusedCase(arms) : arm.cases[below(arm.cases.count)]
      // A bool has no third value for a default arm.
      guard let bits else { return value(of: type, depth: depth) }
      return .choice(littleEndian(bits).reversed(), values(of: arm.list, depth: depth + 1))
    }
  }

  private func unusedCase(_ arms: [ReferenceArm]) -> UInt32? {
    let used = arms.flatMap(\.cases)
    return used.sorted() == [0, 1] ? nil : (3..<100).first { !used.contains($0) }
  }
}

extension [ReferenceType] {
  /// Bytes that even the smallest value takes, counted as the validator does: without unions'
  /// arms, and without gaps at offset 96.
  var leastBytes: Int {
    8 * slots
      + reduce(0) { sum, type in
        switch type {
        case .bytes(.fixedOpaque, let size): sum + (size + 7) / 8 * 8
        case .elements(.fixedArray, let size, let list): sum + size * list.leastBytes
        default: sum
        }
      }
  }
}

/// Declares `list` through `Signature`'s closures.
func declare(_ list: [ReferenceType], in fields: inout SignatureFields) {
  for type in list {
    switch type {
    case .scalar(.int): fields.int()
    case .scalar(.unsignedInt): fields.unsignedInt()
    case .scalar(.enumeration): fields.enumeration()
    case .scalar(.bool): fields.bool()
    case .scalar(.hyper): fields.hyper()
    case .scalar(.unsignedHyper): fields.unsignedHyper()
    case .scalar(.float): fields.float()
    case .scalar(.double): fields.double()
    case .scalar(.quadruple): fields.quadruple()
    case .bytes(.fixedOpaque, let size): fields.fixedOpaque(bytes: UInt16(size))
    case .bytes(.opaque, let size): fields.opaque(max: UInt16(size))
    case .bytes(.string, let size): fields.string(max: UInt16(size))
    case .elements(.fixedArray, let size, let list):
      fields.fixedArray(count: UInt16(size)) { declare(list, in: &$0) }
    case .elements(.array, let size, let list):
      fields.array(max: UInt16(size)) { declare(list, in: &$0) }
    case .optional(let list): fields.optional { declare(list, in: &$0) }
    case .union(let discriminant, let arms):
      fields.union(on: discriminant) { union in
        for arm in arms {
          let values = arm.cases.map {
            discriminant == .unsignedInt ? Int($0) : Int(Int32(bitPattern: $0))
          }
          switch values.count {
          case 0: union.defaultArm { declare(arm.list, in: &$0) }
          case 1: union.arm(values[0]) { declare(arm.list, in: &$0) }
          default: union.arm([values[0], values[1]]) { declare(arm.list, in: &$0) }
          }
        }
      }
    default: preconditionFailure("no such type")
    }
  }
}
