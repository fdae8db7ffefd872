// The memory that the suites run on, and reproducible randomness.

import Memory
import Reporting

/// Physical memory from `base` on. It keeps a log of writes for tests that look at order.
struct ArrayMemory: PhysicalMemory {
  let base: UInt64
  private(set) var words: [UInt64]
  var log: [(address: PhysicalAddress, word: UInt64)]?

  /// Filled with a pattern: nobody may count on clear frames.
  init(base: UInt64, bytes: UInt64) {
    self.base = base
    words = Array(repeating: 0xDEAD_BEEF_DEAD_BEEF, count: Int(bytes / 8))
  }

  func read(at address: PhysicalAddress) -> UInt64 {
    precondition(address.isAligned(to: 8))
    return words[Int((address.bits - base) / 8)]
  }

  mutating func write(_ word: UInt64, at address: PhysicalAddress) {
    precondition(address.isAligned(to: 8))
    words[Int((address.bits - base) / 8)] = word
    log?.append((address, word))
  }
}

/// Hands out frames in order, up to a limit, and remembers who has them.
struct CountingFrames: FrameSource {
  var next: PhysicalAddress
  var left: Int
  var inUse: Set<PhysicalAddress> = []
  private var returned: [PhysicalAddress] = []

  init(from first: PhysicalAddress, count: Int) {
    next = first
    left = count
  }

  mutating func allocateFrame(
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) -> PhysicalAddress {
    guard left > 0 else { throw .outOfMemory(frames: 1, freeFrames: 0) }
    left -= 1
    let frame = returned.popLast() ?? next
    if frame == next { next = next + Page.bytes }
    inUse.insert(frame)
    return frame
  }

  mutating func freeFrame(
    _ frame: PhysicalAddress, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) {
    guard inUse.remove(frame) != nil else { throw .alreadyFree(frame) }
    left += 1
    returned.append(frame)
  }
}

/// Collects text.
private struct Recording: TextOutput {
  var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// A value in its own words.
func words(_ value: some Reportable) -> String {
  var recording = Recording()
  recording.write(value)
  return String(decoding: recording.bytes, as: UTF8.self)
}
