// Restarts and stuck calls: decisions over time.

import Scheduling
import Testing

@Suite("Life of a process")
struct LifecycleTests {
  @Test("waits double up to the longest, then the process stays ended")
  func backOff() {
    var history = RestartHistory()
    var now: UInt64 = 5
    var delays: [UInt64] = []
    history.noteStart(nowNanoseconds: now)
    while let start = history.nextStart(nowNanoseconds: now) {
      delays.append(start - now)
      now = start
      history.noteStart(nowNanoseconds: now)
    }
    #expect(delays.count == Int(RestartHistory.limit))
    #expect(delays.first == RestartHistory.firstDelayNanoseconds)
    for (earlier, later) in zip(delays, delays.dropFirst()) {
      #expect(later == min(2 * earlier, RestartHistory.longestDelayNanoseconds))
    }
    #expect(delays.last == RestartHistory.longestDelayNanoseconds)
    #expect(history.starts == UInt32(RestartHistory.limit) + 1)
  }

  @Test("who ran for a while begins anew")
  func stableProcess() {
    var history = RestartHistory()
    var now: UInt64 = 0
    for _ in 0..<1_000 {
      history.noteStart(nowNanoseconds: now)
      now += RestartHistory.stableNanoseconds
      let start = history.nextStart(nowNanoseconds: now)
      #expect(start == now + RestartHistory.firstDelayNanoseconds)
      now = start ?? now
    }
  }

  @Test("one call for many periods is stuck, many calls are not")
  func watch() {
    var busy = CallWatch()
    for tag in 1...100 as ClosedRange<UInt64> {
      busy.notePeriod()
      let isStuck = busy.noteResume(tag: tag)
      #expect(!isStuck)
    }
    var stuck = CallWatch()
    var periods = 0
    repeat {
      stuck.notePeriod()
      periods += 1
    } while !stuck.noteResume(tag: 7)
    #expect(periods == Int(CallWatch.limit))
  }

  @Test("a call that was preempted for others before has no less time")
  func preemptedBefore() {
    for preemptions in 1...3 {
      var watch = CallWatch()
      var periods = 0
      var isStuck = false
      while !isStuck {
        // The first one comes before any period: the tag is known then.
        for _ in 0..<preemptions {
          isStuck = watch.noteResume(tag: 7)
          #expect(!isStuck)
        }
        watch.notePeriod()
        periods += 1
        isStuck = watch.noteResume(tag: 7)
      }
      #expect(periods == Int(CallWatch.limit))
    }
  }

  @Test("a period without a call is not the next call's")
  func periodsWithoutCalls() {
    var watch = CallWatch()
    watch.notePeriod()
    watch.noteCall()
    var periods = 0
    while !watch.noteResume(tag: 7) {
      watch.notePeriod()
      periods += 1
    }
    #expect(periods == Int(CallWatch.limit))
  }

  @Test("resuming a call that was not running is no sign of being stuck")
  func resumesWithoutPeriods() {
    var watch = CallWatch()
    for _ in 0..<1_000 {
      let isStuck = watch.noteResume(tag: 7)
      #expect(!isStuck)
    }
  }

  @Test("who pretends to wait at one line is believed for a few rounds, then killed like any other")
  func pretender() {
    var watch = CallWatch()
    var rounds = 0
    var isStuck = false
    while !isStuck, rounds < 100 {
      rounds += 1
      let isBelieved = watch.noteWaiting(at: 0x80)
      if isBelieved { continue }
      watch.notePeriod()
      isStuck = watch.noteResume(tag: 7)
    }
    #expect(isStuck)
    #expect(rounds <= Int(CallWatch.sameLineLimit + CallWatch.limit) + 2)
  }

  @Test("who waits, and changes lines, is believed for ever")
  func honestWaiter() {
    var watch = CallWatch()
    for round in 0..<1_000 as Range<UInt64> {
      let isBelieved = watch.noteWaiting(at: round % 3 == 0 ? 0x80 : 0)
      #expect(isBelieved)
    }
  }
}
