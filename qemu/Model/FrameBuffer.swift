// Frames that wait to be taken, one after the other in memory that is kept.

/// Grows when frames are many, and never shrinks.
struct FrameBuffer: Hashable {
  private var bytes: [UInt8]
  /// Where the next frame begins; what stands there is no state.
  private var end = 0

  init() { bytes = Array(repeating: 0, count: Outputs.maximumFrameBytes) }

  subscript(_ position: Int) -> UInt8 {
    get { bytes[position] }
    set { bytes[position] = newValue }
  }

  @_lifetime(borrow self)
  func frame(_ range: Range<Int>) -> Span<UInt8> { bytes.span.extracting(range) }

  func copy(of range: Range<Int>) -> [UInt8] { Array(bytes[range]) }

  /// Appends `frame` and zeros up to `minimumBytes`; returns where it stands.
  mutating func append(_ frame: Span<UInt8>, paddedTo minimumBytes: Int) -> Range<Int> {
    let length = max(frame.count, minimumBytes)
    if bytes.count - end < length {
      bytes.append(contentsOf: repeatElement(0, count: max(bytes.count, length)))
    }
    bytes.copy(frame, at: end)
    bytes.clear(end + frame.count..<end + length)
    defer { end += length }
    return end..<end + length
  }

  mutating func removeAll() { end = 0 }

  static func == (left: FrameBuffer, right: FrameBuffer) -> Bool {
    left.bytes[..<left.end] == right.bytes[..<right.end]
  }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes[..<end]) }
}
