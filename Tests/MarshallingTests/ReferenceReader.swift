// Values out of an argument area, recursively: what the marshaller must find in it.

import Interface

struct ReferenceReader {
  let area: [UInt8]

  /// The values in the area, or nil when they are none of these types.
  func values(of list: [ReferenceType]) -> [ReferenceValue]? { values(of: list, at: 0) }

  private func values(of list: [ReferenceType], at start: Int) -> [ReferenceValue]? {
    var values: [ReferenceValue] = []
    var offset = start
    for type in list {
      guard let value = value(of: type, at: offset) else { return nil }
      values.append(value)
      offset += 8 * [type].slots
    }
    return values
  }

  private func slot(_ offset: Int) -> [UInt8]? {
    offset + 8 <= area.count ? Array(area[offset..<(offset + 8)]) : nil
  }

  private func scalar(_ code: SignatureCode, at offset: Int) -> [UInt8]? {
    guard let slot = slot(offset) else { return nil }
    let low = Array(slot[..<4].reversed())
    switch code {
    case .hyper, .unsignedHyper, .double: return slot.reversed()
    case .quadruple: return self.slot(offset + 8).map { $0.reversed() + slot.reversed() }
    case .bool where low != [0, 0, 0, 0] && low != [0, 0, 0, 1]: return nil
    case .int, .enumeration:
      return slot[4...].allSatisfy({ $0 == (slot[3] >= 0x80 ? 0xFF : 0) }) ? low : nil
    default: return slot[4...].allSatisfy({ $0 == 0 }) ? low : nil
    }
  }

  /// Offset and length of the reference at `offset`; the run has `unit` bytes a piece.
  private func reference(
    at offset: Int, unit: Int, lengths: ClosedRange<Int>
  ) -> (run: Int, length: Int)? {
    guard let slot = slot(offset) else { return nil }
    let run = slot[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let length = slot[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard lengths.contains(length) else { return nil }
    if length == 0 { return (0, 0) }
    let end = run + length * unit
    return run % 8 == 0 && end <= area.count && (end <= 96 || run >= 96) ? (run, length) : nil
  }

  private func elements(
    of list: [ReferenceType], referenceAt offset: Int, lengths: ClosedRange<Int>
  ) -> [[ReferenceValue]]? {
    guard let found = reference(at: offset, unit: 8 * list.slots, lengths: lengths) else {
      return nil
    }
    var elements: [[ReferenceValue]] = []
    for index in 0..<found.length {
      guard let element = values(of: list, at: found.run + 8 * list.slots * index) else {
        return nil
      }
      elements.append(element)
    }
    return elements
  }

  private func value(of type: ReferenceType, at offset: Int) -> ReferenceValue? {
    switch type {
    case .scalar(let code): return scalar(code, at: offset).map { .scalar($0) }
    case .bytes(let code, let size):
      let lengths = (code == .fixedOpaque ? size : 0)...size
      guard let found = reference(at: offset, unit: 1, lengths: lengths) else { return nil }
      return .bytes(Array(area[found.run..<(found.run + found.length)]))
    case .elements(let code, let size, let list):
      let lengths = (code == .fixedArray ? size : 0)...size
      return elements(of: list, referenceAt: offset, lengths: lengths).map { .elements($0) }
    case .optional(let list):
      return elements(of: list, referenceAt: offset, lengths: 0...1).map { .elements($0) }
    case .union(let discriminant, let arms):
      guard let bits = scalar(discriminant.code, at: offset), let arm = arm(bits, among: arms)
      else { return nil }
      let length = arm.list.isEmpty ? 0 : 1
      return elements(of: arm.list, referenceAt: offset + 8, lengths: length...length)
        .map { .choice(bits, $0.first ?? []) }
    }
  }
}
