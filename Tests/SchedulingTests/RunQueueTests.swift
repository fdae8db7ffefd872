// The run queue of dispatched threads, against a plain model.

import Interface
import Scheduling
import Testing

@Suite("Run queue")
struct RunQueueTests {
  @Test("first come, first served; full is said, nothing is lost", arguments: 1...20)
  func queueMatchesModel(seed: Int) {
    var random = SplitMix(seed: seed)
    var queue = RunQueue()
    var model: [ThreadIdentifier] = []
    for step in 0..<2_000 {
      if random.chance(3, in: 5) {
        let thread = ThreadIdentifier(UInt16.random(in: 0..<1_000, using: &random))
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
