// The lines as the cores have them in their caches: data, and the state of the protocol.
//
// The home gives every line exclusive, so one core at most has it, and one cached copy a line is
// all there can be. It is a copy apart from the home's, so that an answer that was never fetched
// back, or a line that was not invalidated, shows as what it is: old data.

import Interface

/// A line in a core's cache (MESI). The home learns of a store to an exclusive line only when the
/// line comes back. Shared copies exist of load lines only (`LoadLines`).
enum CacheState: UInt8, Hashable {
  case invalid
  case exclusive
  case modified
}

struct CoreCaches: Hashable {
  private struct Tag: Hashable {
    var state = CacheState.invalid
    /// Whose cache; 0 while the line is invalid.
    var owner: UInt16 = 0
  }

  private var tags: [Tag]
  /// Clean while the line is invalid, so that equal caches are equal values.
  private var lines: [Line]

  init(lines count: Int) {
    tags = Array(repeating: Tag(), count: count)
    lines = Array(repeating: .clean, count: count)
  }

  subscript(_ line: LineIndex) -> Line { lines[line.number] }

  /// A load or a store of this core hits.
  func has(_ line: LineIndex, core: CoreIdentifier) -> Bool {
    tags[line.number].state != .invalid && tags[line.number].owner == core.number
  }

  func isModified(_ line: LineIndex) -> Bool { tags[line.number].state == .modified }

  func owner(of line: LineIndex) -> CoreIdentifier? {
    tags[line.number].state == .invalid ? nil : CoreIdentifier(tags[line.number].owner)
  }

  /// - Parameters:
  ///   - byte: offset in the line, a multiple of `size`.
  ///   - size: 1, 2, 4 or 8.
  func load(_ line: LineIndex, at byte: Int, size: Int) -> UInt64 {
    lines[line.number][byte / LineGeometry.wordBytes]
      .extract(size: size, at: byte % LineGeometry.wordBytes)
  }

  mutating func store(_ value: UInt64, in line: LineIndex, at byte: Int, size: Int) {
    lines[line.number][byte / LineGeometry.wordBytes]
      .insert(value, size: size, at: byte % LineGeometry.wordBytes)
    tags[line.number].state = .modified
  }

  mutating func give(_ line: LineIndex, to core: CoreIdentifier, from home: LineStore) {
    tags[line.number] = Tag(state: .exclusive, owner: core.number)
    lines[line.number] = home[line]
  }

  mutating func invalidate(_ line: LineIndex) {
    tags[line.number] = Tag()
    lines[line.number] = .clean
  }
}

extension UInt64 {
  /// `size` bytes at byte `offset` of a little-endian word.
  func extract(size: Int, at offset: Int) -> UInt64 {
    let shifted = self >> UInt64(offset * 8)
    return size == 8 ? shifted : shifted & (1 << UInt64(size * 8) - 1)
  }

  fileprivate mutating func insert(_ value: UInt64, size: Int, at offset: Int) {
    guard size < 8 else {
      self = value
      return
    }
    let mask = (1 << UInt64(size * 8) - 1) << UInt64(offset * 8) as UInt64
    self = self & ~mask | value << UInt64(offset * 8) & mask
  }
}
