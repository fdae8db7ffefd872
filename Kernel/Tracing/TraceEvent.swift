// The events there are, by number.
//
// A number is for ever: traces outlive kernels. Bits 8…15 are the source; bit 7 says that the
// event is rare and goes to the ring that frequent ones cannot push it out of. Both are read from
// the number, so that recording looks up no table. What the events mean is data:
// EventDescription.swift.

/// Something that happened, at one moment, in one place.
public enum TraceEvent: UInt16, Hashable, Sendable, CaseIterable {
  // NIC
  case frameReceived = 0x0001
  case callAccepted = 0x0002
  case messageDelivered = 0x0003
  case callEnded = 0x0004
  case frameSent = 0x0005
  case coreInterrupted = 0x0006
  case coreStateSeen = 0x0007
  // Lines
  case loadHeld = 0x0101
  case messageTaken = 0x0102
  case lineAcknowledged = 0x0103
  // Dispatch threads
  case callTaken = 0x0201
  case resumeTaken = 0x0202
  case callDeclined = 0x0203
  case rescheduleTaken = 0x0204
  // User threads
  case userEntered = 0x0301
  case userYielded = 0x0302
  case userFaulted = 0x0381
  // System calls
  case systemCallTaken = 0x0401
  case systemCallAnswered = 0x0402
  // Interrupts
  case interruptTaken = 0x0501
  // Processes
  case processCreated = 0x0681
  case processEnded = 0x0682
  // Idle
  case tryAgainTaken = 0x0701
  case timerTaken = 0x0702
  // Kernel
  case coreStarted = 0x0881
  case maskChanged = 0x0882
  case panicked = 0x0883

  /// The source, without a look at a table.
  @inlinable @inline(__always)
  public var source: EventSource {
    // Every number above has a source in its upper byte; a test goes through all of them.
    EventSource(rawValue: UInt8(truncatingIfNeeded: rawValue >> 8)) ?? .kernel
  }

  /// Whether it goes to the ring of rare events.
  @inlinable @inline(__always)
  public var isRare: Bool { rawValue & 0x80 != 0 }

  /// Its bit in a `SourceMask`.
  @inlinable @inline(__always)
  var maskBit: UInt32 { 1 << UInt32(rawValue >> 8) }
}
