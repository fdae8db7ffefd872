// The directory's colours: which lines a held load keeps waiting (R16).
//
// The model reports and counts, and lets nobody wait: a kernel that breaks the rule shall see that,
// and on the machine the processor ends such a wait by an error.

import Interface

extension Lauberhorn {
  /// 0: any number.
  var heldLoadLimit: Int {
    configuration.hasColours ? EndpointPlacement(capacity: endpoints.count).heldLoadLimit : 0
  }

  /// A load of C[p] of `endpoint` is held from now on.
  mutating func checkColour(
    ofHeldLoadAt endpoint: EndpointIdentifier, _ access: Access, at offset: UInt64
  ) {
    guard configuration.hasColours else { return }
    let colour = DirectoryColour(ofControlLine: self[endpoint].parity, of: endpoint)
    if hasHeldLoad(of: colour, except: access.core) { report(.sharedColour, access, at: offset) }
  }

  /// `core` is given a line of `endpoint`.
  mutating func noteColourWait(
    of endpoint: EndpointIdentifier, _ blockOffset: Int, on core: CoreIdentifier
  ) {
    if configuration.hasColours { countColourWait(of: endpoint, blockOffset, on: core) }
  }

  /// Apart, since a function that does not change the NIC gets it as a copy unless it is inlined,
  /// and every line that is given comes by here.
  @inline(never)
  private mutating func countColourWait(
    of endpoint: EndpointIdentifier, _ blockOffset: Int, on core: CoreIdentifier
  ) {
    let colour = DirectoryColour(ofLineAt: LineWindow.offset(of: endpoint) + UInt64(blockOffset))
    if hasHeldLoad(of: colour, except: core) { counters.count(.colourWaits) }
  }

  private func hasHeldLoad(of colour: DirectoryColour, except core: CoreIdentifier) -> Bool {
    for index in cores.indices where index != core.index {
      guard let held = cores[index].heldEndpoint else { continue }
      if DirectoryColour(ofControlLine: self[held].parity, of: held) == colour { return true }
    }
    return false
  }
}
