// Lines as the kernel reaches them: plain loads and stores, and the barrier of R5.

internal import Boot
public import Interface

/// `LineAccess` on a kernel endpoint.
///
/// Lines are mapped Normal write-back shareable, as Enzian's coherence protocol needs; plain
/// loads and stores only, since exclusives on lines whose home is the FPGA are unproven.
public struct KernelLines: LineAccess {
  public init() {}

  /// Interrupts are unmasked at the first load, the one that may be held (R9, R10).
  @inline(__always)
  public mutating func loadHead(at address: UInt) -> LineHead {
    let words = line_load_head(UInt64(address))
    return LineHead(
      code: words.code, data: words.data, argument0: words.argument0, argument1: words.argument1)
  }

  /// A kernel endpoint's response may decide what comes next, so the NIC waits for it (R17).
  @inline(__always)
  public mutating func markAnswered(at address: UInt) {}

  /// DMB SY: the observer is the FPGA, which is outside the inner shareable domain of the cores
  /// as far as the architecture tells (the prototype uses the same barrier).
  @inline(__always)
  public mutating func orderResponseBeforeNextLoad() {
    barrier_full()
  }

  /// Loads one word of the current line once more (R3).
  @inline(__always)
  public func load(at address: UInt) -> UInt64 { line_load(UInt64(address)) }

  /// Stores one word of a line, such as a response head or a state word.
  @inline(__always)
  public func store(_ value: UInt64, at address: UInt) {
    line_store(UInt64(address), value)
  }
}
