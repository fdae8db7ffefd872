// Floating point of user threads, lazily: a core's registers are a thread's from its first such
// instruction until it leaves the core.
//
// Between threads such instructions trap, so a thread that has none pays nothing, and neither does
// the way of a call to it. One that has some traps once each time it gets a core, and then serves
// any number of calls with the registers; when it yields, it takes the longer way
// (UserDispatch.serve), on which they are taken back. They are saved only if the thread was stopped
// in the middle of something: a worker at its loop knows nothing but its line. The kernel itself uses
// none.

internal import Boot

extension CoreReference {
  /// The thread on this core has trapped at its first floating-point instruction, which it will
  /// execute again.
  func lendFloatingPoint(to thread: ThreadReference) {
    thread.loadFloatingPoint()
    lendsFloatingPoint = true
    count(.floatingPoint)
  }

  /// The thread on this core leaves it, and goes on later where it was stopped.
  @inline(__always)
  func saveFloatingPoint(of thread: ThreadReference) {
    guard lendsFloatingPoint else { return }
    lendsFloatingPoint = false
    thread.saveFloatingPoint()
  }

  /// The thread on this core leaves it, and has nothing in the registers that it needs.
  @inline(__always)
  func forgetFloatingPoint() {
    guard lendsFloatingPoint else { return }
    floating_point_trap()
    lendsFloatingPoint = false
  }
}
