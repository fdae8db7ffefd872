// The cores' state lines: how a store of the kernel's reaches the NIC (interface §7).
//
// The home keeps these lines. The kernel's store misses, so the home is asked for the line: that
// is how it learns that a state changes. It gives the line and takes it back at once, with what
// was stored; a store that comes later misses again. So the kernel publishes by a store that waits
// for nobody, no state stays unseen, and a decision needs no fetch: the four messages of a warm
// null call are all there are. Between store and fetch the NIC knows the state before.

public import Interface

extension Lauberhorn {
  /// The core whose state line this is; nil: none's.
  func stateLineCore(at offset: UInt64) -> CoreIdentifier? {
    guard offset >= LineWindow.coreStateOffset else { return nil }
    let distance = offset - LineWindow.coreStateOffset
    let core = distance / LineWindow.coreStateStride
    guard core < UInt64(cores.count),
      distance % LineWindow.coreStateStride < UInt64(LineGeometry.lineBytes)
    else { return nil }
    return CoreIdentifier(UInt16(core))
  }

  mutating func loadState(
    of core: CoreIdentifier, _ access: Access, at byte: Int, _ size: Int
  ) -> UInt64 {
    let line = lineMap.stateLine(of: core)
    if !caches.has(line, core: access.core) { giveState(of: core, access) }
    let value = caches.load(line, at: byte, size: size)
    fetchStateLineInTime(of: core, access, isStored: false)
    return value
  }

  mutating func storeState(_ word: UInt64, of core: CoreIdentifier, _ access: Access) {
    let line = lineMap.stateLine(of: core)
    if !caches.has(line, core: access.core) { giveState(of: core, access) }
    caches.store(word, in: line, at: 0, size: LineGeometry.wordBytes)
    fetchStateLineInTime(of: core, access, isStored: true)
  }

  private mutating func giveState(of core: CoreIdentifier, _ access: Access) {
    // What another core stored there comes first.
    fetchStateLine(of: core)
    noteColourWait(ofLineAt: LineWindow.coreStateOffset(of: core), on: access.core)
    give(lineMap.stateLine(of: core), to: access.core, for: nil)
  }

  private mutating func fetchStateLineInTime(
    of core: CoreIdentifier, _ access: Access, isStored: Bool
  ) {
    let delay = configuration.stateFetchNanoseconds
    var unseen =
      self[core].unseenState
      // The first access sets the time, so that a core that stores again and again is seen too.
      ?? UnseenState(
        access: access, fetchTime: access.nowNanoseconds.addingSaturated(delay), isStored: false)
    if isStored {
      unseen.access = access
      unseen.isStored = true
    }
    self[core].unseenState = unseen
    if delay == 0 { fetchStateLine(of: core) }
  }

  /// The NIC takes the state line of `core` back and sees what the kernel stored. It does so by
  /// itself in time (`Configuration.stateFetchNanoseconds`); an explorer decides when.
  public mutating func fetchStateLine(of core: CoreIdentifier) {
    takeBack(lineMap.stateLine(of: core), for: nil)
    stateCameHome(of: core)
  }

  /// What a decision about `core` needs to know: nothing, unless its line is on its way.
  mutating func fetchUnseenState(of core: CoreIdentifier) {
    if self[core].unseenState != nil { fetchStateLine(of: core) }
  }

  /// The home has the line: by its own fetch, or since the core evicted it.
  mutating func stateCameHome(of core: CoreIdentifier) {
    guard let unseen = self[core].unseenState else { return }
    self[core].unseenState = nil
    guard unseen.isStored else { return }
    publish(
      lines[lineMap.stateLine(of: core), word: 0], of: core, unseen.access,
      at: LineWindow.coreStateOffset(of: core))
  }
}
