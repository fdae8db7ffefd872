// Text on its way to a port that is slower than those who write: nobody waits for it.

/// Bytes that wait for the serial port, in memory that somebody else owns.
///
/// What belongs together (a line, a frame) is written between `begin` and `commit`: all of it gets
/// into the queue, or none of it and a count says so. Not for several cores at a time: the
/// console's lock is around it.
@safe public struct OutputQueue: TextOutput, Sendable {
  // Safety: `init` takes the memory over for good; bytes are reached through `mask` only.
  nonisolated(unsafe) private let bytes: UnsafeMutablePointer<UInt8>
  private let mask: Int
  /// Bytes ever taken out, and ever committed.
  private var taken = 0
  private var committed = 0
  /// Where the next byte of the piece that is being written goes.
  private var end = 0
  private var isCut = false
  /// Pieces that found no room, since `takeDropped` was last asked.
  private var dropped: UInt64 = 0

  /// - Parameters:
  ///   - storage: `capacity` bytes, given over for good.
  ///   - capacity: a power of two.
  public init(storage: UnsafeMutableRawPointer, capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a queue has 2ⁿ bytes")
    unsafe bytes = storage.bindMemory(to: UInt8.self, capacity: capacity)
    mask = capacity - 1
  }

  public var capacity: Int { mask + 1 }
  public var isEmpty: Bool { taken == committed }
  /// Bytes that a piece may have now.
  public var room: Int { capacity - (committed - taken) }

  /// Begins a piece.
  public mutating func begin() {
    end = committed
    isCut = false
  }

  /// Adds a byte of text; a line feed is preceded by a carriage return, as terminals want it.
  public mutating func write(byte: UInt8) {
    if byte == ASCII.newline { put(0x0D) }
    put(byte)
  }

  /// Adds a byte as it is.
  public mutating func put(_ byte: UInt8) {
    guard end - taken < capacity else {
      isCut = true
      return
    }
    unsafe bytes[end & mask] = byte
    end += 1
  }

  /// Ends a piece; false when it had no room, so that nothing of it will come out.
  @discardableResult
  public mutating func commit() -> Bool {
    guard !isCut else {
      end = committed
      dropped += 1
      return false
    }
    committed = end
    return true
  }

  /// The oldest byte; nil when there is none.
  public mutating func takeFirst() -> UInt8? {
    guard !isEmpty else { return nil }
    let byte = unsafe bytes[taken & mask]
    taken += 1
    return byte
  }

  /// How many pieces were dropped since the last time this was asked.
  public mutating func takeDropped() -> UInt64 {
    let count = dropped
    dropped = 0
    return count
  }
}
