// A call as its handler sees it: arguments to read, then exactly one answer.
//
// Arguments and results share the lines (ArgumentArea), so the types forbid to read the one when
// the other has begun: every answer consumes the `Call`, and views of arguments are lent to a
// closure while it is borrowed. All access is by plain loads and stores, since the lines are Normal memory that nobody else
// touches until the loop's next load; User/Start/include/UserStart.h says what keeps the compiler
// from carrying a line's words across that load.

public import Interface
public import UserStart

/// The call that a handler serves.
///
/// Offsets and lengths in references come from the NIC, but they pass through the handler's
/// hands, so every use is checked against the argument area; a reference that points outside
/// traps, and the kernel ends the process.
public struct Call: ~Copyable {
  @usableFromInline let area: LineArea

  /// - Parameter line: the one that the handler got; make one `Call` of it.
  @inlinable @inline(__always)
  public init(_ line: UserLine) { area = LineArea(line) }

  // MARK: Arguments

  /// The argument slot `index`, counted from 0 as `ValueLayout` says. Slots 0 and 1 are in the
  /// handler's registers already.
  @inlinable
  public func argument(_ index: Int) -> UInt64 {
    area.slot(index)
  }

  /// Calls `body` with the bytes of an opaque or a string.
  ///
  /// - Parameter reference: the argument's slot.
  @inlinable
  public func withBytes<Result: ~Copyable, Failure: Error>(
    of reference: UInt64, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let reference = DataReference(word: reference)
    let byteCount = Int(reference.length)
    let start = unsafe area.run(at: reference, bytes: byteCount)
    // Safety: `run` has checked that so many bytes of the area begin there, and the lines hold
    // the arguments as long as this call is borrowed.
    let bytes = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(start), byteCount: byteCount)
    return try body(bytes)
  }

  /// Calls `body` with the slots of an array, an optional or a union's arm: those of one element
  /// after the other.
  ///
  /// - Parameters:
  ///   - reference: the argument's slot.
  ///   - slotsPerElement: as the signature of the element says (`ValueLayout`).
  @inlinable
  public func withSlots<Result: ~Copyable, Failure: Error>(
    of reference: UInt64, slotsPerElement: Int = 1,
    _ body: (Span<UInt64>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let reference = DataReference(word: reference)
    let count = Int(reference.length) * slotsPerElement
    let start = unsafe area.run(at: reference, bytes: count * ValueLayout.slotBytes)
    // Safety: as in `withBytes`; runs begin at multiples of 8.
    let slots = unsafe Span<UInt64>(
      _unsafeStart: UnsafeRawPointer(start).assumingMemoryBound(to: UInt64.self), count: count)
    return try body(slots)
  }

  // MARK: Answers

  /// Answers a procedure without results: one store of the zero register.
  @inlinable @inline(__always)
  public consuming func succeed() {
    area.storeHead(ResponseHead(status: .success))
  }

  /// Answers with one scalar result; signed integers are extended as `ValueLayout` says.
  @inlinable @inline(__always)
  public consuming func succeed(with result: some FixedWidthInteger) {
    area.setSlot(0, to: UInt64(truncatingIfNeeded: result))
    area.storeHead(ResponseHead(status: .success))
  }

  /// Answers with two scalar results.
  @inlinable @inline(__always)
  public consuming func succeed(
    with first: some FixedWidthInteger, _ second: some FixedWidthInteger
  ) {
    area.setSlot(0, to: UInt64(truncatingIfNeeded: first))
    area.setSlot(1, to: UInt64(truncatingIfNeeded: second))
    area.storeHead(ResponseHead(status: .success))
  }

  /// Answers with one `double`.
  @inlinable @inline(__always)
  public consuming func succeed(with result: Double) { succeed(with: result.bitPattern) }

  /// Answers with one `float`.
  @inlinable @inline(__always)
  public consuming func succeed(with result: Float) { succeed(with: result.bitPattern) }

  /// Answers with the argument as it is: nothing is copied, whatever its size, since results lie
  /// in the same lines and by the same rules as arguments (`ArgumentArea`). Only the response's
  /// head is stored, with the number of overflow lines that the NIC must fetch.
  ///
  /// - Parameter bytes: slot 0, when the only argument and the only result are one opaque or one
  ///   string.
  @inlinable @inline(__always)
  public consuming func succeed(withArgumentInPlace bytes: UInt64) {
    let reference = DataReference(word: bytes)
    let end = Int(reference.offset) + Int(reference.length)
    precondition(end <= ArgumentArea.bytes, "not a reference of this call")
    area.storeHead(
      ResponseHead(
        status: .success,
        overflowLineCount: UInt8(truncatingIfNeeded: ArgumentArea.overflowLines(forEnd: end))))
  }

  /// Refuses the call.
  @inlinable
  public consuming func fail(_ failure: CallFailure) {
    area.storeHead(ResponseHead(status: failure.status))
  }

  /// Begins an answer with variable data or more than two slots. The arguments are gone then:
  /// their lines become the results'.
  ///
  /// - Parameter slots: slots of the result signature.
  @inlinable
  public consuming func respond(slots: Int) -> Response {
    Response(area: area, slots: slots)
  }
}

/// What a handler can say instead of results.
public enum CallFailure: Hashable, Sendable, CaseIterable {
  /// The arguments make no sense to the procedure; the client sees GARBAGE_ARGS (RFC 5531 §9).
  case garbageArguments
  /// The procedure could not do its work; the client sees SYSTEM_ERR (RFC 5531 §9).
  case systemError

  @inlinable var status: ResponseStatus {
    switch self {
    case .garbageArguments: .garbageArguments
    case .systemError: .systemError
    }
  }
}
