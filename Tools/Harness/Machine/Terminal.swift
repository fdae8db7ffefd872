// The terminal that a person types at, for the guest's serial console.

import Foundation

/// Standard input and output, when they are a terminal.
public enum Terminal {
  /// A person is there: both ends are a terminal.
  public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

  /// Hands each key to the guest as it is typed, without echo, until Ctrl-A X or the guest's end.
  /// Ctrl-A Ctrl-A is one Ctrl-A. The terminal is as before afterwards.
  public static func forwardKeys(to machine: Machine) throws(ProcessError) {
    // Closing its write end wakes the wait for keys when the guest has ended.
    let guestEnd = try Pipe.make()
    Thread.detachNewThread {
      machine.waitForEnd()
      close(guestEnd.write)
    }
    let saved = enterRawMode()
    defer { leaveRawMode(saved) }
    var escape = EscapeFilter()
    while waitForInput(STDIN_FILENO, orEndOf: guestEnd.read) {
      guard let keys = readPiece(of: STDIN_FILENO), !keys.isEmpty else { return }
      let (typed, leaves) = escape.filter(keys)
      if !typed.isEmpty { machine.type(bytes: typed) }
      if leaves { return }
    }
  }
}

/// Finds Ctrl-A X in what is typed.
struct EscapeFilter {
  private static let controlA: UInt8 = 1
  private var sawControlA = false

  /// What goes to the guest, and whether the person leaves.
  mutating func filter(_ keys: [UInt8]) -> (typed: [UInt8], leaves: Bool) {
    var typed: [UInt8] = []
    for key in keys {
      if sawControlA {
        sawControlA = false
        if key == UInt8(ascii: "x") || key == UInt8(ascii: "X") { return (typed, true) }
        if key != Self.controlA { typed.append(Self.controlA) }
        typed.append(key)
      } else if key == Self.controlA {
        sawControlA = true
      } else {
        typed.append(key)
      }
    }
    return (typed, false)
  }
}
