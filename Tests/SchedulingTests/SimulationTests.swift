// Many cores at once: properties of the whole, driven by generated events.

import Interface
import Scheduling
import Testing

@Suite("Simulation")
struct SimulationTests {
  /// Runs a machine until all its threads have ended or parked, and checks its books.
  private func check(_ machine: Machine, seed: Int) throws {
    try machine.run()
    // What still waits was not woken; wake it, so that everything ends.
    for round in 0..<10 {
      for index in 0..<machine.threadCount {
        let thread = ThreadIdentifier(UInt16(index))
        let known = machine.threads[index]
        let state = machine.records[thread].state
        if known.isWaiting {
          #expect(!known.isWakeSent, "wake-up of \(index) lost, seed \(seed) round \(round)")
          #expect(state == .blocked, "\(index) is \(state), seed \(seed)")
        }
        machine.send(wakeOf: thread)
      }
      try machine.run()
    }
    for index in 0..<machine.threadCount {
      let state = machine.records[ThreadIdentifier(UInt16(index))].state
      #expect(state == .ended || state == .parked, "\(index) is \(state), seed \(seed)")
    }
    for core in machine.cores {
      #expect(core.scheduler.readyCount == 0 && core.scheduler.sleepingCount == 0)
    }
    // Every nanosecond of every core is in somebody's account.
    let accounted = (0..<machine.threadCount).reduce(0) {
      $0 + machine.records[ThreadIdentifier(UInt16($1))].account.runNanoseconds
    }
    #expect(accounted == machine.cores.reduce(0) { $0 + $1.busy }, "seed \(seed)")
  }

  @Test(
    "48 cores, 300 threads: no lost wake-up, no thread on two cores, affinity kept, none lost",
    arguments: 1...4)
  func manyCores(seed: Int) throws {
    let machine = Machine(seed: seed, coreCount: 48, threadCount: 300, duration: 30 * .millisecond)
    for index in 0..<300 {
      let thread = machine.records.make(
        index, weight: UInt64.random(in: 64...16_384, using: &machine.random),
        affinity: machine.all)
      // All on a few cores: the others get them by stealing.
      try machine.admit(thread, on: CoreIdentifier(UInt16(index % 4)))
    }
    machine.events.add(.somebodyWakes, at: 0)
    machine.events.add(.somebodyChangesAffinity, at: 0)
    try check(machine, seed: seed)
    #expect(machine.steals > 20, "seed \(seed)")
    #expect(machine.forwards > 0, "seed \(seed): no wake-up met a thread on its way")
  }

  @Test("RPC workers and general threads on 8 cores, 3 of them on RPC duty", arguments: 1...6)
  func mixed(seed: Int) throws {
    let rules = seed.isMultiple(of: 2) ? KernelRules.firstCome : WeightedFair().kernelRules
    let machine = Machine(
      seed: seed, coreCount: 8, threadCount: 60, duration: 30 * .millisecond, rpcCores: 3,
      rules: rules)
    for index in 0..<60 {
      let kind: ThreadKind = index < 20 ? .rpcWorker : index < 30 ? .kernel : .user
      let thread = machine.records.make(index, kind: kind, affinity: machine.all)
      try machine.admit(thread, on: CoreIdentifier(UInt16(index % 8)))
    }
    machine.events.add(.somebodyWakes, at: 0)
    machine.events.add(.call, at: 0)
    try check(machine, seed: seed)
  }

  @Test("threads that compute spread over all cores: nobody idles while others wait")
  func workConservation() throws {
    let machine = Machine(seed: 1, coreCount: 16, threadCount: 64, duration: 0)
    for index in 0..<64 {
      let thread = machine.records.make(index, affinity: machine.all)
      try machine.admit(thread, on: core0)
    }
    for index in 0..<64 { machine.threads[index].burst = 20 * .millisecond }
    try machine.run()
    // 64 × 20 ms on 16 cores: 80 ms at best. What was put on a core before its burst was set
    // ends sooner.
    let busy = machine.cores.reduce(0) { $0 + $1.busy }
    #expect(machine.now < busy / 16 * 115 / 100, "\(machine.now) ns for \(busy) ns of work")
  }

  @Test("the same seed gives the same run")
  func deterministic() throws {
    func trace() throws -> [UInt64] {
      let machine = Machine(seed: 9, coreCount: 8, threadCount: 40, duration: 10 * .millisecond)
      for index in 0..<40 {
        let thread = machine.records.make(index, affinity: machine.all)
        try machine.admit(thread, on: core0)
      }
      machine.events.add(.somebodyWakes, at: 0)
      try machine.run()
      return [UInt64(machine.eventCount), machine.now] + machine.cores.map(\.busy)
    }
    #expect(try trace() == trace())
  }
}
