// The nine stages of a request, by the numbers that README and code use for them.

/// Where a request is on its way from the frame that brings it to the frame that answers it.
public enum Stage: UInt8, Hashable, Comparable, Sendable, CaseIterable {
  /// ① The frame comes from the wire.
  case receive = 1
  /// ② The NIC decodes it and chooses a core.
  case choose
  /// ③ A dispatch thread takes the call (cold calls only).
  case dispatch
  /// ④ The kernel switches to the process (cold calls only).
  case switchProcess
  /// ⑤ The load of the worker's user loop returns.
  case userLoop
  /// ⑥ The handler runs.
  case handler
  /// ⑦ The response stands in the line.
  case respond
  /// ⑧ The NIC fetches the line and encodes the reply.
  case encode
  /// ⑨ The frame leaves.
  case send

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The circled digit.
  public var symbol: StaticString {
    switch self {
    case .receive: "①"
    case .choose: "②"
    case .dispatch: "③"
    case .switchProcess: "④"
    case .userLoop: "⑤"
    case .handler: "⑥"
    case .respond: "⑦"
    case .encode: "⑧"
    case .send: "⑨"
    }
  }
}
