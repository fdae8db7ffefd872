// Cores follow the load, and stay where they are when it does not move.

import Randomness
import Scheduling
import Testing

@Suite("Core allocation")
struct CoreAllocationTests {
  /// Samples every 50 µs.
  private func run(
    _ allocation: inout CoreAllocation, from start: UInt64, for duration: UInt64,
    generalWaiting: Int = 8, demand: (UInt64) -> Int
  ) -> (moves: Int, lastMove: UInt64?) {
    var moves = 0
    var last: UInt64?
    var now = start
    while now < start + duration {
      let wanted = demand(now)
      let busy = min(wanted, allocation.rpcCores)
      let before = allocation.rpcCores
      let change = allocation.update(
        LoadSample(
          nowNanoseconds: now, busyCores: busy, callsWaiting: wanted - busy,
          generalWaiting: generalWaiting))
      switch change {
      case .keep: #expect(allocation.rpcCores == before)
      case .hire(let count): #expect(allocation.rpcCores == before + count && count > 0)
      case .retire(let count): #expect(allocation.rpcCores == before - count && count > 0)
      }
      if change != .keep {
        moves += 1
        last = now
      }
      #expect(allocation.rpcCores >= allocation.settings.minimumCores)
      #expect(allocation.rpcCores <= allocation.settings.maximumCores)
      now += 50 * .microsecond
    }
    return (moves, last)
  }

  private var settings: CoreAllocation.Settings {
    CoreAllocation.Settings(minimumCores: 1, maximumCores: 16)
  }

  @Test("load that jumps gets its cores within 1 ms, and gives them back after it has gone")
  func follows() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 1)
    let up = run(&allocation, from: 0, for: .millisecond) { _ in 12 }
    #expect(allocation.rpcCores == 12)
    #expect(up.moves == 1)
    #expect(up.lastMove ?? .max <= 150 * .microsecond)
    _ = run(&allocation, from: .millisecond, for: 100 * .millisecond) { _ in 2 }
    // What is wanted, and the spare one.
    #expect(allocation.rpcCores == 3)
  }

  @Test("after a pause a core goes no sooner than after a whole window")
  func pause() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 8)
    _ = run(&allocation, from: 0, for: 5 * .millisecond) { _ in 1 }
    let start: UInt64 = .second
    allocation.beginSamples()
    let window = allocation.windowNanoseconds
    let early = run(&allocation, from: start, for: window) { _ in 1 }
    #expect(early.moves == 0)
    let late = run(&allocation, from: start + window, for: window) { _ in 1 }
    #expect(late.moves == 1)
  }

  @Test("a load that stays moves no core after the first window", arguments: 0...16)
  func constant(demand: Int) {
    var allocation = CoreAllocation(settings: settings, rpcCores: 8)
    _ = run(&allocation, from: 0, for: 50 * .millisecond) { _ in demand }
    let later = run(&allocation, from: 50 * .millisecond, for: .second) { _ in demand }
    #expect(later.moves == 0)
  }

  @Test("a random load around a mean: moves become rare", arguments: 1...10)
  func steady(seed: Int) {
    var random = SplitMix(seed: seed)
    var allocation = CoreAllocation(settings: settings, rpcCores: 8)
    let mean = 2 + seed % 8
    // A sum of coin tosses: binomial, which the peaks of many windows differ by.
    let demand: (UInt64) -> Int = { _ in
      random.next().nonzeroBitCount * mean / 32
    }
    let first = run(&allocation, from: 0, for: .second, demand: demand)
    let later = run(&allocation, from: .second, for: 2 * .second, demand: demand)
    #expect(later.moves <= 10, "seed \(seed): \(first.moves), then \(later.moves) in 2 s")
  }

  @Test("a load that alternates as slowly as the window is not followed for ever")
  func alternating() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 8)
    let period = 25 * UInt64.millisecond
    let demand: (UInt64) -> Int = { ($0 / period).isMultiple(of: 2) ? 12 : 2 }
    _ = run(&allocation, from: 0, for: .second, demand: demand)
    let later = run(&allocation, from: .second, for: 2 * .second, demand: demand)
    // 80 changes of load; following each would be 80 moves.
    #expect(later.moves <= 16, "\(later.moves)")
  }

  @Test("nobody else wants the cores: they stay, since waiting costs nothing")
  func unwanted() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 16)
    let result = run(&allocation, from: 0, for: .second, generalWaiting: 0) { _ in 0 }
    #expect(result.moves == 0)
    _ = run(&allocation, from: .second, for: 100 * .millisecond, generalWaiting: 3) { _ in 0 }
    #expect(allocation.rpcCores == 2)
  }

  @Test("cores that come back by themselves count as hired: the window doubles")
  func returned() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 16)
    var now: UInt64 = 0
    while allocation.rpcCores == 16 {
      now += 100 * .microsecond
      _ = allocation.update(
        LoadSample(nowNanoseconds: now, busyCores: 0, callsWaiting: 0, generalWaiting: 3))
    }
    #expect(allocation.rpcCores == 13)
    let window = allocation.windowNanoseconds
    allocation.noteReturn(of: 2, at: now + .millisecond)
    #expect(allocation.rpcCores == 15)
    #expect(allocation.windowNanoseconds == 2 * window)
    allocation.noteReturn(of: 0, at: now + 2 * .millisecond)
    #expect(allocation.rpcCores == 15)
    allocation.noteReturn(of: 100, at: now + 3 * .millisecond)
    #expect(allocation.rpcCores == allocation.settings.maximumCores)
  }

  @Test("a burst shorter than the hiring delay hires nobody")
  func shortBurst() {
    var allocation = CoreAllocation(settings: settings, rpcCores: 4)
    let result = run(&allocation, from: 0, for: 9 * .millisecond) {
      $0 % .millisecond < 100 * .microsecond ? 10 : 4
    }
    #expect(result.moves == 0)
  }
}
