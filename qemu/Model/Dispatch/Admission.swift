// Which calls may wait: not more than a queue holds, and none that would wait too long.
//
// A client that has given up gains nothing from its answer, so a machine that serves every call of
// an overload in turn serves none in time (receive livelock; Mogul and Ramakrishnan, TOCS 1997). A
// call that is refused when it comes costs no core an instruction, and its client knows at once.

import Interface

/// How fast a process's queue gets shorter, and so how long a call will wait in it.
///
/// Measured, not computed from cores and handlers: so it holds whatever else has the cores.
struct WaitEstimate: Hashable {
  /// Mean time between two calls that left the queue; 0: none has waited yet.
  private(set) var intervalNanoseconds: UInt64 = 0
  /// When the queue began, or its last call left; 0 while it is empty.
  private var since: UInt64 = 0

  /// The weight of a new interval: 1/8, as TCP's of a round trip (RFC 6298).
  private static var shift: UInt64 { 3 }

  /// A call came into the queue.
  mutating func noteArrival(nowNanoseconds: UInt64) {
    if since == 0 { since = nowNanoseconds }
  }

  /// A call left the queue.
  mutating func noteDeparture(nowNanoseconds: UInt64, isEmpty: Bool) {
    let interval = nowNanoseconds &- since
    defer { since = isEmpty ? 0 : nowNanoseconds }
    // It did not wait, so it says nothing about those that do.
    if since == 0 || nowNanoseconds < since || interval == 0 && isEmpty { return }
    if intervalNanoseconds == 0 {
      intervalNanoseconds = interval
    } else {
      intervalNanoseconds -= intervalNanoseconds >> Self.shift
      intervalNanoseconds += interval >> Self.shift
    }
  }

  /// How long a call would wait that comes behind `queued` others.
  func waitNanoseconds(behind queued: Int) -> UInt64 {
    // A queue that nobody serves has the longest wait there is.
    let (wait, overflow) = intervalNanoseconds.multipliedReportingOverflow(by: UInt64(queued) + 1)
    return overflow ? .max : wait
  }
}

extension ProcessTable {
  /// Whether a call of `process` may come in; if not, which counter says why. Everything that could
  /// go on went on already, so a queue that is full now stays full; an empty one takes the call
  /// in any case, since a core may be free.
  func refusal(
    for process: ProcessIdentifier, _ serviceClass: ServiceClass
  ) -> NICCounter? {
    let queued = self[process].queue.count
    guard queued < max(self[process].queueLimit, 1) else { return .rejectedOverload }
    let limit = self[process].waitLimitNanoseconds
    guard limit > 0, queued > 0,
      self[process].waitEstimate.waitNanoseconds(
        behind: self[process].queue.count(before: serviceClass)) > limit
    else { return nil }
    return .rejectedExpectedWait
  }
}

extension Lauberhorn {
  /// Calls that only processes without a waiting call may bring in, so that a process with a long queue
  /// does not keep others from being served (R14). Enough for one call on each core and one that waits
  /// for each process; a small pool, which tests have, keeps most of itself for all.
  var callReserve: Int {
    min(cores.count + processes.capacity, configuration.callCount / 4)
  }

  /// As `ProcessTable.refusal`; besides, the call pool may have no room that is for `process`.
  func refusal(
    for process: ProcessIdentifier, _ serviceClass: ServiceClass
  ) -> NICCounter? {
    if !processes[process].queue.isEmpty, calls.room <= callReserve { return .rejectedOverload }
    return processes.refusal(for: process, serviceClass)
  }

  /// Answers a call that cannot wait, or drops it, as its process wants.
  mutating func refuse(
    _ reason: NICCounter, of process: ProcessIdentifier, transaction: UInt32,
    from port: UInt16, to caller: Caller
  ) {
    processes[process].rejections += 1
    noteLoad(of: process)
    guard !processes[process].dropsExcess else {
      counters.count(.droppedOverload)
      return
    }
    counters.count(reason)
    send(.systemError, transaction: transaction, from: port, to: caller)
  }

  mutating func noteQueued(_ process: ProcessIdentifier) {
    guard processes[process].waitLimitNanoseconds > 0 else { return }
    processes[process].waitEstimate.noteArrival(nowNanoseconds: clock.nanoseconds)
  }

  mutating func noteUnqueued(_ process: ProcessIdentifier) {
    guard processes[process].waitLimitNanoseconds > 0 else { return }
    processes[process].waitEstimate.noteDeparture(
      nowNanoseconds: clock.nanoseconds, isEmpty: processes[process].queue.count == 0)
  }
}
