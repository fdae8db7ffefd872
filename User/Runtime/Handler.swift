// What the NIC's messages jump to.

public import UserStart

/// Serves one call: the NIC makes the worker's loop jump straight to it.
///
/// - Parameters:
///   - data: the word given at registration.
///   - argument0: the first argument slot, already in a register. Undefined without arguments.
///   - argument1: the second argument slot.
///   - line: names the call; `Call(line)` is how to read the rest and to answer.
///
/// Several threads of a process may run the same handler at the same time. A handler that returns
/// without an answer has failed: the client gets SYSTEM_ERR.
public typealias Handler =
  @convention(c) (
    _ data: UInt64, _ argument0: UInt64, _ argument1: UInt64, _ line: UserLine
  ) -> Void
