// One core: order, slices, deadlines, wake-ups.

import Interface
import Randomness
import Scheduling
import Testing

@Suite("Core scheduler")
struct CoreSchedulerTests {
  let scheduler = TestCore()
  private var records: RecordTable { scheduler.records }

  @Test("nothing to run: idle on general duty, dispatch loop on RPC duty, R16 keeps from it")
  func nothingToRun() {
    #expect(scheduler.schedule(at: 0) == .idle(deadlineNanoseconds: nil))
    scheduler.core.duty = .rpc
    #expect(scheduler.schedule(at: 0) == .dispatchLoop(deadlineNanoseconds: nil))
    #expect(
      scheduler.schedule(at: 0, SchedulingHints(mayHoldLoad: false))
        == .idle(deadlineNanoseconds: nil))
  }

  @Test("one thread runs without a tick; a second one starts the clock, a slice from then on")
  func tickless() {
    let first = records.make(1)
    let second = records.make(2, weight: 2_048)
    scheduler.admit(first)
    #expect(scheduler.schedule(at: 0) == .run(first, deadlineNanoseconds: nil))
    let later = 10 * UInt64.second
    #expect(!scheduler.isSliceOver(at: later))
    #expect(!scheduler.admit(second, at: later))
    let slice = Weight.standardSliceNanoseconds
    #expect(scheduler.deadline == later + slice)
    #expect(!scheduler.isSliceOver(at: later + slice - 1))
    #expect(scheduler.isSliceOver(at: later + slice))
    #expect(scheduler.stop(.preempted, at: later + slice) == .runnable)
    // Ten seconds alone cost nothing; the second thread has twice the weight, so twice the slice.
    let end = later + 3 * slice
    #expect(scheduler.schedule(at: later + slice) == .run(second, deadlineNanoseconds: end))
    #expect(scheduler.stop(.preempted, at: end) == .runnable)
    #expect(scheduler.schedule(at: end) == .run(first, deadlineNanoseconds: end + slice))
  }

  @Test("wake-ups that come often do not lengthen the slice of who runs")
  func sliceIsNotExtended() {
    let runner = records.make(1)
    let other = records.make(2)
    scheduler.admit(runner)
    scheduler.schedule(at: 0)
    scheduler.admit(other, at: 0)
    for index in 0..<50 {
      scheduler.admit(records.make(10 + index), at: UInt64(index) * 10 * .microsecond)
    }
    let slice = Weight.standardSliceNanoseconds
    #expect(scheduler.isSliceOver(at: slice))
  }

  @Test("workers run before general threads, which preempts these; kinds have their classes")
  func classes() {
    let user = records.make(1)
    let kernel = records.make(2, kind: .kernel)
    let worker = records.make(3, kind: .rpcWorker)
    scheduler.admit(user)
    scheduler.admit(kernel)
    scheduler.schedule(at: 0)
    #expect(scheduler.admit(worker, at: 5))
    #expect(scheduler.stop(.preempted, at: 5) == .runnable)
    // First come, first served: no slice; but general threads are not patient for ever.
    let patience = 5 + KernelRules.usualPatienceNanoseconds
    #expect(scheduler.schedule(at: 5) == .run(worker, deadlineNanoseconds: patience))
    #expect(scheduler.stop(.preempted, at: patience) == .runnable)
    guard case .run(let next, _) = scheduler.schedule(at: patience) else {
      Issue.record("nothing runs")
      return
    }
    #expect(records[next].kind != .rpcWorker)
  }

  @Test("calls that wait come before general threads, on RPC duty only, and not for ever")
  func callsComeFirst() {
    scheduler.admit(records.make(1))
    let waiting = SchedulingHints(callsWaiting: 1)
    scheduler.core.duty = .rpc
    let patience = KernelRules.usualPatienceNanoseconds
    #expect(scheduler.schedule(at: 0, waiting) == .dispatchLoop(deadlineNanoseconds: patience))
    #expect(
      scheduler.schedule(at: patience - 1, waiting) == .dispatchLoop(deadlineNanoseconds: patience))
    // For a slice, although nobody else here wants the core.
    let end = patience + Weight.standardSliceNanoseconds
    #expect(
      scheduler.schedule(at: patience, waiting)
        == .run(ThreadIdentifier(1), deadlineNanoseconds: end))
    #expect(scheduler.isSliceOwed)
    // Who becomes ready meanwhile makes it no longer.
    scheduler.admit(records.make(2), at: end - 1)
    #expect(scheduler.deadline == end)
    #expect(scheduler.isSliceOver(at: end))
    scheduler.stop(.preempted, at: end)
    #expect(!scheduler.isSliceOwed)
    #expect(
      scheduler.schedule(at: end, waiting)
        == .dispatchLoop(deadlineNanoseconds: end + patience))
  }

  @Test("on general duty calls come after general threads, which then have no tick")
  func callsComeLast() {
    scheduler.admit(records.make(1))
    #expect(
      scheduler.schedule(at: 1, SchedulingHints(callsWaiting: 1))
        == .run(ThreadIdentifier(1), deadlineNanoseconds: nil))
    #expect(!scheduler.isSliceOwed)
  }

  @Test("the NIC starts a parked worker; what it ran is charged; it parks again")
  func worker() {
    let worker = records.make(1, kind: .rpcWorker)
    scheduler.admit(worker)
    scheduler.schedule(at: 0)
    #expect(scheduler.stop(.parks, at: 10) == .parked)
    scheduler.core.start(worker, at: 100, in: records)
    #expect(scheduler.running == worker)
    #expect(scheduler.stop(.parks, at: 160) == .parked)
    #expect(records[worker].account.runNanoseconds == 70)
    #expect(records[worker].account.slices == 2)
    #expect(records[worker].account.preemptions == 0)
  }

  @Test("sleepers wake in the order of their times, none early, none late", arguments: 1...10)
  func sleepOrder(seed: Int) {
    var random = SplitMix(seed: seed)
    var wakeTimes: [(time: UInt64, thread: ThreadIdentifier)] = []
    for number in 0..<200 {
      let thread = records.make(number)
      scheduler.admit(thread)
      guard case .run(let running, _) = scheduler.schedule(at: 0) else {
        Issue.record("nothing runs, seed \(seed)")
        return
      }
      let time = UInt64.random(in: 1...1_000, using: &random) * .microsecond
      #expect(scheduler.stop(.sleeps(untilNanoseconds: time), at: 0) == .sleeping)
      wakeTimes.append((time, running))
    }
    // Some are woken before their time, from anywhere in the heap.
    for _ in 0..<50 {
      let index = Int.random(in: 0..<wakeTimes.count, using: &random)
      let thread = wakeTimes.remove(at: index).thread
      #expect(
        scheduler.wake(thread, at: 0) == .ready(preempts: false),
        "seed \(seed)")
    }
    #expect(scheduler.sleepingCount == 150)
    #expect(scheduler.readyCount == 50)
    while let earliest = wakeTimes.map(\.time).min() {
      #expect(scheduler.deadline == earliest, "seed \(seed)")
      let before = scheduler.readyCount
      _ = scheduler.core.wakeSleepers(at: earliest - 1, in: records)
      #expect(scheduler.readyCount == before, "early, seed \(seed)")
      _ = scheduler.core.wakeSleepers(at: earliest, in: records)
      let due = wakeTimes.filter { $0.time == earliest }
      #expect(scheduler.readyCount == before + due.count, "seed \(seed)")
      for entry in due {
        #expect(records[entry.thread].state == .runnable, "seed \(seed)")
      }
      wakeTimes.removeAll { $0.time == earliest }
    }
  }

  @Test("a wake-up before the wait ends the wait at once, and only one wait")
  func permit() {
    let thread = records.make(1)
    scheduler.admit(thread)
    scheduler.schedule(at: 0)
    #expect(scheduler.wake(thread, at: 1) == .remembered)
    #expect(scheduler.stop(.blocks, at: 2) == .runnable)
    scheduler.schedule(at: 2)
    #expect(scheduler.stop(.blocks, at: 3) == .blocked)
    #expect(scheduler.schedule(at: 3) == .idle(deadlineNanoseconds: nil))
    #expect(scheduler.wake(thread, at: 4) == .ready(preempts: false))
    scheduler.schedule(at: 4)
    _ = scheduler.wake(thread, at: 5)
    #expect(scheduler.stop(.sleeps(untilNanoseconds: .second), at: 6) == .runnable)
  }

  @Test("who slept long does not starve the others: it starts at the virtual time")
  func noSavings() {
    let sleeper = records.make(1)
    let runner = records.make(2)
    scheduler.admit(sleeper)
    scheduler.schedule(at: 0)
    scheduler.stop(.sleeps(untilNanoseconds: 10 * .second), at: 1)
    scheduler.admit(runner, at: 1)
    scheduler.admit(records.make(3), at: 1)
    var now: UInt64 = 1
    while now < 10 * .second {
      scheduler.schedule(at: now)
      now += Weight.standardSliceNanoseconds
      scheduler.stop(.preempted, at: now)
    }
    let before = records[sleeper].account.runNanoseconds
    for _ in 0..<300 {
      scheduler.schedule(at: now)
      now += Weight.standardSliceNanoseconds
      scheduler.stop(.preempted, at: now)
    }
    let slices =
      (records[sleeper].account.runNanoseconds - before) / Weight.standardSliceNanoseconds
    #expect((99...102).contains(slices), "\(slices) of 300")
  }

  @Test("a thread that may not run here any more is sent where it may")
  func affinity() throws {
    let ready = records.make(1)
    let running = records.make(2)
    let sleeping = records.make(3)
    scheduler.admit(sleeping)
    scheduler.schedule(at: 0)
    scheduler.stop(.sleeps(untilNanoseconds: 50), at: 1)
    scheduler.admit(running, at: 2)
    scheduler.schedule(at: 2)
    scheduler.admit(ready, at: 3)
    for thread in [ready, running, sleeping] {
      scheduler.core.setAffinity(CoreSet(core1), of: thread, in: records)
    }
    #expect(scheduler.readyCount == 0)
    var sent: [ThreadIdentifier] = []
    func drain() {
      while let thread = scheduler.core.emigrant {
        scheduler.core.release(emigrant: thread, to: core1, in: records)
        #expect(records[thread].state == .migrating)
        sent.append(thread)
      }
    }
    drain()
    #expect(sent == [ready])
    #expect(scheduler.stop(.preempted, at: 4) == .migrating)
    drain()
    _ = scheduler.core.wakeSleepers(at: 50, in: records)
    drain()
    #expect(sent == [ready, running, sleeping])
    #expect(scheduler.wake(ready, at: 60) == .elsewhere(core1))
  }

  @Test("threads end wherever they wait; what is not here is not touched")
  func end() {
    let ready = records.make(1)
    let sleeping = records.make(2)
    let blocked = records.make(3)
    let foreign = records.make(4)
    scheduler.admit(sleeping)
    scheduler.schedule(at: 0)
    scheduler.stop(.sleeps(untilNanoseconds: 50), at: 0)
    scheduler.admit(blocked)
    scheduler.schedule(at: 0)
    scheduler.stop(.blocks, at: 0)
    scheduler.admit(ready)
    for thread in [ready, sleeping, blocked] {
      #expect(scheduler.end(thread) == .ended)
    }
    #expect(scheduler.end(foreign) == .migrating)
    #expect(records[foreign].state == .created)
    #expect(scheduler.schedule(at: 100) == .idle(deadlineNanoseconds: nil))
    let running = records.make(5)
    scheduler.admit(running)
    scheduler.schedule(at: 100)
    #expect(scheduler.end(running) == .running)
    #expect(scheduler.stop(.ends, at: 101) == .ended)
  }

  @Test("a full table fits in one core's queues: nothing overflows")
  func everythingFits() {
    for number in 0..<SchedulingLimits.threads { scheduler.admit(records.make(number)) }
    #expect(scheduler.readyCount == SchedulingLimits.threads)
    for _ in 0..<SchedulingLimits.threads {
      scheduler.schedule(at: 0)
      #expect(scheduler.stop(.sleeps(untilNanoseconds: 7), at: 0) == .sleeping)
    }
    #expect(scheduler.sleepingCount == SchedulingLimits.threads)
    #expect(scheduler.schedule(at: 0) == .idle(deadlineNanoseconds: 7))
    _ = scheduler.core.wakeSleepers(at: 7, in: records)
    #expect(scheduler.readyCount == SchedulingLimits.threads)
  }
}
