// A hand-made path through a world: every step is checked like the explorer's own.

import Interface
import Model
import Testing

@testable import Explorer

struct Script {
  var world: World

  init(
    cores: Int = 1, _ processes: ProcessPlan..., maximum: UInt8 = 100
  ) throws(Fault) {
    world = try World(
      Scenario(
        "script", cores: cores, processes: processes,
        budget: Budget(
          stallLimits: maximum, interrupts: maximum, preemptions: maximum, evictions: maximum,
          kills: maximum)))
  }

  mutating func perform(_ action: Action) throws(Fault) { try world.perform(action) }

  mutating func step(_ core: Int) throws(Fault) {
    if world.cores[core].isStalled { throw Fault(.liveness, "core \(core) waits") }
    try perform(.step(core: core))
    if world.nic.hasUnseenState(core) { try perform(.fetchState(core: core)) }
  }

  /// The core goes on until it waits at a held load or `isThere`.
  mutating func run(_ core: Int = 0, until isThere: (World) -> Bool = { _ in false }) throws(Fault)
  {
    for _ in 0..<200 {
      if world.cores[core].isStalled || isThere(world) { return }
      try step(core)
    }
    throw Fault(.liveness, "core \(core) does not come to where the script wants it")
  }

  /// Every core in turn until all wait.
  mutating func runAll() throws(Fault) {
    for _ in 0..<20 {
      for core in world.cores.indices { try run(core) }
      if world.cores.allSatisfy(\.isStalled) { return }
    }
    throw Fault(.liveness, "the cores do not come to rest")
  }

  mutating func runToHandler(_ core: Int = 0) throws(Fault) {
    try run(core) { $0.isInHandler(core) }
    guard world.isInHandler(core) else {
      throw Fault(.liveness, "core \(core) waits and has no call")
    }
  }

  /// Two calls of process 1, so that both its workers have a core and wait for more.
  mutating func occupyBothCores() throws(Fault) {
    try arrive()
    try arrive()
    try runToHandler(0)
    try runToHandler(1)
    try runAll()
  }

  mutating func arrive(_ process: Int = 1) throws(Fault) { try perform(.arrive(process: process)) }

  mutating func finish() throws(Fault) {
    while let process = world.scenario.processes.indices.first(where: {
      world.nextCall(of: $0 + 1) != nil
    }) {
      try arrive(process + 1)
    }
    try perform(.settle)
    guard world.isFinished else { throw Fault(.liveness, "calls did not end") }
    try world.checkCounters()
  }

  func count(_ counter: NICCounter) -> UInt64 { world.nic.count(of: counter) }
  func answered(_ call: Int) -> Bool { world.calls[call] == .answered }
  func thread(on core: Int) -> Int? { world.cores[core].runningThread }
}

extension World {
  func isInHandler(_ core: Int) -> Bool {
    guard let thread = cores[core].runningThread else { return false }
    if case .handler = threads[thread].place { return true }
    return false
  }
}
