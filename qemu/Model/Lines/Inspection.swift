// Looking at lines from outside of the machine: a debugger's view, which changes nothing.
//
// A load of a line means something to the NIC (R2, R4), so a debugger must not make one.

import Interface

extension Lauberhorn {
  /// What a line holds: the copy that a core has, or else the home's. Zero outside of the lines
  /// that there are.
  ///
  /// - Parameters:
  ///   - offset: in the line window, a multiple of `size`.
  ///   - size: 1, 2, 4 or 8.
  public func inspectLine(offset: UInt64, size: Int) -> UInt64 {
    guard size == 1 || size == 2 || size == 4 || size == 8, offset % UInt64(size) == 0 else {
      return 0
    }
    let byte = Int(offset % UInt64(LineGeometry.lineBytes))
    let word = byte / LineGeometry.wordBytes
    if let process = loadLineProcess(at: offset) {
      return loadWord(word, of: process)
        .extract(size: size, at: byte % LineGeometry.wordBytes)
    }
    guard let line = lineIndex(at: offset) else { return 0 }
    guard caches.owner(of: line) == nil else { return caches.load(line, at: byte, size: size) }
    return lines[line, word: word].extract(size: size, at: byte % LineGeometry.wordBytes)
  }

  /// The home makes a load line when one is asked for: so of what it would give now.
  private func loadWord(_ word: Int, of process: ProcessIdentifier) -> UInt64 {
    var given = loadLines
    if !given.hasCopies(process) {
      given.write(load(of: process), of: process, at: clock.nanoseconds)
    }
    return given.word(word, of: process)
  }
}
