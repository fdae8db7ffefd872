// RCU: a reader is never freed under, and every grace period ends.

import Interface
import Randomness
import Scheduling
import Testing

/// Cores that read a table while one unlinks and frees, with stores that become visible late.
///
/// A store to a core's own word stays in its store buffer for a while, as ARM allows (ARM ARM
/// B2.3); a barrier empties the buffer. Each step is one access, so all orders occur.
private struct ReaderMachine {
  struct Reader {
    var states = QuiescentStates()
    /// The version that the core holds a reference to.
    var held: Int?
    var buffered: QuiescentReport?
    var isExtended = true
  }

  var random: SplitMix
  let hasBarrier: Bool
  var readers: [Reader]
  var visible: [QuiescentReport]
  var epoch = Epoch.first
  var version = 0
  var freed: Set<Int> = []
  var deferred = DeferredBox()
  var usedAfterFree = 0
  var freedCount: Int { freed.count }

  final class DeferredBox { var list = DeferredFrees<Int>() }

  init(seed: Int, cores: Int, hasBarrier: Bool = true) {
    random = SplitMix(seed: seed)
    self.hasBarrier = hasBarrier
    readers = [Reader](repeating: Reader(), count: cores)
    visible = [QuiescentReport](repeating: .offline, count: cores)
  }

  mutating func drain(_ core: Int) {
    if let report = readers[core].buffered { visible[core] = report }
    readers[core].buffered = nil
  }

  mutating func store(_ report: QuiescentReport?, _ core: Int) {
    // A later store to the same word cannot overtake an earlier one.
    guard let report else { return }
    drain(core)
    readers[core].buffered = report
  }

  mutating func step() {
    let core = Int.random(in: 0..<readers.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: drain(core)
    case 1...3: read(core)
    case 4, 5: rest(core)
    default: update()
    }
  }

  private mutating func read(_ core: Int) {
    if readers[core].isExtended {
      store(readers[core].states.leaveExtended(), core)
      if hasBarrier { drain(core) }
      readers[core].isExtended = false
      readers[core].held = version
    } else if let held = readers[core].held {
      if freed.contains(held) { usedAfterFree += 1 }
      if random.chance(1, in: 3) { readers[core].held = nil }
    } else {
      readers[core].held = version
    }
  }

  private mutating func rest(_ core: Int) {
    guard readers[core].held == nil else { return }
    if random.chance(1, in: 2) {
      // In an extended state this stays without effect: leaving it takes the barrier.
      store(readers[core].states.pass(epoch), core)
    } else {
      store(readers[core].states.enterExtended(), core)
      readers[core].isExtended = true
    }
  }

  private mutating func update() {
    if random.chance(1, in: 2), deferred.list.append(version) { version += 1 }
    housekeep()
  }

  mutating func housekeep() {
    if deferred.list.wantsGracePeriod {
      epoch = Epoch(epoch.number + 1)
      deferred.list.begin(
        GracePeriod(epoch: epoch, cores: CoreSet(first: readers.count), at: 0))
    }
    deferred.list.poll { visible[$0.index] }
    while let item = deferred.list.takeFree() { freed.insert(item) }
  }

  /// Every core passes one quiescent state.
  mutating func passAll() {
    for core in readers.indices {
      readers[core].held = nil
      store(readers[core].states.pass(epoch), core)
      drain(core)
    }
  }
}

@Suite("RCU")
struct QuiescenceTests {
  @Test("a reader is never freed under", arguments: 1...20)
  func noUseAfterFree(seed: Int) {
    var machine = ReaderMachine(seed: seed, cores: 2 + seed % 5)
    for _ in 0..<20_000 { machine.step() }
    #expect(machine.usedAfterFree == 0, "seed \(seed)")
    #expect(machine.freedCount > 100, "seed \(seed)")
  }

  @Test(
    "the barrier after leaving an extended state is needed: without it, readers are freed under")
  func barrierMatters() {
    var found = 0
    for seed in 1...20 {
      var machine = ReaderMachine(seed: seed, cores: 3, hasBarrier: false)
      for _ in 0..<20_000 { machine.step() }
      found += machine.usedAfterFree
    }
    #expect(found > 0)
  }

  @Test("every grace period ends when all cores have passed once", arguments: 1...10)
  func everyPeriodEnds(seed: Int) {
    var machine = ReaderMachine(seed: seed, cores: 48)
    for _ in 0..<500 { machine.step() }
    // One round for the batch that waits, one for the one that gathers.
    for _ in 0..<2 {
      machine.housekeep()
      machine.passAll()
      machine.housekeep()
    }
    #expect(machine.deferred.list.count == 0, "seed \(seed)")
    #expect(machine.freedCount == machine.version, "seed \(seed): each once")
  }

  @Test("cores that never run again delay nobody while extended; one that stays, delays all")
  func laggards() {
    var busy = QuiescentStates()
    _ = busy.leaveExtended()
    var period = GracePeriod(epoch: Epoch(5), cores: CoreSet(first: 4), at: 100)
    let look: (CoreIdentifier) -> QuiescentReport = { $0.index == 2 ? busy.latest : .offline }
    let atFirst = period.look(look)
    #expect(!atFirst)
    #expect(period.laggards == CoreSet(CoreIdentifier(2)))
    #expect(period.overdue(at: 99 + GracePeriod.patienceNanoseconds).isEmpty)
    #expect(period.overdue(at: 100 + GracePeriod.patienceNanoseconds) == period.laggards)
    _ = busy.pass(Epoch(4))
    let early = period.look { _ in busy.latest }
    #expect(!early)
    _ = busy.pass(Epoch(5))
    let over = period.look { _ in busy.latest }
    #expect(over)
  }

  @Test("a grace period is noticed within 30 ms when stays and housekeeping take up to 15 ms")
  func thirtyMilliseconds() {
    var random = SplitMix(seed: 3)
    for _ in 0..<200 {
      var period = GracePeriod(epoch: Epoch(2), cores: CoreSet(first: 48), at: 0)
      let passes = (0..<48).map { _ in UInt64.random(in: 1...15_000_000, using: &random) }
      var now: UInt64 = 0
      while !period.isOver {
        now += UInt64.random(in: 1...15_000_000, using: &random)
        _ = period.look {
          QuiescentReport(word: passes[$0.index] <= now ? Epoch(2).number << 1 : 2)
        }
      }
      #expect(now <= 30_000_000)
    }
  }

  @Test("a full list says so, keeps everything, and takes more after a grace period")
  func bounded() {
    let box = ReaderMachine.DeferredBox()
    for item in 0..<DeferredFrees<Int>.capacity {
      let accepted = box.list.append(item)
      #expect(accepted)
    }
    let overflow = box.list.append(99)
    #expect(!overflow)
    box.list.begin(GracePeriod(epoch: Epoch(2), cores: CoreSet(core0), at: 0))
    let early = box.list.takeFree()
    #expect(early == nil)
    box.list.poll { _ in .offline }
    for item in 0..<DeferredFrees<Int>.capacity {
      let free = box.list.takeFree()
      #expect(free == item)
    }
    let again = box.list.append(100)
    #expect(again)
  }

  @Test("reports survive their encoding; unchanged ones are not stored again")
  func reports() {
    var states = QuiescentStates()
    let whileExtended = states.pass(Epoch(7))
    #expect(whileExtended == nil)
    _ = states.leaveExtended()
    let first = states.pass(Epoch(7))
    #expect(first.map { QuiescentReport(word: $0.word) } == states.latest)
    let same = states.pass(Epoch(7))
    #expect(same == nil)
    let extended = states.enterExtended()
    #expect(extended?.word == 7 << 1 | 1)
    let left = states.leaveExtended()
    #expect(left?.word == 7 << 1)
  }
}
