// Who gives what to whom.

import Interface
import Randomness
import Scheduling
import Testing

private struct Loads: CoreLoads {
  var ready: [Int]
  func readyGeneral(on core: CoreIdentifier) -> Int { ready[core.index] }
}

@Suite("Stealing")
struct StealingTests {
  @Test("a thief asks the busiest core, then the next after a refusal, then nobody")
  func victims() {
    let loads = Loads(ready: [0, 3, 7, 1])
    var thief = Stealing(core: core0)
    func next() -> Int? {
      (thief.nextVictim(ready: 0, among: CoreSet(first: 4), loads: loads)?.index)
    }
    #expect(next() == 2)
    #expect(next() == nil, "one request at a time")
    thief.noteRefusal(by: core1)
    #expect(next() == nil, "not the one that was asked")
    thief.noteRefusal(by: CoreIdentifier(2))
    #expect(next() == 1)
    thief.noteRefusal(by: core1)
    #expect(next() == 3)
    thief.noteRefusal(by: CoreIdentifier(3))
    #expect(next() == nil, "the end of a round")
    #expect(next() == 2, "a new round")
    thief.noteArrival()
    #expect(next() == 2)
  }

  @Test("a busy core asks only where two more are ready: moving one must help")
  func balance() {
    for (own, others, asks) in [(1, 2, false), (1, 3, true), (0, 1, true), (5, 6, false)] {
      var thief = Stealing(core: core0)
      let victim = thief.nextVictim(
        ready: own, among: CoreSet(first: 2), loads: Loads(ready: [own, others]))
      #expect((victim != nil) == asks, "\(own) and \(others)")
    }
  }

  @Test("what is given may run there, runs last here, and is one thread less", arguments: 1...10)
  func giving(seed: Int) {
    var random = SplitMix(seed: seed)
    let core = TestCore()
    var movable: Set<Int> = []
    for index in 0..<12 {
      let isMovable = random.chance(1, in: 2)
      if isMovable { movable.insert(index) }
      core.admit(core.records.make(index, affinity: isMovable ? .all : CoreSet(core0)))
    }
    var given: Set<Int> = []
    while let thread = core.give(to: core1) {
      given.insert(thread.index)
      #expect(core.records[thread].state == .migrating)
      #expect(core.readyCount == 12 - given.count)
    }
    #expect(given == movable, "seed \(seed)")
  }

  @Test("a thief's request costs a bounded look, whatever the number of pinned threads")
  func boundedScan() {
    let core = TestCore()
    for index in 0..<500 { core.admit(core.records.make(index, affinity: CoreSet(core0))) }
    let before = core.records.accesses
    #expect(core.give(to: core1) == nil)
    #expect(core.records.accesses - before <= 40)
  }

  @Test("workers are not stolen: the NIC decides where they run")
  func workersStay() {
    let core = TestCore()
    core.admit(core.records.make(1, kind: .rpcWorker))
    #expect(core.give(to: core1) == nil)
  }

  @Test("a debt goes along: who overran is not ahead on the next core")
  func debtMoves() {
    let records = RecordTable()
    let from = TestCore(records: records)
    let to = TestCore(records: records, core: core1)
    let slice = Weight.standardSliceNanoseconds
    let hog = records.make(0)
    from.admit(hog)
    from.admit(records.make(1, affinity: CoreSet(core0)))
    from.schedule(at: 0)
    from.stop(.preempted, at: 4 * slice)
    #expect(from.give(to: core1) == hog)
    let local = records.make(2)
    to.admit(local)
    to.receive(hog)
    for turn in 0..<4 {
      let now = UInt64(turn) * slice
      #expect(to.schedule(at: now) == .run(local, deadlineNanoseconds: now + slice))
      to.stop(.preempted, at: now + slice)
    }
  }

  @Test("invitations follow progress only, and go round")
  func invitations() {
    let loads = Loads(ready: [3, 0, 0, 2])
    var invitations = Invitations(core: core0)
    func next(ready: Int, progress: Bool, waiting: CoreSet) -> Int? {
      invitations.next(
        ready: ready, hasProgressed: progress, waiting: waiting, cores: CoreSet(first: 4),
        loads: loads)?.index
    }
    let two = CoreSet(mask: 0b0110)
    #expect(next(ready: 0, progress: true, waiting: two) == nil)
    #expect(next(ready: 1, progress: false, waiting: two) == 1)
    #expect(next(ready: 1, progress: false, waiting: two) == nil, "nothing has changed")
    #expect(next(ready: 1, progress: true, waiting: two) == 2)
    #expect(next(ready: 2, progress: false, waiting: two) == 1)
    // Nobody waits: one with two fewer.
    #expect(next(ready: 3, progress: true, waiting: .none) == 2)
  }

  @Test("a thread is placed within its affinity, by kind and load")
  func placement() {
    let loads = Loads(ready: [5, 1, 3, 0])
    func place(_ kind: ThreadKind, _ affinity: UInt64) -> Int? {
      Placement.core(
        for: kind, affinity: CoreSet(mask: affinity), online: CoreSet(first: 4),
        generalDuty: CoreSet(mask: 0b0101), loads: loads)?.index
    }
    #expect(place(.user, 0b1111) == 2)
    #expect(place(.user, 0b1010) == 3)
    #expect(place(.rpcWorker, 0b1111) == 3)
    #expect(place(.rpcWorker, 0b0011) == 1)
    #expect(place(.rpcWorker, 0b0001) == 0)
    #expect(place(.user, 0xf0) == nil)
  }
}
