// The serial port's output, shared by all cores.
//
// Who writes does not wait for the port: text goes to a queue, and from there to the port as it
// has room, by whoever writes next and by the port's interrupt. A line that finds the queue full
// is dropped, and the next one says how many were. A panic writes past the queue.

internal import ArchAArch64
internal import Boot
internal import Platform
internal import Reporting

/// The serial port.
enum Console {
  private static let lock = SpinLock(.console)
  // Safety (both): set by the boot core before any other runs; then only used under `lock`, or by
  // a panic, when nothing else matters any more.
  nonisolated(unsafe) private static var port: PL011?
  nonisolated(unsafe) private static var queue: OutputQueue?

  private static var queueBytes: Int { 32 << 10 }

  /// Names the port; before it, output is lost.
  static func use(_ newPort: PL011) { unsafe port = newPort }

  /// From here on, output is queued. Once there is memory.
  static func startQueue() {
    unsafe queue = OutputQueue(
      storage: KernelMemory.allocateForEver(bytes: queueBytes), capacity: queueBytes)
  }

  /// Whether output is queued already.
  static var hasQueue: Bool { unsafe queue != nil }

  // MARK: Output

  /// Queues a line, or some that belong together: all of it or, when there is no room, nothing.
  static func withOutput(_ body: (inout OutputQueue) -> Void) {
    lock.withLock { write(body) }
  }

  /// Queues a piece of what a person asked for: waits until there is room, without the lock, so
  /// that other cores do not wait for this one.
  /// - Parameter body: writes at most `longestReply` bytes.
  static func withReply(_ body: (inout OutputQueue) -> Void) {
    var isDone = false
    while !isDone {
      lock.withLock {
        if unsafe queue?.room ?? .max >= longestReply {
          write(body)
          isDone = true
        } else {
          pump()
        }
      }
      if !isDone, CoreReference.isActive {
        Watchdog.noteWaiting(CoreReference.current)
        // Twice: the first ends at once, by the lock's own event.
        wait_for_event()
        wait_for_event()
      }
    }
  }

  /// Bytes of one piece of a reply.
  private static var longestReply: Int { 4096 }

  private static func write(_ body: (inout OutputQueue) -> Void) {
    guard var output = unsafe queue else { return }
    output.reportDropped()
    output.begin()
    body(&output)
    output.commit()
    unsafe queue = output
    pump()
  }

  /// Writes past the queue, after what is in it, without the lock: for boot before there is a
  /// queue, and for a panic, whose core may hold the lock already.
  static func writeUnlocked(_ body: (inout PL011) -> Void) {
    guard var output = unsafe port else { return }
    while let byte = unsafe queue?.takeFirst() { output.write(rawByte: byte) }
    body(&output)
  }

  /// Gives the port what it has room for, and asks for an interrupt when that was not all.
  private static func pump() {
    guard let port = unsafe port, var output = unsafe queue else { return }
    while !output.isEmpty, port.hasRoom {
      guard let byte = output.takeFirst() else { break }
      port.put(byte)
    }
    unsafe queue = output
    port.setTransmitInterrupt(enabled: !output.isEmpty)
  }

  /// The port's interrupt: room for more.
  static func transmit() { lock.withLock { pump() } }

  /// Whether something waits for room in the port.
  static var hasOutput: Bool { lock.withLock { unsafe queue.map { !$0.isEmpty } ?? false } }

  // MARK: Input

  // Safety: set by the boot core before it unmasks interrupts.
  nonisolated(unsafe) private static var shallPoll = false

  /// Whether the port's interrupt is left alone (boot argument `console=polled`).
  static var isPolled: Bool { unsafe shallPoll }
  static func usePolling(_ isWanted: Bool) { unsafe shallPoll = isWanted }

  /// Takes a received byte.
  static func readByte() -> UInt8? { unsafe port?.readByte() }

  static func enableInput() { unsafe port?.enableReceiveInterrupt() }
  static func clearInputInterrupt() { unsafe port?.clearReceiveInterrupt() }
}

extension OutputQueue {
  /// Says how many pieces were dropped, if any were. When there is no room for that either, the
  /// number waits.
  fileprivate mutating func reportDropped() {
    // The longest such line, with its number, fits.
    guard room >= 64 else { return }
    let count = takeDropped()
    guard count > 0 else { return }
    begin()
    writeLine("(\(count) pieces of output dropped)")
    commit()
  }
}
