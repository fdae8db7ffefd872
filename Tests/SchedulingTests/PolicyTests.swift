// The three dispatch policies, decision by decision.

import Interface
import Randomness
import Scheduling
import Testing

@Suite("Dispatch policies")
struct PolicyTests {
  static let names = ["first-come", "weighted-fair", "static-partition"]

  private func named(_ name: String) -> SelectedPolicy? {
    SelectedPolicy(where: { "\($0)" == name })
  }

  @Test("a boot argument selects by name; another name selects nothing", arguments: names)
  func selection(name: String) {
    #expect((named(name)?.name).map { "\($0)" } == name)
    #expect(named(name + "x") == nil)
    #expect(named("") == nil)
  }

  @Test("interface §11: the steps come in their order", arguments: names)
  func order(name: String) throws {
    let policy = try #require(named(name))
    let process = ProcessView(process: ProcessIdentifier(1), runningCores: 1, queueLimit: 8)
    var cores = CoreView()
    cores.ownWaiting = CoreSet(mask: 0b1000)
    cores.kernelWaiting = CoreSet(mask: 0b0110)
    cores.reclaimable = CoreSet(mask: 0b1_0000)
    cores.interruptible = CoreSet(mask: 0b10_0000)
    #expect(policy.choose(for: process, among: cores) == .deliver(CoreIdentifier(3)))
    cores.ownWaiting = .none
    #expect(policy.choose(for: process, among: cores) == .offer(CoreIdentifier(1)))
    cores.kernelWaiting = .none
    #expect(policy.choose(for: process, among: cores) == .reclaim(CoreIdentifier(4)))
    cores.reclaimable = .none
    #expect(policy.choose(for: process, among: cores) == .interrupt(CoreIdentifier(5)))
    cores.interruptible = .none
    #expect(policy.choose(for: process, among: cores) == .queue)
    var full = process
    full.queuedCalls = 8
    #expect(policy.choose(for: full, among: cores) == .reject)
    var late = process
    late.waitLimitNanoseconds = 1_000
    late.expectedWaitNanoseconds = 1_000
    #expect(policy.choose(for: late, among: cores) == .queue)
    late.expectedWaitNanoseconds = 1_001
    #expect(policy.choose(for: late, among: cores) == .reject)
  }

  @Test("R14: a process at its maximum gets no further core, and none idles that it may use")
  func maximumAndConservation() throws {
    var random = SplitMix(seed: 14)
    for name in Self.names {
      let policy = try #require(named(name))
      for _ in 0..<2_000 {
        var process = ProcessView(process: ProcessIdentifier(1), maximumCores: 4, queueLimit: 4)
        process.runningCores = Int.random(in: 0...4, using: &random)
        process.queuedCalls = Int.random(in: 0...4, using: &random)
        var cores = CoreView()
        cores.ownWaiting = set(&random)
        cores.kernelWaiting = set(&random)
        cores.reclaimable = set(&random)
        cores.interruptible = set(&random)
        cores.overdue = set(&random)
        let choice = policy.choose(for: process, among: cores)
        let isMore: Bool
        switch choice {
        case .deliver, .queue, .reject: isMore = false
        case .offer, .reclaim, .interrupt, .preempt: isMore = true
        }
        if process.runningCores == 4 { #expect(!isMore, "\(name)") }
        if !cores.ownWaiting.isEmpty || process.runningCores < 4 && !cores.kernelWaiting.isEmpty {
          #expect(choice != .queue && choice != .reject, "\(name)")
        }
      }
    }
  }

  private func set(_ random: inout SplitMix) -> CoreSet {
    random.chance(1, in: 2) ? .none : CoreSet(mask: random.next())
  }

  @Test("only weighted fair takes a core from a handler")
  func preemption() throws {
    let process = ProcessView(process: ProcessIdentifier(1))
    var cores = CoreView()
    cores.overdue = CoreSet(core1)
    for name in Self.names {
      let policy = try #require(named(name))
      let isFair = name == "weighted-fair"
      #expect(
        policy.choose(for: process, among: cores) == (isFair ? .preempt(core1) : .queue))
      #expect((policy.quantumNanoseconds(.standard) != nil) == isFair)
      #expect((policy.kernelRules.workerQuantumNanoseconds != nil) == isFair)
      #expect((policy.kernelRules.workerOrder == .weightedFair) == isFair)
    }
  }

  @Test("whose turn it is: a strict order, by arrival or by what was used", arguments: names)
  func precedence(name: String) throws {
    let policy = try #require(named(name))
    var random = SplitMix(seed: 5)
    let views = (0..<30).map { index in
      ProcessView(
        process: ProcessIdentifier(UInt16(index)),
        oldestArrivalNanoseconds: UInt64.random(in: 0...5, using: &random),
        virtualNanoseconds: UInt64.random(in: 0...5, using: &random))
    }
    for first in views {
      for second in views {
        let isBefore = policy.precedes(first, second)
        if first == second {
          #expect(!isBefore)
        } else {
          #expect(isBefore != policy.precedes(second, first))
        }
        let byArrival = first.oldestArrivalNanoseconds < second.oldestArrivalNanoseconds
        let byUse = first.virtualNanoseconds < second.virtualNanoseconds
        if name == "weighted-fair" ? byUse : byArrival { #expect(isBefore) }
      }
    }
  }

  @Test("partitions are disjoint, cover the cores, and nobody has none")
  func partitions() throws {
    let cores = CoreSet(mask: 0xffff_ffff_f0f0)
    for count in 1...100 {
      var covered = CoreSet.none
      var sum = 0
      for place in 0..<count {
        let part = StaticPartition().partition(place: place, count: count, cores: cores)
        #expect(!part.isEmpty && part.subtracting(cores).isEmpty, "\(place) of \(count)")
        covered = covered.union(part)
        sum += part.count
        #expect(FirstCome().partition(place: place, count: count, cores: cores) == cores)
      }
      if count <= cores.count {
        #expect(sum == cores.count && covered == cores, "\(count)")
      }
    }
  }
}
