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
    guard size == 1 || size == 2 || size == 4 || size == 8, offset % UInt64(size) == 0,
      let line = line(at: offset)
    else { return 0 }
    let byte = Int(offset) % LineGeometry.lineBytes
    guard caches.owner(of: line) == nil else { return caches.load(line, at: byte, size: size) }
    return lines[line, word: byte / LineGeometry.wordBytes]
      .extract(size: size, at: byte % LineGeometry.wordBytes)
  }

  private func line(at offset: UInt64) -> LineIndex? {
    if offset < UInt64(endpoints.count * EndpointLayout.blockBytes) {
      let blockOffset = Int(offset % UInt64(EndpointLayout.blockBytes))
      guard blockOffset < EndpointLayout.receiveOverflowOffset + LineGeometry.overflowBytes else {
        return nil
      }
      let endpoint = EndpointIdentifier(UInt16(offset / UInt64(EndpointLayout.blockBytes)))
      return LineIndex(endpoint, blockOffset: blockOffset)
    }
    let states = LineWindow.coreStateOffset
    guard (states..<states + UInt64(cores.count * LineGeometry.lineBytes)).contains(offset) else {
      return nil
    }
    return lineMap.stateLine(
      of: CoreIdentifier(UInt16(Int(offset - states) / LineGeometry.lineBytes)))
  }
}
