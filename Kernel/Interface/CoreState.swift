// What the kernel tells the NIC about a core: one word, published by one store.

/// What a core is doing, as the scheduler sees it.
public enum CoreMode: UInt8, Hashable, Sendable, CaseIterable {
  /// Not started, or stopped. The NIC never uses the core.
  case offline = 0
  /// Runs threads that have nothing to do with RPC.
  case general = 1
  /// Runs the dispatch thread: its kernel endpoint may get messages.
  case dispatch = 2
  /// Runs a worker in user mode, on the endpoint that the state names.
  case user = 3
}

/// Word 0 of a core's state line (§3.4 of the design; paper §4: "any other state can be
/// explicitly pushed to the NIC").
///
///     bits  0…7   mode
///     bit   8     preemptible: the NIC may interrupt what the core does
///     bits 16…31  process
///     bits 32…47  endpoint that the core serves in mode `user`
///     bits 48…63  threads in the core's run queue
///
/// One aligned store publishes all of it, so the NIC never sees half of a change. Before a
/// worker leaves its core the kernel stores a state without that endpoint (R11).
public struct CoreState: Hashable, Sendable {
  public var mode: CoreMode
  public var isPreemptible: Bool
  public var process: ProcessIdentifier
  public var endpoint: EndpointIdentifier
  public var runQueueLength: UInt16

  @inlinable
  public init(
    mode: CoreMode, isPreemptible: Bool = false, process: ProcessIdentifier = .kernel,
    endpoint: EndpointIdentifier = EndpointIdentifier(0), runQueueLength: UInt16 = 0
  ) {
    self.mode = mode
    self.isPreemptible = isPreemptible
    self.process = process
    self.endpoint = endpoint
    self.runQueueLength = runQueueLength
  }

  @inlinable public var word: UInt64 {
    UInt64(mode.rawValue) | (isPreemptible ? 0x100 : 0) | UInt64(process.number) << 16
      | UInt64(endpoint.number) << 32 | UInt64(runQueueLength) << 48
  }

  /// Nil when the mode is unknown.
  @inlinable
  public init?(word: UInt64) {
    guard let mode = CoreMode(rawValue: UInt8(truncatingIfNeeded: word)) else { return nil }
    self.init(
      mode: mode, isPreemptible: word & 0x100 != 0,
      process: ProcessIdentifier(UInt16(truncatingIfNeeded: word >> 16)),
      endpoint: EndpointIdentifier(UInt16(truncatingIfNeeded: word >> 32)),
      runQueueLength: UInt16(truncatingIfNeeded: word >> 48))
  }
}
