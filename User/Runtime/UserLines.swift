// How a worker reaches its lines: with the instructions of User/Start.

public import Interface
internal import UserStart

/// The lines of this thread's endpoint, as mapped in the process. `MessageLoop` over these is the
/// production loop; over others it is what the interleaving tests drive.
public struct UserLines: LineAccess {
  public init() {}

  @inline(__always)
  public mutating func loadHead(at address: UInt) -> LineHead {
    let head = user_load_head(address)
    return LineHead(
      code: head.code, data: head.data, argument0: head.argument0, argument1: head.argument1)
  }

  @inline(__always)
  public mutating func markAnswered(at address: UInt) {
    user_mark_answered(address)
  }

  @inline(__always)
  public mutating func orderResponseBeforeNextLoad() {
    user_order_response_before_next_load()
  }
}
