// A core that counts lives; one that does not is asked, and at last taken for stopped.

import Scheduling
import Testing

@Suite struct CoreWatchTests {
  @Test func aCoreThatCountsIsAlive() {
    var watch = CoreWatch()
    for activity: UInt64 in 1...1000 { #expect(watch.judge(activity: activity) == .alive) }
  }

  @Test func aCoreThatAnswersOnceInAWhileIsAlive() {
    var watch = CoreWatch()
    for activity: UInt64 in 1...100 {
      #expect(watch.judge(activity: activity) == .alive)
      for _ in 0..<CoreWatch.limit { #expect(watch.judge(activity: activity) == .ask) }
    }
  }

  @Test func aSilentCoreHasStoppedAfterTheLimit() {
    var watch = CoreWatch()
    #expect(watch.judge(activity: 7) == .alive)
    for _ in 0..<CoreWatch.limit { #expect(watch.judge(activity: 7) == .ask) }
    #expect(watch.judge(activity: 7) == .stopped)
    #expect(watch.silentRounds == CoreWatch.limit)
    // It was not dead after all.
    #expect(watch.judge(activity: 8) == .alive)
  }
}
