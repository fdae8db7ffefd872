// Shares by weight, and what a pick costs.

import Interface
import Randomness
import Scheduling
import Testing

@Suite("Fairness")
struct FairnessTests {
  /// Runs threads that are always ready for a time, with timer interrupts that come late.
  /// - Returns: each thread's time on the core.
  private func run(
    weights: [UInt64], for duration: UInt64, seed: Int, rules: KernelRules = .firstCome,
    kind: ThreadKind = .user, blocking: Bool = false
  ) -> [UInt64] {
    var random = SplitMix(seed: seed)
    let records = RecordTable()
    var core = CoreScheduler(core: core0, rules: rules)
    for (index, weight) in weights.enumerated() {
      _ = core.admit(records.make(index, kind: kind, weight: weight), at: 0, in: records)
    }
    var now: UInt64 = 0
    while now < duration {
      guard
        case .run(let thread, let deadline) = core.schedule(
          at: now, hints: SchedulingHints(), in: records)
      else { break }
      now = max(deadline ?? now + .millisecond, now)
      now += UInt64.random(in: 0...5 * .microsecond, using: &random)
      if blocking, random.chance(1, in: 3) {
        // Gives up the core in mid-slice, but is ready at once: only what it ran is charged.
        now -= (now - (deadline.map { min($0, now) } ?? now)) / 2
        _ = core.stop(.yielded, at: now, in: records)
      } else {
        _ = core.stop(.preempted, at: now, in: records)
      }
      _ = thread
    }
    return weights.indices.map {
      records[ThreadIdentifier(UInt16($0))].account.runNanoseconds
    }
  }

  /// The largest deviation of a thread's share from what its weight says, in percent.
  private func deviation(_ times: [UInt64], weights: [UInt64]) -> Double {
    let total = Double(times.reduce(0, +))
    let weight = Double(weights.reduce(0, +))
    return zip(times, weights).map { time, own in
      abs(Double(time) / total / (Double(own) / weight) - 1) * 100
    }.max() ?? 0
  }

  @Test("shares follow weights within 5 % over a window of 50 rounds", arguments: 1...20)
  func generalThreads(seed: Int) {
    var random = SplitMix(seed: seed)
    let weights = (0..<Int.random(in: 2...40, using: &random)).map { _ in
      UInt64.random(in: 64...16_384, using: &random)
    }
    let round = weights.reduce(0) { $0 + Weight(clamping: $1).sliceNanoseconds }
    let times = run(weights: weights, for: 50 * round, seed: seed)
    #expect(deviation(times, weights: weights) < 5, "seed \(seed)")
  }

  @Test("workers too under weighted-fair rules", arguments: 1...5)
  func workers(seed: Int) {
    let weights: [UInt64] = [512, 1_024, 1_024, 4_096]
    let rules = WeightedFair().kernelRules
    let times = run(
      weights: weights, for: 500 * .millisecond, seed: seed, rules: rules, kind: .rpcWorker)
    #expect(deviation(times, weights: weights) < 5, "seed \(seed)")
  }

  @Test("first come, first served: a worker keeps its core to its end, then it is the next's turn")
  func workersByArrival() {
    let core = TestCore()
    let records = core.records
    for index in 0..<5 {
      core.admit(records.make(index, kind: .rpcWorker, weight: UInt64(100 * (5 - index))))
    }
    for index in 0..<5 {
      let decision = core.schedule(at: UInt64(index) * .second)
      #expect(decision == .run(ThreadIdentifier(UInt16(index)), deadlineNanoseconds: nil))
      core.stop(.parks, at: UInt64(index + 1) * .second)
    }
  }

  @Test("a thread that overran is held back until the others have caught up")
  func overrun() {
    let core = TestCore()
    let records = core.records
    let slice = Weight.standardSliceNanoseconds
    let hog = records.make(0)
    let other = records.make(1)
    core.admit(hog)
    core.admit(other)
    core.schedule(at: 0)
    // Five slices without an interrupt.
    core.stop(.preempted, at: 5 * slice)
    var now = 5 * slice
    for turn in 0..<5 {
      let decision = core.schedule(at: now)
      #expect(decision == .run(other, deadlineNanoseconds: now + slice), "turn \(turn)")
      now += slice
      core.stop(.preempted, at: now)
    }
    // Equal now, within a granule.
    #expect(records[hog].account.runNanoseconds == records[other].account.runNanoseconds)
  }

  @Test("a pick touches as many records among 500 threads as among 4", arguments: 1...5)
  func pickIsConstant(seed: Int) {
    func costOfSwitch(threads: Int) -> (pick: Int, stop: Int) {
      var random = SplitMix(seed: seed)
      let records = RecordTable()
      var core = CoreScheduler(core: core0, rules: .firstCome)
      for index in 0..<threads {
        let weight = UInt64.random(in: 64...16_384, using: &random)
        _ = core.admit(records.make(index, weight: weight), at: 0, in: records)
      }
      var now: UInt64 = 0
      var worst = (pick: 0, stop: 0)
      for _ in 0..<3_000 {
        var before = records.accesses
        let decision = core.schedule(at: now, hints: SchedulingHints(), in: records)
        worst.pick = max(worst.pick, records.accesses - before)
        guard case .run(_, let deadline?) = decision else { break }
        now = deadline
        before = records.accesses
        _ = core.stop(.preempted, at: now, in: records)
        worst.stop = max(worst.stop, records.accesses - before)
      }
      return worst
    }
    let few = costOfSwitch(threads: 4)
    let many = costOfSwitch(threads: 500)
    // The bound also covers the neighbours' links, which a list of one thread does not have.
    #expect(many.pick <= few.pick + 4, "seed \(seed): \(few) \(many)")
    #expect(many.stop <= few.stop + 4, "seed \(seed): \(few) \(many)")
    #expect(many.pick < 40, "seed \(seed)")
  }
}
