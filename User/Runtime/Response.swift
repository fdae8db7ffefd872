// An answer in the making: slots first, variable data behind them.

public import Interface

/// Results that are being written into the lines that brought the arguments.
///
///     var response = call.respond(slots: 2)
///     response.setSlot(0, to: count)
///     response.appendBytes(slot: 1, count: 5) { name in … }
///     response.send()
///
/// Writing behind the argument area is a mistake in the program and traps: the NIC accepts no
/// result signature whose values cannot fit.
public struct Response: ~Copyable {
  @usableFromInline let area: LineArea
  @usableFromInline let slots: Int
  /// The area is in use below this offset.
  @usableFromInline var end: Int

  @inlinable
  init(area: LineArea, slots: Int) {
    precondition(slots >= 0 && slots <= ArgumentArea.bytes / ValueLayout.slotBytes)
    self.area = area
    self.slots = slots
    end = slots * ValueLayout.slotBytes
  }

  /// Stores a scalar; signed integers are extended as `ValueLayout` says.
  @inlinable
  public mutating func setSlot(_ index: Int, to value: some FixedWidthInteger) {
    precondition(index >= 0 && index < slots, "no such result")
    area.setSlot(index, to: UInt64(truncatingIfNeeded: value))
  }

  /// Stores a `double`.
  @inlinable
  public mutating func setSlot(_ index: Int, to value: Double) {
    setSlot(index, to: value.bitPattern)
  }

  /// Stores a `float`.
  @inlinable
  public mutating func setSlot(_ index: Int, to value: Float) {
    setSlot(index, to: value.bitPattern)
  }

  /// Makes room for an opaque or a string of `count` bytes, refers to it in slot `slot` and calls
  /// `write` with it. The bytes are whatever was in the lines: write all of them.
  @inlinable
  public mutating func appendBytes<Failure: Error>(
    slot: Int, count: Int, _ write: (inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let start = unsafe appendRun(slot: slot, length: count, bytes: count)
    // Safety: `appendRun` has checked that so many bytes of the area begin there and has given
    // them to nobody else; the lines are this response's until it is sent.
    var bytes = unsafe MutableRawSpan(_unsafeStart: start, byteCount: count)
    try write(&bytes)
  }

  /// Makes room for an array of `count` elements, refers to it in slot `slot` and calls `write`
  /// with its slots. They hold whatever was in the lines: write all of them.
  @inlinable
  public mutating func appendSlots<Failure: Error>(
    slot: Int, count: Int, slotsPerElement: Int = 1,
    _ write: (inout MutableSpan<UInt64>) throws(Failure) -> Void
  ) throws(Failure) {
    let slotCount = count * slotsPerElement
    let start = unsafe appendRun(
      slot: slot, length: count, bytes: slotCount * ValueLayout.slotBytes)
    // Safety: as in `appendBytes`; runs begin at multiples of 8.
    var slots = unsafe MutableSpan<UInt64>(
      _unsafeStart: start.assumingMemoryBound(to: UInt64.self), count: slotCount)
    try write(&slots)
  }

  /// Completes the answer. The NIC takes it when the loop loads the other line (R4).
  @inlinable
  public consuming func send() {
    area.storeHead(
      ResponseHead(
        status: .success,
        overflowLineCount: UInt8(truncatingIfNeeded: ArgumentArea.overflowLines(forEnd: end))))
  }

  /// Takes the next free bytes. The pointer is good for `bytes` bytes, until the response is sent.
  @inlinable
  mutating func appendRun(slot: Int, length: Int, bytes: Int) -> UnsafeMutableRawPointer {
    precondition(bytes >= 0 && bytes <= ArgumentArea.bytes, "longer than the argument area")
    let start = ValueLayout.startOfRun(bytes: bytes, usedEnd: end)
    let reference = DataReference(
      offset: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: length))
    let pointer = unsafe area.run(at: reference, bytes: bytes)
    setSlot(slot, to: reference.word)
    end = start + ValueLayout.padded(bytes)
    return unsafe pointer
  }
}
