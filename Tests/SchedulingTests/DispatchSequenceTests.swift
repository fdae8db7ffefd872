// The order of the dispatch thread's operations. What the orders are good for, the explorer shows
// (Tests/ExplorerTests); here they are compared with their specification.

import Interface
import Scheduling
import Testing

@Suite struct DispatchSequenceTests {
  enum Operation: Hashable {
    case become(ThreadState)
    case activate
    case orderStores
    case orderAllAccesses
    case publish(CoreMode)
    case respond(ResponseStatus)
  }

  struct Recorder: DispatchOperations {
    var operations: [Operation] = []
    mutating func become(_ state: ThreadState) { operations.append(.become(state)) }
    mutating func activateAddressSpace() { operations.append(.activate) }
    mutating func orderStores() { operations.append(.orderStores) }
    mutating func orderAllAccesses() { operations.append(.orderAllAccesses) }
    mutating func publish(_ mode: CoreMode) { operations.append(.publish(mode)) }
    mutating func respond(_ status: ResponseStatus) { operations.append(.respond(status)) }
  }

  @Test func r11TheThreadIsParkedForEveryCoreBeforeTheNICMayNameIt() {
    var recorder = Recorder()
    DispatchSequence.park(&recorder)
    #expect(recorder.operations == [.become(.parked), .orderStores, .publish(.dispatch)])
  }

  @Test func r11TheEndpointHasACoreBeforeTheThreadRuns() {
    var recorder = Recorder()
    DispatchSequence.enter(&recorder)
    #expect(recorder.operations.first == .become(.running))
    #expect(recorder.operations.contains(.activate))
    #expect(recorder.operations.suffix(2) == [.publish(.user), .orderAllAccesses])
  }

  @Test func r11TheCoreIsADispatchCoreBeforeItsFirstLoad() {
    var recorder = Recorder()
    DispatchSequence.start(&recorder)
    DispatchSequence.beginLoads(&recorder)
    #expect(recorder.operations == [.publish(.dispatch), .orderAllAccesses])
  }

  @Test func r12NothingOfAnEndedThreadIsUnderWayToItsLines() {
    var recorder = Recorder()
    DispatchSequence.end(&recorder)
    #expect(recorder.operations == [.become(.ended), .orderAllAccesses])
  }

  @Test func r8ADeclinedCallIsQueuedAgain() {
    var recorder = Recorder()
    DispatchSequence.decline(&recorder)
    #expect(recorder.operations == [.respond(.requeue)])
  }

  @Test(arguments: ThreadState.allCases)
  func r8OnlyAParkedThreadOfTheNamedProcessIsEntered(state: ThreadState) {
    let owner = ProcessIdentifier(3)
    #expect(
      DispatchDecision.forMessage(naming: 3, state: state, owner: owner)
        == (state == .parked ? .enter : .decline))
    #expect(DispatchDecision.forMessage(naming: 4, state: state, owner: owner) == .decline)
    // All 64 bits of the message's word count.
    #expect(
      DispatchDecision.forMessage(naming: 0x1_0000_0003, state: state, owner: owner) == .decline)
    #expect(DispatchDecision.forMessage(naming: 3, state: nil, owner: owner) == .decline)
  }
}
