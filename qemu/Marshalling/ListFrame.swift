// What the interpreters remember of a list while they are inside one of its elements.

internal import Interface

/// A list being interpreted, in 8 bytes: the stack is made anew for every call, and a NIC holds
/// it in registers. Positions and offsets fit by `SignatureLimits` and `ArgumentArea`.
struct ListFrame {
  /// Where the list lies in the signature, and which type comes next.
  private var startByte: UInt8 = 0
  private var endByte: UInt8 = 0
  private var positionByte: UInt8 = 0
  /// Elements left, the current one included.
  private var remainingElements: UInt16 = 0
  /// Area offset of the next slot.
  private var slotOffset: UInt16 = 0

  init() {}

  @inline(__always)
  init(start: Int, end: Int, position: Int, remaining: Int, slot: Int) {
    startByte = UInt8(truncatingIfNeeded: start)
    endByte = UInt8(truncatingIfNeeded: end)
    positionByte = UInt8(truncatingIfNeeded: position)
    remainingElements = UInt16(truncatingIfNeeded: remaining)
    slotOffset = UInt16(truncatingIfNeeded: slot)
  }

  var start: Int { Int(startByte) }
  var end: Int { Int(endByte) }
  var position: Int { Int(positionByte) }
  var remaining: Int { Int(remainingElements) }
  var slot: Int { Int(slotOffset) }
}
