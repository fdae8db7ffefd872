// The directory's colours, and how many loads may be held: which loads the NIC does not hold (R16).
//
// Behind a held load everything of its colour waits. So the home holds no load while another
// endpoint of the same class has a core, which may load its lines at any time; and it learns of an
// endpoint that gets a core from the state line, before the first load of it. Only state lines and
// overflow lines can meet a held load then: the model counts them and lets nobody wait.

import Interface

extension Lauberhorn {
  /// Whether the load of C[p] of `endpoint`, for which there is nothing, may be held.
  mutating func mayHold(_ endpoint: EndpointIdentifier, on core: CoreIdentifier) -> Bool {
    heldLoadLimit == 0 || findsRoomForHeldLoad(of: endpoint, on: core)
  }

  /// Apart and mutating, though it changes nothing: as `countColourWait`.
  @inline(never)
  private mutating func findsRoomForHeldLoad(
    of endpoint: EndpointIdentifier, on core: CoreIdentifier
  ) -> Bool {
    let colourClass = EndpointPlacement.colourClass(of: endpoint)
    if configuration.hasColours {
      for other in fetching where other != endpoint {
        if EndpointPlacement.colourClass(of: other) == colourClass { return false }
      }
    }
    var heldLoads = 0
    for index in cores.indices where index != core.index {
      if cores[index].heldEndpoint != nil { heldLoads += 1 }
      guard configuration.hasColours,
        let other = attachedEndpoint(of: CoreIdentifier(UInt16(index))),
        EndpointPlacement.colourClass(of: other) == colourClass, !isLeaving(other)
      else { continue }
      return false
    }
    return heldLoads < heldLoadLimit
  }

  /// Whether the consumer was told to leave its core: two that meet do not both go.
  private func isLeaving(_ endpoint: EndpointIdentifier) -> Bool {
    self[endpoint].message == (self[endpoint].isKernelEndpoint ? .retire : .yieldNow)
  }

  /// Answers the load of C[p] of `endpoint` that may not be held: the core shall do something else.
  mutating func sendAway(_ endpoint: EndpointIdentifier, _ access: Access, at offset: UInt64) {
    counters.count(.loadsNotHeld)
    guard self[endpoint].isKernelEndpoint else { return deliver(.yieldNow, to: endpoint) }
    // An interrupt that was on its way may bring it back once.
    if self[access.core].refusals > 1 { report(.loadAfterRetire, access, at: offset) }
    self[access.core].refusals = min(self[access.core].refusals + 1, 2)
    deliver(.retire, to: endpoint)
  }

  /// `endpoint` gets a core: a load that is held and would block its lines is answered.
  mutating func makeWay(for endpoint: EndpointIdentifier) {
    guard configuration.hasColours else { return }
    let colourClass = EndpointPlacement.colourClass(of: endpoint)
    for core in cores {
      guard let held = core.heldEndpoint, held != endpoint,
        EndpointPlacement.colourClass(of: held) == colourClass
      else { continue }
      counters.count(.loadsNotHeld)
      deliver(self[held].isKernelEndpoint ? .retire : .yieldNow, to: held)
    }
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
    // The answer to a load that is at its home already; the simulator executes that again.
    if isLeaving(endpoint), !self[endpoint].isMessageTaken { return }
    noteColourWait(ofLineAt: LineWindow.offset(of: endpoint) + UInt64(blockOffset), on: core)
  }

  /// `core` is given a line.
  mutating func noteColourWait(ofLineAt offset: UInt64, on core: CoreIdentifier) {
    guard configuration.hasColours else { return }
    let colour = DirectoryColour(ofLineAt: offset)
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
