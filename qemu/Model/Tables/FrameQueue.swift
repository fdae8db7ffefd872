// Frames that wait for the kernel: what is no call and no work of the NIC's own.

import Interface

/// A bounded queue. Its memory is kept, so a frame allocates nothing once some have passed.
struct FrameQueue: Hashable {
  /// Frames that may wait. Bursts are short, and who sends many of these is no client of ours.
  static var capacity: Int { 16 }
  /// What the overflow lines hold.
  static var maximumFrameBytes: Int { LineGeometry.overflowBytes }

  /// The waiting frames one after the other, and the length of each.
  private var bytes: [UInt8] = []
  private var lengths: [Int] = []

  var isEmpty: Bool { lengths.isEmpty }

  /// False when it does not fit.
  mutating func append(_ frame: Span<UInt8>) -> Bool {
    guard lengths.count < FrameQueue.capacity, frame.count <= FrameQueue.maximumFrameBytes else {
      return false
    }
    for index in frame.indices { bytes.append(frame[index]) }
    lengths.append(frame.count)
    return true
  }

  /// Moves the oldest frame to `area`, from `start` on; returns its length.
  mutating func popFirst(into area: inout [UInt8], at start: Int) -> Int? {
    guard let length = lengths.first else { return nil }
    for index in 0..<length { area[start + index] = bytes[index] }
    bytes.removeFirst(length)
    lengths.removeFirst()
    return length
  }
}
