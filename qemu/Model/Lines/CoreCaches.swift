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
  private var states: [CacheState]
  /// Whose cache; 0 while the line is invalid.
  private var owners: [UInt16]
  /// Zero while the line is invalid, so that equal caches are equal values.
  private(set) var words: [UInt64]

  init(lines: Int) {
    states = Array(repeating: .invalid, count: lines)
    owners = Array(repeating: 0, count: lines)
    words = Array(repeating: 0, count: lines * LineGeometry.wordsPerLine)
  }

  /// A load or a store of this core hits.
  func has(_ line: LineIndex, core: CoreIdentifier) -> Bool {
    states[line.number] != .invalid && owners[line.number] == core.number
  }

  func isModified(_ line: LineIndex) -> Bool { states[line.number] == .modified }

  func owner(of line: LineIndex) -> CoreIdentifier? {
    states[line.number] == .invalid ? nil : CoreIdentifier(owners[line.number])
  }

  /// - Parameters:
  ///   - byte: offset in the line, a multiple of `size`.
  ///   - size: 1, 2, 4 or 8.
  func load(_ line: LineIndex, at byte: Int, size: Int) -> UInt64 {
    let word = words[
      line.number * LineGeometry.wordsPerLine + byte / LineGeometry.wordBytes]
    return word.extract(size: size, at: byte % LineGeometry.wordBytes)
  }

  mutating func store(_ value: UInt64, in line: LineIndex, at byte: Int, size: Int) {
    let position = line.number * LineGeometry.wordsPerLine + byte / LineGeometry.wordBytes
    words[position].insert(value, size: size, at: byte % LineGeometry.wordBytes)
    states[line.number] = .modified
  }

  mutating func give(_ line: LineIndex, to core: CoreIdentifier, from home: LineStore) {
    states[line.number] = .exclusive
    owners[line.number] = core.number
    for position in LineStore.words(of: line) { words[position] = home.words[position] }
  }

  mutating func invalidate(_ line: LineIndex) {
    states[line.number] = .invalid
    owners[line.number] = 0
    for position in LineStore.words(of: line) { words[position] = 0 }
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
