// The loop of every worker: a stalled load, a jump, a barrier, a flip.
//
// User/README.md shows the machine code that this becomes, with counts. Look at it again after
// every change here.

internal import Interface
internal import SystemInterface
internal import UserStart

/// Serves for the rest of the process's life. `_start` (User/Start/Start.S) calls it on every
/// thread, on thread 0 after `main` has registered the services.
///
/// The NIC knows the endpoint then, but not that it has a core: only the kernel's core state line
/// says so, and an endpoint without a core gets nothing (R11). So the first load comes after a
/// yield, from which the thread goes on in the loop, on a core that the kernel has published.
///
/// - Parameter blockAddress: this thread's endpoint.
@c(user_serve)
func serve(blockAddress: UInt) -> Never {
  attachEndpoint()
  user_yield(blockAddress)
}

/// The loop; where a thread goes on after a yield, at the top of its stack.
/// - Parameter line: the control line to load next.
@c(user_loop)
func loop(line: UInt) -> Never {
  var lines = UserLines()
  var loop = MessageLoop(currentLine: line)
  while true {
    let head = loop.loadMessage(&lines)
    // Safety: the code address is one that this process registered, a Handler or a stub that
    // ignores its arguments: the NIC delivers no other (Interface/Message.swift).
    let handler = unsafe unsafeBitCast(UInt(head.code), to: Handler.self)
    // Safety: the loop's line is in the endpoint's block, so never nil.
    let address = unsafe UnsafeMutableRawPointer(bitPattern: loop.currentLine).unsafelyUnwrapped
    unsafe handler(head.data, head.argument0, head.argument1, UserLine(address: address))
    loop.finishMessage(&lines)
  }
}

/// Tells the kernel where TRYAGAIN and YIELDNOW shall jump to, and where a yield goes on.
private func attachEndpoint() {
  let error = SystemCall.attachEndpoint.call(
    address(of: user_stub_try_again), address(of: user_stub_yield_now),
    address(of: user_loop_entry))
  guard error == .none else {
    var line = LogLine()
    line.append("this thread cannot serve: the kernel did not attach its endpoint, since ")
    line.append(error.inWords)
    Process.log(line)
    Process.exit(.cannotAttachEndpoint)
  }
}

private func address(of stub: @convention(c) () -> Void) -> UInt64 {
  // Safety: a C function pointer is an address.
  unsafe UInt64(unsafeBitCast(stub, to: UInt.self))
}
