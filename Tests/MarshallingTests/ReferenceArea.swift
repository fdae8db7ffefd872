// The layout of ValueLayout once more, recursively: what the unmarshaller's area must equal.

import Interface

/// An argument area that grows as a request is laid out in it.
struct ReferenceArea {
  private(set) var bytes: [UInt8] = []

  /// The area of `values`, or nil when it has no room for them.
  static func of(_ values: [ReferenceValue], _ list: [ReferenceType]) -> [UInt8]? {
    var area = Self()
    let start = area.reserve(8 * list.slots, mayCross: true)
    area.store(values, list, at: start)
    return area.bytes.count <= 4192 ? area.bytes : nil
  }

  /// Zeros at the end, moved behind offset 96 when they would lie across it.
  private mutating func reserve(_ count: Int, mayCross: Bool = false) -> Int {
    let padded = (count + 7) / 8 * 8
    if !mayCross && bytes.count < 96 && bytes.count + padded > 96 {
      bytes += [UInt8](repeating: 0, count: 96 - bytes.count)
    }
    bytes += [UInt8](repeating: 0, count: padded)
    return bytes.count - padded
  }

  private mutating func store(_ word: [UInt8], at offset: Int) {
    bytes.replaceSubrange(offset..<(offset + word.count), with: word)
  }

  private mutating func storeReference(_ run: Int, _ length: Int, at offset: Int) {
    let offsetInArea = length == 0 ? 0 : run
    store(littleEndian(UInt32(offsetInArea)) + littleEndian(UInt32(length)), at: offset)
  }

  private mutating func storeScalar(_ bits: [UInt8], _ code: SignatureCode, at offset: Int) {
    let isNegative = (code == .int || code == .enumeration) && bits[0] >= 0x80
    let padding = [UInt8](repeating: isNegative ? 0xFF : 0, count: bits.count == 4 ? 4 : 0)
    store(bits.reversed() + padding, at: offset)
  }

  private mutating func storeElements(
    _ elements: [[ReferenceValue]], _ list: [ReferenceType], referenceAt offset: Int
  ) {
    let run = reserve(8 * list.slots * elements.count)
    storeReference(run, elements.count, at: offset)
    for (index, element) in elements.enumerated() {
      store(element, list, at: run + 8 * list.slots * index)
    }
  }

  private mutating func store(
    _ values: [ReferenceValue], _ list: [ReferenceType], at start: Int
  ) {
    var offset = start
    for (type, value) in zip(list, values) {
      switch (type, value) {
      case (.scalar(let code), .scalar(let bits)): storeScalar(bits, code, at: offset)
      case (.bytes, .bytes(let bytes)):
        let run = reserve(bytes.count)
        storeReference(run, bytes.count, at: offset)
        store(bytes, at: run)
      case (.elements(_, _, let list), .elements(let elements)),
        (.optional(let list), .elements(let elements)):
        storeElements(elements, list, referenceAt: offset)
      case (.union(let discriminant, let arms), .choice(let bits, let values)):
        storeScalar(bits, discriminant.code, at: offset)
        let list = arm(bits, among: arms)?.list ?? []
        storeElements(list.isEmpty ? [] : [values], list, referenceAt: offset + 8)
      default: preconditionFailure("value of another type")
      }
      offset += 8 * [type].slots
    }
  }
}
