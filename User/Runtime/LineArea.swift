// The argument area of a call in memory: the one place that turns offsets into addresses.

public import Interface
public import UserStart

/// A control line with its endpoint's overflow lines, addressed by offsets of `ArgumentArea`.
@usableFromInline
@safe struct LineArea {
  /// The control line.
  @usableFromInline let line: UnsafeMutableRawPointer

  @inlinable @inline(__always)
  init(_ line: UserLine) { unsafe self.line = line.address }

  @inlinable @inline(__always)
  func slot(_ index: Int) -> UInt64 {
    // Safety: `pointer` checks that the slot is in the area; slots are aligned.
    unsafe pointer(toSlot: index).load(as: UInt64.self)
  }

  @inlinable @inline(__always)
  func setSlot(_ index: Int, to value: UInt64) {
    // Safety: as above.
    unsafe pointer(toSlot: index).storeBytes(of: value, as: UInt64.self)
  }

  /// Answers the call: the response's head takes the place of the message's tail.
  @inlinable @inline(__always)
  func storeHead(_ head: ResponseHead) {
    // Safety: word 14 is in the control line.
    unsafe line.storeBytes(
      of: head.word, toByteOffset: ControlLineWord.tail * LineGeometry.wordBytes, as: UInt64.self)
  }

  /// The start of a run of `bytes` bytes; traps when it is not wholly inside the area.
  @inlinable @inline(__always)
  func run(at reference: DataReference, bytes: Int) -> UnsafeMutableRawPointer {
    // Without a value there is no run, and the offset means nothing (`ValueLayout`).
    let offset = bytes == 0 ? 0 : Int(reference.offset)
    precondition(
      ValueLayout.allowsRun(at: offset, bytes: bytes, areaBytes: ArgumentArea.bytes),
      "a reference that points outside of the argument area")
    return unsafe pointer(toOffset: offset)
  }

  @inlinable @inline(__always)
  func pointer(toSlot index: Int) -> UnsafeMutableRawPointer {
    precondition(
      index >= 0 && index < ArgumentArea.bytes / ValueLayout.slotBytes, "no such slot")
    return unsafe pointer(toOffset: index * ValueLayout.slotBytes)
  }

  /// - Parameter offset: checked by the caller.
  @inlinable @inline(__always)
  func pointer(toOffset offset: Int) -> UnsafeMutableRawPointer {
    // The offset in the block is the line's own offset in it, and then some; the parity is part of
    // that, so that the first 96 bytes need no arithmetic but an addition.
    let address = unsafe UInt(bitPattern: line)
    let lineOffset = Int(bitPattern: address & EndpointLayout.pairFlip)
    let parity: Parity = lineOffset == 0 ? .zero : .one
    // Safety: line and block are in one mapping, the endpoint's block.
    return unsafe line + (ArgumentArea.blockOffset(of: offset, parity: parity) &- lineOffset)
  }
}
