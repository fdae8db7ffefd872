// Takes a captured serial line apart: text here, frames there.

/// What a reader finds next.
public enum CapturePiece: Hashable, Sendable {
  /// Text, or whatever else is no frame.
  case text(Range<Int>)
  /// A frame with a right checksum; the range is its payload.
  case frame(FrameKind, Range<Int>)
}

/// Reads a capture from its beginning to its end.
public struct FrameReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0
  /// Places where sync bytes stood but no good frame: damaged frames, as a rule.
  public private(set) var damagedFrames = 0

  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// The next piece; nil at the end.
  @_lifetime(self: copy self)
  public mutating func next() -> CapturePiece? {
    let start = position
    var end = start
    while end < bytes.count {
      if let (kind, payload) = frame(at: end) {
        if end > start {
          position = end
          return .text(start..<end)
        }
        position = payload.upperBound + FrameFormat.checksumBytes
        return .frame(kind, payload)
      }
      end += 1
    }
    position = bytes.count
    return end > start ? .text(start..<end) : nil
  }

  /// The frame that begins here; nil when none does.
  private mutating func frame(at start: Int) -> (FrameKind, Range<Int>)? {
    guard bytes[start] == FrameFormat.sync0, start + 1 < bytes.count,
      bytes[start + 1] == FrameFormat.sync1
    else { return nil }
    guard let frame = completeFrame(at: start) else {
      damagedFrames += 1
      return nil
    }
    return frame
  }

  private func completeFrame(at start: Int) -> (FrameKind, Range<Int>)? {
    let payloadStart = start + FrameFormat.headBytes
    guard payloadStart <= bytes.count, let kind = FrameKind(rawValue: bytes[start + 2]),
      bytes[start + 3] == 0
    else { return nil }
    let length = Int(bytes[start + 4]) | Int(bytes[start + 5]) << 8
    let payloadEnd = payloadStart + length
    guard length <= FrameFormat.largestPayload,
      payloadEnd + FrameFormat.checksumBytes <= bytes.count
    else { return nil }
    var checksum = Checksum()
    for index in start + 2..<payloadEnd { checksum.add(bytes[index]) }
    for index in 0..<FrameFormat.checksumBytes
    where bytes[payloadEnd + index]
      != UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * index))
    { return nil }
    return (kind, payloadStart..<payloadEnd)
  }
}
