// A core's step: what Kernel/Core/Dispatch and User/Runtime do, and when it takes effect.

public import Interface
import Model
import Scheduling
import Workload

extension SimulatedMachine {
  /// The core's phase has come to its end.
  mutating func step(_ core: Int) {
    switch cores[core].phase {
    case .loadKernel: loadKernelMessage(core)
    case .loadWorker: loadWorkerMessage(core)
    case .publish(let state):
      store(state, core: core)
      // The barrier that follows waits for the line.
      let time = now + costs.answerNanoseconds
      if let thread = cores[core].thread {
        goOn(thread, on: core, at: time)
      } else {
        finishKernelMessage(core, at: time)
      }
    case .handler: endHandler(core)
    }
  }

  // MARK: - The dispatch thread

  private mutating func loadKernelMessage(_ core: Int) {
    guard let (head, time) = loadMessage(cores[core].loop, on: core) else { return }
    switch head.code {
    case Code.kernelCall, Code.kernelResume:
      let thread = Int(truncatingIfNeeded: head.argument1) - cores.count
      let named = threads[thread]
      let decision = DispatchDecision.forMessage(
        naming: head.argument0, state: named.state,
        owner: ProcessIdentifier(UInt16(named.process)))
      switch decision {
      case .enter: enter(thread, on: core, at: time)
      case .decline:
        var sequence = TimedSequence()
        DispatchSequence.decline(&sequence)
        storeResponse(sequence.response ?? .requeue, result: nil, cores[core].loop, on: core)
        finishKernelMessage(core, at: time)
      }
    default:
      spend(costs.kernelTryAgainInstructions)
      finishKernelMessage(core, at: time + costs.nanoseconds(costs.kernelTryAgainInstructions))
    }
  }

  private mutating func enter(_ thread: Int, on core: Int, at time: UInt64) {
    var sequence = TimedSequence()
    DispatchSequence.enter(&sequence)
    if let state = sequence.threadState { threads[thread].state = state }
    cores[core].thread = thread
    spend(costs.enterInstructions)
    let state = CoreState(
      mode: sequence.mode ?? .user,
      process: ProcessIdentifier(UInt16(threads[thread].process)),
      endpoint: EndpointIdentifier(UInt16(cores.count + thread)))
    plan(
      core, .publish(state),
      at: time + costs.nanoseconds(costs.enterInstructions) + costs.requestNanoseconds)
  }

  private mutating func finishKernelMessage(_ core: Int, at time: UInt64) {
    var loop = cores[core].loop
    accessing = core
    loop.finishMessage(&self)
    cores[core].loop = loop
    plan(core, .loadKernel, at: time + costs.requestNanoseconds)
  }

  /// The thread leaves the core (R11).
  private mutating func park(_ core: Int, instructions: Double, at time: UInt64) {
    guard let thread = cores[core].thread else { return }
    var sequence = TimedSequence()
    DispatchSequence.park(&sequence)
    if let state = sequence.threadState { threads[thread].state = state }
    cores[core].thread = nil
    cores[core].hasInterrupt = false
    spend(instructions)
    plan(
      core, .publish(CoreState(mode: sequence.mode ?? .dispatch)),
      at: time + costs.nanoseconds(instructions) + costs.requestNanoseconds)
  }

  // MARK: - The user loop

  /// The thread has the core.
  private mutating func goOn(_ thread: Int, on core: Int, at time: UInt64) {
    switch threads[thread].place {
    case .load: plan(core, .loadWorker, at: time + costs.requestNanoseconds)
    case .handler(let remaining):
      // Its line is in the cache of the core that had it before.
      let line =
        threads[thread].lineCore == core ? 0 : costs.requestNanoseconds + costs.answerNanoseconds
      beginHandler(thread, on: core, at: time, for: remaining + line)
    }
  }

  private mutating func loadWorkerMessage(_ core: Int) {
    guard let thread = cores[core].thread,
      let (head, time) = loadMessage(threads[thread].loop, on: core)
    else { return }
    threads[thread].place = .load
    if cores[core].hasInterrupt {
      // Taken instead of the load's result; the load will be executed again (R10).
      park(core, instructions: costs.preemptInstructions, at: time)
      return
    }
    switch head.code {
    case Code.handler:
      let call = Int(truncatingIfNeeded: head.argument0)
      threads[thread].call = call
      spend(costs.warmInstructions)
      let work = calls[call].serviceNanoseconds + costs.nanoseconds(costs.warmInstructions)
      beginHandler(thread, on: core, at: time, for: work)
    case Code.yieldNow:
      threads[thread].loop.turnForYield()
      park(core, instructions: costs.yieldInstructions, at: time)
    case Code.again:
      // The mark of a line that is still in the core's cache.
      spend(costs.againInstructions)
      plan(core, .loadWorker, at: now + costs.nanoseconds(costs.againInstructions))
    default:
      spend(costs.workerTryAgainInstructions)
      finishWorkerMessage(
        thread, on: core, at: time + costs.nanoseconds(costs.workerTryAgainInstructions))
    }
  }

  private mutating func beginHandler(
    _ thread: Int, on core: Int, at time: UInt64, for nanoseconds: UInt64
  ) {
    threads[thread].lineCore = core
    cores[core].handlerEnd = time + nanoseconds
    plan(core, .handler, at: time + nanoseconds)
  }

  private mutating func endHandler(_ core: Int) {
    guard let thread = cores[core].thread else { return }
    storeResponse(
      .success, result: ReplyContent.expectedResult(UInt64(threads[thread].call)),
      threads[thread].loop, on: core)
    finishWorkerMessage(thread, on: core, at: now)
  }

  private mutating func finishWorkerMessage(_ thread: Int, on core: Int, at time: UInt64) {
    var loop = threads[thread].loop
    accessing = core
    loop.finishMessage(&self)
    threads[thread].loop = loop
    threads[thread].place = .load
    plan(core, .loadWorker, at: time + costs.requestNanoseconds)
  }

  // MARK: - Preemption

  /// The NIC's interrupt is here (R9).
  mutating func interrupt(_ core: Int) {
    guard let thread = cores[core].thread else { return }
    switch cores[core].phase {
    case .handler:
      let end = cores[core].handlerEnd
      threads[thread].place = .handler(remainingNanoseconds: end > now ? end - now : 0)
      park(core, instructions: costs.preemptInstructions, at: now)
    case .loadWorker: cores[core].hasInterrupt = true
    // Already on its way into or out of the kernel, which notices nothing.
    case .loadKernel, .publish: return
    }
  }

  // MARK: - Lines

  /// The loop's load, which has reached the home: nil when it is held, otherwise the message and
  /// when the core has it.
  private mutating func loadMessage(
    _ loop: MessageLoop, on core: Int
  ) -> (head: LineHead, time: UInt64)? {
    accessing = core
    accessIsHeld = false
    let head = loop.loadMessage(&self)
    guard !accessIsHeld else {
      cores[core].isHeld = true
      return nil
    }
    return (head, now + costs.answerNanoseconds)
  }

  private mutating func storeResponse(
    _ status: ResponseStatus, result: UInt64?, _ loop: MessageLoop, on core: Int
  ) {
    let access = Access(nowNanoseconds: now, core: CoreIdentifier(UInt16(core)))
    func offset(_ word: Int) -> UInt64 { UInt64(loop.currentLine) + UInt64(8 * word) }
    if let result {
      nic.store(access, offset: offset(ControlLineWord.firstArgument), size: 8, value: result)
    }
    nic.store(
      access, offset: offset(ControlLineWord.tail), size: 8,
      value: ResponseHead(status: status).word)
    takeOutputs()
  }

  private mutating func spend(_ instructions: Double) { outcome.instructions += instructions }
}

/// The production loop loads through the machine.
extension SimulatedMachine: LineAccess {
  public mutating func loadHead(at address: UInt) -> LineHead {
    let access = Access(nowNanoseconds: now, core: CoreIdentifier(UInt16(accessing)))
    var words = InlineArray<4, UInt64>(repeating: 0)
    for word in 0..<4 {
      let answer = nic.load(access, offset: UInt64(address) + UInt64(8 * word), size: 8)
      // The first load is an event for the NIC; the others hit the core's cache.
      if word == 0 { takeOutputs() }
      guard case .value(let value) = answer else {
        accessIsHeld = true
        break
      }
      words[word] = value
    }
    return LineHead(code: words[0], data: words[1], argument0: words[2], argument1: words[3])
  }

  /// A worker's line, which its core has; the kernel's are not marked.
  public mutating func markAnswered(at address: UInt) {
    guard cores[accessing].thread != nil else { return }
    nic.store(
      Access(nowNanoseconds: now, core: CoreIdentifier(UInt16(accessing))),
      offset: UInt64(address), size: 8, value: Code.again)
    takeOutputs()
  }

  /// A response lies in the core's own cache by then; a state line's store was waited for.
  public mutating func orderResponseBeforeNextLoad() {}
}
