// `trace live`: the events as text while they happen, a piece in each round of the watch.

internal import Boot
internal import Interface
internal import Reporting
internal import Tracing

/// Shows events on the console; the boot core only.
enum TraceLive {
  /// Of each ring and round; a person cannot read more, and a line takes 115200 baud 7 ms.
  private static var largestPiece: Int { 16 }

  // Safety: only the boot core's console and rounds use them.
  nonisolated(unsafe) private static var isOn = false
  nonisolated(unsafe) private static var cursors = InlineArray<128, EventCursor>(
    repeating: EventCursor())

  /// - Returns: false when nothing would ever come: there are no rounds.
  static func set(_ wanted: Bool) -> Bool {
    guard Interrupts.hasWatch || !wanted else { return false }
    // From now on.
    TraceDump.forEachRing { _, _, ring, index in unsafe cursors[index].rewind(0, before: ring) }
    unsafe isOn = wanted
    return true
  }

  /// What has come since the last round. A line that finds the console's queue full is dropped, and
  /// the console says so.
  static func show() {
    guard unsafe isOn else { return }
    TraceDump.forEachRing { core, _, ring, index in
      let waiting = ring.written - min(ring.written, unsafe cursors[index].next)
      if waiting > UInt64(largestPiece) {
        unsafe cursors[index].rewind(largestPiece, before: ring)
        Console.withOutput {
          $0.writeLine("live: core \(core): \(waiting - UInt64(largestPiece)) events left out")
        }
      }
      for _ in 0..<largestPiece {
        guard let record = unsafe cursors[index].read(from: ring) else { break }
        Console.withOutput { output in
          output.write("live: ")
          output.writeEvent(record)
        }
      }
    }
  }
}
