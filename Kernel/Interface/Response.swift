// What a core says to the NIC: the result of a call, left in the line that brought it.

/// How a call, or a kernel message, ended.
public enum ResponseStatus: UInt8, Hashable, Sendable, CaseIterable {
  /// Results are in the argument area, laid out as the result signature says.
  case success = 0
  /// The handler refuses the arguments: the client gets GARBAGE_ARGS (RFC 5531 §9).
  case garbageArguments = 1
  /// The handler failed: the client gets SYSTEM_ERR (RFC 5531 §9).
  case systemError = 2
  /// Kernel endpoints: not here, not now; the NIC shall queue the call again (R8).
  case requeue = 3
  /// Kernel endpoints: the call cannot be served; the client gets SYSTEM_ERR (R8).
  case fail = 4
}

/// Word 14 of a response, packed:
///
///     bits  0…7   status
///     bits  8…15  overflow lines that the results use; the NIC fetches just these (R4)
///     bits 16…63  zero
///
/// A null result is the word 0, one store of the zero register.
public struct ResponseHead: Hashable, Sendable {
  public let status: ResponseStatus
  public let overflowLineCount: UInt8

  @inlinable
  public init(status: ResponseStatus, overflowLineCount: UInt8 = 0) {
    self.status = status
    self.overflowLineCount = overflowLineCount
  }

  @inlinable public var word: UInt64 {
    UInt64(status.rawValue) | UInt64(overflowLineCount) << 8
  }

  /// Nil when the word is no response: an unknown status (a message's tail among them), more
  /// overflow lines than an endpoint has, or bits set that shall be zero.
  @inlinable
  public init?(word: UInt64) {
    guard let status = ResponseStatus(rawValue: UInt8(truncatingIfNeeded: word)) else {
      return nil
    }
    let lines = UInt8(truncatingIfNeeded: word >> 8)
    guard Int(lines) <= LineGeometry.overflowLines, word >> 16 == 0 else { return nil }
    self.init(status: status, overflowLineCount: lines)
  }
}
