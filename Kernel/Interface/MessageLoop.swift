// The loop both sides of the kernel run: load, jump, order, flip.
//
// The user loop of every worker and the dispatch thread of every core are this loop on
// different pairs of lines (paper §5, Fig. 4, and §6). It is written once, as steps of one line
// access each, so that the interleaving tests drive the very code that boots.

/// How a consumer reaches its lines. The target's implementation is a few instructions; a
/// test's implementation decides at every access what happens next.
public protocol LineAccess {
  /// Loads words 0…3 of the control line at `address`. The first of these loads is the one
  /// that the NIC may hold (R2).
  mutating func loadHead(at address: UInt) -> LineHead

  /// Stores into word 0 of the control line at `address` where to jump should the core find it there
  /// again: to code that loads the line once more (R17). Nothing where the NIC waits for its fetch.
  mutating func markAnswered(at address: UInt)

  /// Orders all earlier stores to lines before all later loads (R5): without it the NIC's fetch
  /// of the response, started by the next load, would race the core's write buffer.
  mutating func orderResponseBeforeNextLoad()
}

/// The consumer's side of one endpoint (R1: there is exactly one consumer).
///
///     while true {
///       let head = loop.loadMessage(&lines)   // stalls until the NIC answers
///       jump(to: head, line: loop.currentLine)
///       loop.finishMessage(&lines)            // the next load acknowledges (R4)
///     }
public struct MessageLoop: Hashable, Sendable {
  @usableFromInline var line: UInt

  /// Address of C[p].
  @inlinable public var currentLine: UInt { line }

  /// - Parameter blockAddress: the endpoint's block, as mapped where the loop runs.
  @inlinable
  public init(blockAddress: UInt, parity: Parity = .zero) {
    line = blockAddress | (parity == .one ? EndpointLayout.pairFlip : 0)
  }

  /// A loop that goes on somewhere else than it began.
  @inlinable
  public init(currentLine: UInt) { line = currentLine }

  @inlinable public var parity: Parity {
    currentLine & EndpointLayout.pairFlip == 0 ? .zero : .one
  }

  /// Loads C[p]: stalls until there is a message, and acknowledges the one before (R2, R4).
  @inlinable @inline(__always)
  public func loadMessage(_ lines: inout some LineAccess) -> LineHead {
    lines.loadHead(at: currentLine)
  }

  /// Makes the response visible and turns to the other line. After *every* message, TRYAGAIN
  /// too: the NIC flips on each acknowledgement (R4).
  @inlinable @inline(__always)
  public mutating func finishMessage(_ lines: inout some LineAccess) {
    lines.markAnswered(at: currentLine)
    lines.orderResponseBeforeNextLoad()
    line ^= EndpointLayout.pairFlip
  }

  /// After YIELDNOW: its stub turns to the other line and leaves the loop by a system call, which
  /// has the barrier. Nobody marks that line.
  @inlinable
  public mutating func turnForYield() { line ^= EndpointLayout.pairFlip }
}
