// How a simulated core reaches the NIC's lines: the loop's accesses, and the store buffer.

import Interface
import Model
import Scheduling

/// What became of the line access under way.
struct LineAccessState {
  var core = 0
  /// What the consumer puts into a line that it has answered; nil: nothing (the kernel).
  var mark: UInt64?
  var isHeld = false
  var fault: Fault?
}

/// The production loop loads and orders through the world itself. A held load ends the step; the
/// core executes it again when it is woken or interrupted.
extension World: LineAccess {
  mutating func loadHead(at address: UInt) -> LineHead {
    let nothing = LineHead(code: 0, data: 0, argument0: 0, argument1: 0)
    var words = InlineArray<4, UInt64>(repeating: 0)
    for word in 0..<4 {
      let answer = nic.load(
        access(lineAccess.core), offset: UInt64(address) + UInt64(word * 8), size: 8)
      note { (world) throws(Fault) in try world.takeOutputs() }
      guard case .value(let value) = answer else {
        lineAccess.isHeld = true
        return nothing
      }
      words[word] = value
    }
    return LineHead(code: words[0], data: words[1], argument0: words[2], argument1: words[3])
  }

  mutating func markAnswered(at address: UInt) {
    guard let mark = lineAccess.mark else { return }
    cores[lineAccess.core].stores.append(.line(offset: UInt64(address), value: mark))
  }

  mutating func orderResponseBeforeNextLoad() {
    let core = lineAccess.core
    note { (world) throws(Fault) in try world.drainAll(core) }
  }

  private mutating func note(_ step: (inout World) throws(Fault) -> Void) {
    do throws(Fault) {
      try step(&self)
    } catch {
      if lineAccess.fault == nil { lineAccess.fault = error }
    }
  }

  /// The loop's load of its current line; nil when it is held.
  mutating func loadMessage(_ loop: MessageLoop, on core: Int) throws(Fault) -> LineHead? {
    lineAccess = LineAccessState(core: core)
    let head = loop.loadMessage(&self)
    if let fault = lineAccess.fault { throw fault }
    cores[core].isStalled = lineAccess.isHeld
    return lineAccess.isHeld ? nil : head
  }

  /// The loop turns to the other line.
  /// - Parameter mark: what a worker's loop leaves in the line; nil in the kernel.
  mutating func finishMessage(
    _ loop: MessageLoop, on core: Int, mark: UInt64?
  ) throws(Fault) -> MessageLoop {
    lineAccess = LineAccessState(core: core, mark: mark)
    var loop = loop
    loop.finishMessage(&self)
    if let fault = lineAccess.fault { throw fault }
    return loop
  }

  /// A word of a line that is this core's, as tracing reads it.
  mutating func loadWord(_ word: Int, of loop: MessageLoop, on core: Int) throws(Fault) -> UInt64 {
    let answer = nic.load(
      access(core), offset: UInt64(loop.currentLine) + UInt64(word * 8), size: 8)
    try takeOutputs()
    guard case .value(let value) = answer else {
      throw Fault(.r3SameMessage, "the load of a line that was answered is held")
    }
    return value
  }
}

/// A load line as a simulated core reads it.
private struct LoadLine: LoadLineAccess {
  var world: World
  let core: Int
  let process: ProcessIdentifier

  mutating func load(word: Int) -> UInt64 {
    let offset = LineWindow.processLoadOffset(of: process) + UInt64(word * 8)
    guard case .value(let value) = world.nic.load(world.access(core), offset: offset, size: 8)
    else { return .max }
    return value
  }

  mutating func orderLoads() {}
}

extension World {
  // MARK: - Lines of processes

  /// The kernel on `core` reads a load; it is what the NIC would say now, or a copy still says.
  mutating func readLoad(of process: Int, on core: Int) throws(Fault) {
    let process = ProcessIdentifier(UInt16(process))
    let expected = nic.loadCopies(of: process)?.said ?? nic.loadNow(of: process)
    var line = LoadLine(world: self, core: core, process: process)
    let load = ProcessLoad(reading: &line)
    self = line.world
    try takeOutputs()
    guard load == expected else {
      throw Fault(.loadLine, "a core reads \(load), the NIC says \(expected)")
    }
  }

  /// Not by a core of the machine, whose store buffers are about calls.
  mutating func storeMaximum(_ maximum: Int, of process: Int) throws(Fault) {
    maximums[process - 1] = maximum
    nic.store(
      access(0),
      offset: LineWindow.processStateOffset(of: ProcessIdentifier(UInt16(process))), size: 8,
      value: CoreLimits(maximum: UInt16(maximum)).word)
    try takeOutputs()
  }

  // MARK: - The store buffer

  /// A full barrier: everything leaves, in order.
  mutating func drainAll(_ core: Int) throws(Fault) {
    while !cores[core].stores.isEmpty {
      let store = cores[core].stores.removeFirst()
      try complete(store, of: core)
    }
  }

  /// The store at `index` leaves, and before it what a fence puts before it.
  mutating func drain(_ core: Int, at index: Int) throws(Fault) {
    var index = index
    if let fence = cores[core].stores[..<index].lastIndex(of: .fence) {
      for _ in 0...fence {
        let store = cores[core].stores.removeFirst()
        try complete(store, of: core)
      }
      index -= fence + 1
    }
    let store = cores[core].stores.remove(at: index)
    try complete(store, of: core)
  }

  private mutating func complete(_ store: BufferedStore, of core: Int) throws(Fault) {
    switch store {
    case .line(let offset, let value):
      nic.store(access(core), offset: offset, size: 8, value: value)
    case .stateLine(let word):
      let offset = LineWindow.coreStateOffset(of: CoreIdentifier(UInt16(core)))
      nic.store(access(core), offset: offset, size: 8, value: word)
    case .threadState(let thread, let state): threads[thread].state = state
    case .registers, .fence: return
    }
    try takeOutputs()
  }

  /// Stores that may leave now and whose leaving others can see.
  func drainable(_ core: Int) -> [Int] {
    let stores = cores[core].stores
    // Only what may overtake the registers of a thread that left matters to anybody.
    guard let registers = stores.firstIndex(where: \.isRegisters),
      !stores[registers...].contains(.fence)
    else { return [] }
    return stores.indices.filter { index in
      switch stores[index] {
      case .stateLine, .threadState(_, .parked): index > registers
      case .threadState, .line, .registers, .fence: false
      }
    }
  }

  /// A thread's state as this core sees it: its own stores come first.
  func state(of thread: Int, seenBy core: Int) -> ThreadState {
    for store in cores[core].stores.reversed() {
      if case .threadState(thread, let state) = store { return state }
    }
    return threads[thread].state
  }

  /// The core whose buffer still has the thread's registers; not `core` itself.
  func hasUnsavedRegisters(_ thread: Int, for core: Int) -> Bool {
    cores.contains { $0.number != core && $0.stores.contains(.registers(thread: thread)) }
  }
}

extension BufferedStore {
  fileprivate var isRegisters: Bool { if case .registers = self { true } else { false } }
}
