// Ends and starts of a process, in every order in which cores may come to them.

import Scheduling
import Testing

@Suite("Lives of a process")
struct ProcessLifeTests {
  /// What the core that has the tables at the moment does, for some milliseconds.
  enum Event: CaseIterable {
    case kill, exit, stop, round, failingRound
  }

  /// The process as its killers and a supervisor's rounds see it, and what should become of it.
  struct Process {
    static let eventNanoseconds: UInt64 = 4_000_000
    var life = ProcessLife()
    var now: UInt64 = 0
    var isGone = false
    /// When it should run again at the earliest; nil: it runs, or never again.
    var dueNanoseconds: UInt64?
    var shallRunAgain = true
    var starts: UInt32 = 1

    init() { life.begin(atNanoseconds: now) }

    mutating func happens(_ event: Event) {
      now += Self.eventNanoseconds
      guard !isGone else { return }
      switch event {
      case .kill: end(restarts: true)
      case .exit: end(restarts: false)
      case .stop:
        let ran = life.runs
        let isNews = life.stop()
        #expect(isNews || !ran)
        #expect(!life.runs)
        shallRunAgain = false
        dueNanoseconds = nil
      case .round: round(isStartable: true)
      case .failingRound: round(isStartable: false)
      }
    }

    private mutating func end(restarts: Bool) {
      let ran = life.runs
      guard let next = life.end(restarts: restarts, atNanoseconds: now) else {
        #expect(!ran)
        return
      }
      #expect(ran)
      if case .starts(let time) = next { dueNanoseconds = time }
      #expect((dueNanoseconds != nil) == restarts)
      shallRunAgain = restarts
    }

    /// As `Supervisor` does all that can be done: every core has let go, no reader is left.
    private mutating func round(isStartable: Bool) {
      if life.step(at: now) == .endThreads { life.unlink() }
      if life.step(at: now) == .awaitReaders { life.free() }
      switch life.step(at: now) {
      case .none: #expect(dueNanoseconds == nil)
      case .wait(let time):
        #expect(time == dueNanoseconds)
        #expect(time > now)
      case .start:
        #expect(shallRunAgain)
        #expect(dueNanoseconds.map { $0 <= now } ?? false)
        if isStartable {
          life.begin(atNanoseconds: now)
          dueNanoseconds = nil
          starts += 1
        } else {
          life.noteFailedStart(atNanoseconds: now)
          guard case .wait(let time) = life.step(at: now) else {
            Issue.record("a failed start is the last")
            return
          }
          dueNanoseconds = time
        }
      case .remove:
        #expect(!shallRunAgain, "a process that shall start again is gone")
        isGone = true
      case .endThreads, .awaitReaders: Issue.record("nothing was left to do")
      }
      #expect(life.starts == starts)
    }
  }

  /// The end and its consequence are one step: a round right behind it, on whatever core, finds a
  /// process that waits for its start and not one that never runs again.
  @Test("a killed process starts again, whoever comes in between")
  func everyOrder() {
    var paths = 0
    var restarts = 0
    func explore(_ process: Process, depth: Int) {
      paths += 1
      if process.starts > 1 { restarts += 1 }
      guard depth > 0 else { return }
      for event in Event.allCases {
        var next = process
        next.happens(event)
        explore(next, depth: depth - 1)
      }
    }
    explore(Process(), depth: 7)
    #expect(paths > 90_000)
    #expect(restarts > 1_000)
  }

  @Test("one end of many counts")
  func secondEnd() {
    var life = ProcessLife()
    life.begin(atNanoseconds: 0)
    #expect(life.end(restarts: true, atNanoseconds: 1) != nil)
    #expect(life.end(restarts: false, atNanoseconds: 2) == nil)
    #expect(life.step(at: 3) == .endThreads)
    life.unlink()
    #expect(life.step(at: 3) == .awaitReaders)
    life.free()
    let start = 1 + RestartHistory.firstDelayNanoseconds
    #expect(life.step(at: start - 1) == .wait(untilNanoseconds: start))
    #expect(life.step(at: start) == .start)
  }

  @Test("a process that ends again and again stays ended, and says so")
  func tooManyEnds() {
    var life = ProcessLife()
    var now: UInt64 = 0
    var ends = 0
    while true {
      life.begin(atNanoseconds: now)
      ends += 1
      let next = life.end(restarts: true, atNanoseconds: now)
      life.unlink()
      life.free()
      guard case .starts(let time) = next else {
        #expect(next == .tooManyEnds)
        break
      }
      now = time
    }
    #expect(ends == Int(RestartHistory.limit) + 1)
    #expect(life.step(at: .max) == .remove)
  }
}
