// Thread states and run queues, checked against plain models.

import Interface
import Scheduling
import Testing

@Suite("Scheduling")
struct SchedulingTests {
  @Test("a thread is never on two cores: running is entered from a queue or from parked only")
  func runningHasOneWayIn() {
    for state in ThreadState.allCases {
      #expect(state.canBecome(.running) == [.runnable, .parked].contains(state))
    }
  }

  @Test("an ended thread stays ended", arguments: ThreadState.allCases)
  func endedIsFinal(next: ThreadState) {
    #expect(!ThreadState.ended.canBecome(next))
  }

  @Test("the run queue is first come, first served, and loses nothing", arguments: 1...20)
  func queueMatchesModel(seed: Int) {
    var state = UInt64(seed)
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var queue = RunQueue()
    var model: [ThreadIdentifier] = []
    for step in 0..<2_000 {
      if random(5) < 3 {
        let thread = ThreadIdentifier(UInt16(random(1_000)))
        let accepted = queue.append(thread)
        #expect(accepted == (model.count < RunQueue.capacity), "seed \(seed) step \(step)")
        if accepted { model.append(thread) }
      } else {
        let expected = model.isEmpty ? nil : model.removeFirst()
        #expect(queue.takeFirst() == expected, "seed \(seed) step \(step)")
      }
      #expect(queue.count == model.count, "seed \(seed) step \(step)")
    }
  }
}
