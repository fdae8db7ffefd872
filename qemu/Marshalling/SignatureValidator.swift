// Checks a signature once, when its service is installed, so that calls need not.
//
// Signatures come from user programs through the kernel. What passes here has an interpreter
// stack of known depth, a size that can fit, and no element of nothing, which an XDR count of
// four billion would repeat at no cost to the sender.

internal import Interface

public enum SignatureValidator {
  /// Throws the first fault of `bytes`. Reads each byte once, and each case value of a union
  /// once more for every later one in it: at most 63² / 2 comparisons.
  public static func validate(_ bytes: Span<UInt8>) throws(SignatureFault) {
    guard bytes.count <= SignatureLimits.bytes else {
      throw SignatureFault(position: SignatureLimits.bytes, reason: .tooLong)
    }
    var outer = [8 of OpenList](repeating: OpenList(end: 0))
    var depth = 0
    var list = OpenList(end: bytes.count)
    var position = 0
    while true {
      if position < list.end {
        try openOrCount(bytes, &position, &list, &outer, &depth)
      } else if depth == 0 {
        return
      } else {
        try close(bytes, &position, &list, &outer, &depth)
      }
    }
  }

  /// A list whose types are being read, and what it will be to the list around it.
  private struct OpenList {
    /// Where its bytes end.
    var end: Int
    /// Slots of the types read.
    var slots = 0
    /// Bytes of the runs that even its smallest value needs.
    var runBytes = 0
    /// Slots that its header states, and where.
    var statedSlots = 0
    var statedSlotsPosition = 0
    /// The type that it belongs to, and how many of it even the smallest value has.
    var typePosition = 0
    var leastElements = 0
    /// The arms of the union that it is an arm of; empty when it is none.
    var armsStart = 0
    var armsEnd = 0
    var isDefaultArm = false

    init(end: Int) { self.end = end }
  }

  /// Reads one type of `list`: counts it, or opens the list nested in it.
  private static func openOrCount(
    _ bytes: Span<UInt8>, _ position: inout Int, _ list: inout OpenList,
    _ outer: inout [8 of OpenList], _ depth: inout Int
  ) throws(SignatureFault) {
    let typePosition = position
    guard let code = SignatureReader.code(bytes, at: position) else {
      throw SignatureFault(position: position, reason: .unknownCode)
    }
    position += 1
    list.slots += code.slots
    try checkSmallest(list, at: typePosition)
    switch code {
    case .int, .unsignedInt, .enumeration, .bool, .hyper, .unsignedHyper, .float, .double,
      .quadruple:
      return

    case .fixedOpaque, .opaque, .string:
      let size = try readSize(bytes, &position, in: list)
      if size > SignatureLimits.runBytes {
        throw SignatureFault(position: typePosition, reason: .maximumTooLarge)
      }
      if code == .fixedOpaque {
        if size == 0 { throw SignatureFault(position: typePosition, reason: .zeroSize) }
        list.runBytes += ValueLayout.padded(size)
        try checkSmallest(list, at: typePosition)
      }

    case .fixedArray, .array:
      let count = try readSize(bytes, &position, in: list)
      if code == .fixedArray && count == 0 {
        throw SignatureFault(position: typePosition, reason: .zeroSize)
      }
      let element = try open(
        bytes, &position, in: list, type: typePosition, most: count,
        least: code == .fixedArray ? count : 0)
      try push(element, &list, &outer, &depth)

    case .optional:
      let element = try open(bytes, &position, in: list, type: typePosition, most: 1, least: 0)
      try push(element, &list, &outer, &depth)

    case .union:
      let discriminant = try readByte(bytes, &position, in: list)
      guard let code = SignatureCode(rawValue: UInt8(truncatingIfNeeded: discriminant)),
        SignatureDiscriminant(code) != nil
      else { throw SignatureFault(position: typePosition + 1, reason: .invalidDiscriminant) }
      let length = try readByte(bytes, &position, in: list)
      if length == 0 { throw SignatureFault(position: typePosition, reason: .noArms) }
      guard position + length <= list.end else {
        throw SignatureFault(position: typePosition + 2, reason: .truncated)
      }
      let arm = try openArm(
        bytes, &position, union: typePosition, from: position, to: position + length)
      try push(arm, &list, &outer, &depth)
    }
  }

  /// Ends `list`: goes on with the next arm, or with the list around it.
  private static func close(
    _ bytes: Span<UInt8>, _ position: inout Int, _ list: inout OpenList,
    _ outer: inout [8 of OpenList], _ depth: inout Int
  ) throws(SignatureFault) {
    guard list.slots == list.statedSlots else {
      throw SignatureFault(position: list.statedSlotsPosition, reason: .wrongSlotCount)
    }
    if position < list.armsEnd {
      if list.isDefaultArm { throw SignatureFault(position: position, reason: .armAfterDefault) }
      list = try openArm(
        bytes, &position, union: list.typePosition, from: list.armsStart, to: list.armsEnd)
      return
    }
    let elementBytes = list.slots * ValueLayout.slotBytes + list.runBytes
    let runBytes = list.leastElements * elementBytes
    let typePosition = list.typePosition
    depth -= 1
    list = outer[depth]
    list.runBytes += runBytes
    try checkSmallest(list, at: typePosition)
  }

  /// A nested list must fit the area by itself, or no value that has it can come.
  private static func checkSmallest(_ list: OpenList, at position: Int) throws(SignatureFault) {
    if list.slots * ValueLayout.slotBytes + list.runBytes > ArgumentArea.bytes {
      throw SignatureFault(position: position, reason: .neverFits)
    }
  }

  private static func push(
    _ nested: OpenList, _ list: inout OpenList, _ outer: inout [8 of OpenList],
    _ depth: inout Int
  ) throws(SignatureFault) {
    guard depth < SignatureLimits.nestingDepth else {
      throw SignatureFault(position: nested.typePosition, reason: .nestingTooDeep)
    }
    outer[depth] = list
    depth += 1
    list = nested
  }

  /// Reads the header of the list of an array or optional of at most `most` elements.
  private static func open(
    _ bytes: Span<UInt8>, _ position: inout Int, in list: OpenList, type typePosition: Int,
    most: Int, least: Int
  ) throws(SignatureFault) -> OpenList {
    var element = try readHeader(bytes, &position, before: list.end)
    if element.end == position || element.statedSlots == 0 {
      throw SignatureFault(position: typePosition, reason: .emptyElement)
    }
    if most * element.statedSlots * ValueLayout.slotBytes > SignatureLimits.runBytes {
      throw SignatureFault(position: typePosition, reason: .maximumTooLarge)
    }
    element.typePosition = typePosition
    element.leastElements = least
    return element
  }

  /// Reads case values and list header of the arm at `position`.
  private static func openArm(
    _ bytes: Span<UInt8>, _ position: inout Int, union typePosition: Int, from start: Int,
    to end: Int
  ) throws(SignatureFault) -> OpenList {
    let armPosition = position
    let cases = SignatureReader.byte(bytes, at: position)
    position += 1
    guard position + 4 * cases <= end else {
      throw SignatureFault(position: armPosition, reason: .truncated)
    }
    let isBool = SignatureReader.code(bytes, at: typePosition + 1) == .bool
    for _ in 0..<cases {
      let value = SignatureReader.caseValue(bytes, at: position)
      if isBool && value > 1 { throw SignatureFault(position: position, reason: .invalidCase) }
      if occurs(value, in: bytes, from: start, before: position) {
        throw SignatureFault(position: position, reason: .duplicateCase)
      }
      position += 4
    }
    var arm = try readHeader(bytes, &position, before: end)
    arm.typePosition = typePosition
    arm.armsStart = start
    arm.armsEnd = end
    arm.isDefaultArm = cases == 0
    return arm
  }

  /// Whether `value` is among the case values from `start` up to `position`.
  private static func occurs(
    _ value: UInt32, in bytes: Span<UInt8>, from start: Int, before position: Int
  ) -> Bool {
    var arm = start
    while arm < position {
      let cases = SignatureReader.byte(bytes, at: arm)
      for index in 0..<cases {
        let candidate = arm + 1 + 4 * index
        if candidate >= position { return false }
        if SignatureReader.caseValue(bytes, at: candidate) == value { return true }
      }
      arm = SignatureReader.list(bytes, at: arm + 1 + 4 * cases).end
    }
    return false
  }

  /// Reads the two bytes in front of a nested list, which must end by `end`.
  private static func readHeader(
    _ bytes: Span<UInt8>, _ position: inout Int, before end: Int
  ) throws(SignatureFault) -> OpenList {
    let header = position
    guard header + 2 <= end else { throw SignatureFault(position: header, reason: .truncated) }
    let nested = SignatureReader.list(bytes, at: header)
    guard nested.end <= end else { throw SignatureFault(position: header, reason: .truncated) }
    position = nested.start
    var list = OpenList(end: nested.end)
    list.statedSlots = nested.slots
    list.statedSlotsPosition = header + 1
    return list
  }

  private static func readByte(
    _ bytes: Span<UInt8>, _ position: inout Int, in list: OpenList
  ) throws(SignatureFault) -> Int {
    guard position < list.end else {
      throw SignatureFault(position: position, reason: .truncated)
    }
    position += 1
    return SignatureReader.byte(bytes, at: position - 1)
  }

  private static func readSize(
    _ bytes: Span<UInt8>, _ position: inout Int, in list: OpenList
  ) throws(SignatureFault) -> Int {
    guard position + 2 <= list.end else {
      throw SignatureFault(position: position, reason: .truncated)
    }
    position += 2
    return SignatureReader.size(bytes, at: position - 2)
  }
}
