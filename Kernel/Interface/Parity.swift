// Which control line of a pair is current.

/// The parity `p` of an endpoint: C[p] is the current line (R1).
///
/// Parity belongs to the thread that consumes the endpoint and survives a switch of core: the
/// authors' prototype kept it in the hardware's engine first and lost it on every switch
/// (KireinaHoro/enzian-pio-nic a41146a).
public enum Parity: UInt8, Hashable, Sendable {
  case zero = 0
  case one = 1

  @inlinable public var flipped: Parity { self == .zero ? .one : .zero }
}
