// Every path of small machines, and what the explorer itself promises.

import Interface
import Testing

@testable import Explorer
@testable import Model

@Suite(.serialized) struct ExhaustiveTests {
  @Test(arguments: Scenarios.exhaustive.indices)
  func everyRuleHoldsOnEveryPathAndEveryCallEnds(index: Int) {
    let scenario = Scenarios.exhaustive[index]
    let report = ExhaustiveSearch(scenario).run()
    print("\(scenario.name): \(report)")
    #expect(report.failure == nil)
    #expect(report.isComplete)
    #expect(report.ends > 0)
    #expect(report.settlements > 0)
  }

  @Test func aDigestNeitherForgetsNorInventsAState() throws {
    let scenario = Scenarios.exhaustive[1]
    var world = try World(scenario)
    let start = world.digest
    #expect(try World(scenario).digest == start)
    while let action = world.actions().first {
      let before = world.digest
      try world.perform(action)
      #expect(world.digest != before, "\(action)")
    }
  }

  /// A field that is added to the model and decides anything belongs into `combineState`.
  @Test func theDigestKnowsTheFieldsOfTheModel() throws {
    func fields(_ value: Any) -> Set<String> {
      Set(Mirror(reflecting: value).children.compactMap(\.label))
    }
    #expect(
      fields(Endpoint()) == [
        "isInstalled", "process", "addresses", "parity", "message", "isMessageTaken", "call",
        "usedOverflowLines", "core", "reservedBy", "needsResume", "resumedBy", "detachOrder",
        "nextOfProcess", "fetch",
        // Never changes.
        "marksLines",
      ])
    #expect(
      fields(Core()) == [
        "state", "kernelEndpoint", "heldEndpoint", "heldDeadline", "isStalled", "requestedLine",
        "requestArrival", "awaitedFetch", "wasPreemptedAtFetch", "unseenState", "pendingCall",
        "offeredEndpoint",
        "resumingEndpoint", "handlerStart", "interruptFollowsAnswer", "wantedBy",
        "declinedProcess", "refusals",
      ])
    #expect(
      fields(Process()) == [
        "isInstalled", "maximumCores", "minimumCores", "weight", "quantumNanoseconds",
        "workers", "stateFetchTime", "arrivals", "deliveries", "waitingNanoseconds", "rejections",
        "queueLimit", "queue", "resumesWaiting", "firstEndpoint", "lastDeliveryOrder", "turns",
        "isWaiting", "previousWaiting", "nextWaiting",
        // Without a wait limit, which scenarios leave out, the estimate decides nothing.
        "waitLimitNanoseconds", "waitEstimate", "dropsExcess", "patienceNanoseconds",
      ])
    #expect(fields(ClassQueues()) == ["queues", "passes", "count"])
    #expect(
      fields(try World(Scenarios.exhaustive[1]).nic) == [
        "configuration", "heldLoadLimit", "own", "stallLimitNanoseconds", "counters", "outputs",
        "services",
        "processes", "endpoints", "cores", "lineMap", "lines", "caches", "loadLines",
        // The endpoints with a fetch, which says it too.
        "fetching",
        "clock", "faults",
        "faultCounters", "receivedWire", "sentWire", "faultClock", "calls", "kernelFrames",
        "commandRegisters", "order", "scratch",
        // Counts, which decide nothing.
        "statistics",
      ])
  }
}
