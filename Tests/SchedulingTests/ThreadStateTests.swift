// The table of legal transitions, written down a second time.

import Interface
import Scheduling
import Testing

@Suite("Thread states")
struct ThreadStateTests {
  /// Row: from. What is not listed is illegal.
  static let legal: [ThreadState: Set<ThreadState>] = [
    .created: [.runnable, .migrating, .ended],
    .runnable: [.running, .migrating, .ended],
    .running: [.runnable, .sleeping, .blocked, .parked, .migrating, .ended],
    .sleeping: [.runnable, .migrating, .ended],
    .blocked: [.runnable, .migrating, .ended],
    .parked: [.runnable, .running, .migrating, .ended],
    .migrating: [.runnable, .ended],
    .ended: [],
  ]

  @Test("exactly the listed changes are legal", arguments: ThreadState.allCases)
  func table(from: ThreadState) throws {
    let row = try #require(Self.legal[from])
    for next in ThreadState.allCases {
      #expect(from.canBecome(next) == row.contains(next), "\(from) to \(next)")
    }
  }

  @Test("a thread is never on two cores: running is entered from a queue or from parked only")
  func runningHasOneWayIn() {
    for state in ThreadState.allCases {
      #expect(state.canBecome(.running) == [.runnable, .parked].contains(state))
    }
  }

  @Test("every state but ended leads to ended, in one step")
  func everythingEnds() {
    for state in ThreadState.allCases {
      #expect(state.canBecome(.ended) == (state != .ended))
    }
  }

  @Test("an illegal change stops the kernel")
  func illegalChangeTraps() async {
    await #expect(processExitsWith: .failure) {
      var record = ThreadRecord(kind: .user, process: ProcessIdentifier(1))
      record.become(.running)
    }
  }

  @Test("slices are in proportion to weights, and weights stay in range")
  func weights() {
    #expect(Weight.standard.sliceNanoseconds == Weight.standardSliceNanoseconds)
    for value: UInt64 in [0, 64, 100, 1_024, 3_000, 16_384, 1 << 40] {
      let weight = Weight(clamping: value)
      #expect(weight >= .minimum && weight <= .maximum)
      // A full slice costs the same virtual time whatever the weight, but for rounding.
      let cost = weight.virtualNanoseconds(running: weight.sliceNanoseconds)
      #expect(cost <= Weight.standardSliceNanoseconds)
      #expect(cost + 16 >= Weight.standardSliceNanoseconds)
    }
    #expect(Weight.minimum.virtualNanoseconds(running: .max) > 1 << 50)
  }
}
