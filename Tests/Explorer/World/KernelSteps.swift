// A step of a core in the kernel: the dispatch thread of Kernel/Core/Dispatch, one access a step.

import Interface
import Scheduling

extension World {
  /// The core's next instruction that anybody could notice.
  mutating func step(_ core: Int) throws(Fault) {
    if let operation = cores[core].operations.popLast() {
      try execute(operation, on: core)
      return
    }
    switch cores[core].place {
    case .start:
      var recorded = RecordedOperations()
      DispatchSequence.start(&recorded)
      cores[core].execute(recorded.operations, then: .schedule)
    case .schedule:
      schedule(core)
    case .load: try loadKernelMessage(core)
    case .finish:
      cores[core].loop = try finishMessage(cores[core].loop, on: core, mark: nil)
      cores[core].place = .schedule
    case .user(let thread): try stepThread(thread, on: core)
    }
  }

  private mutating func schedule(_ core: Int) {
    if !cores[core].runQueue.isEmpty {
      runGeneral(cores[core].runQueue.removeFirst(), on: core)
    } else if cores[core].isBeginning {
      cores[core].isBeginning = false
      var recorded = RecordedOperations()
      DispatchSequence.beginLoads(&recorded)
      cores[core].execute(recorded.operations, then: .load)
    } else {
      cores[core].place = .load
    }
  }

  private mutating func loadKernelMessage(_ core: Int) throws(Fault) {
    guard let head = try loadMessage(cores[core].loop, on: core) else { return }
    try handleKernelMessage(head, on: core)
  }

  /// As the stubs of Kernel/Core/Dispatch/KernelMessages.swift.
  private mutating func handleKernelMessage(_ head: LineHead, on core: Int) throws(Fault) {
    switch head.code {
    case CodeAddress.kernelCall, CodeAddress.kernelResume:
      let thread = Int(truncatingIfNeeded: head.argument1) - scenario.cores
      let exists = threads.indices.contains(thread)
      let decision = DispatchDecision.forMessage(
        naming: head.argument0, state: exists ? state(of: thread, seenBy: core) : nil,
        owner: ProcessIdentifier(UInt16(exists ? scenario.processOfThread[thread] : 0)))
      switch decision {
      case .enter:
        threads[thread].announcedTag =
          head.code == CodeAddress.kernelCall
          ? try loadWord(ControlLineWord.tag, of: cores[core].loop, on: core) : 0
        threads[thread].hasStored = false
        enter(thread, on: core)
      case .decline:
        var recorded = RecordedOperations()
        DispatchSequence.decline(&recorded)
        cores[core].execute(recorded.operations, then: .finish)
      }
    case CodeAddress.kernelTryAgain, CodeAddress.kernelReschedule: cores[core].place = .finish
    default:
      throw Fault(.access, "the kernel of core \(core) jumps to \(head.code)")
    }
  }

  /// A thread that has not parked yet has nothing to do with RPC: `UserDispatch.runGeneral`.
  private mutating func runGeneral(_ thread: Int, on core: Int) {
    var recorded = RecordedOperations(thread: thread, in: scenario)
    recorded.become(.running)
    recorded.activateAddressSpace()
    recorded.publish(.general)
    cores[core].isInMessage = false
    cores[core].isBeginning = true
    cores[core].execute(
      recorded.operations + [.resume(thread: thread)], then: .user(thread: thread))
  }

  private mutating func enter(_ thread: Int, on core: Int) {
    var recorded = RecordedOperations(thread: thread, in: scenario)
    DispatchSequence.enter(&recorded)
    cores[core].isInMessage = true
    cores[core].execute(
      recorded.operations + [.resume(thread: thread)], then: .user(thread: thread))
  }

  private mutating func execute(_ operation: KernelOperation, on core: Int) throws(Fault) {
    switch operation {
    case .become(let thread, let state):
      guard self.state(of: thread, seenBy: core).canBecome(state) else {
        throw Fault(.r11Attachment, "thread \(thread) cannot become \(state)")
      }
      cores[core].stores.append(.threadState(thread: thread, state))
    case .activateAddressSpace(let thread):
      cores[core].userTable = scenario.processOfThread[thread]
    case .orderStores: cores[core].stores.append(.fence)
    case .orderAllAccesses: try drainAll(core)
    case .publish(let state):
      cores[core].published = state
      cores[core].stores.append(.stateLine(state.word))
    case .respond(let status):
      let offset = UInt64(cores[core].loop.currentLine) + UInt64(ControlLineWord.tail * 8)
      cores[core].stores.append(
        .line(offset: offset, value: ResponseHead(status: status).word))
    case .removeProcess(let thread):
      let process = scenario.processOfThread[thread]
      isRemoved[process - 1] = true
      try command(.removeProcess, [UInt64(process)])
    case .resume(let thread):
      guard !hasUnsavedRegisters(thread, for: core) else {
        throw Fault(
          .r11Attachment,
          "core \(core) enters thread \(thread), whose registers are not saved yet")
      }
    }
  }

  // MARK: - Leaving a thread

  /// An exception ends the thread's turn: it is parked wherever it stands (R11).
  mutating func park(_ thread: Int, on core: Int) {
    cores[core].isStalled = false
    threads[thread].announcedTag = 0
    cores[core].stores.append(.registers(thread: thread))
    var recorded = RecordedOperations(thread: thread, in: scenario)
    DispatchSequence.park(&recorded)
    cores[core].execute(
      recorded.operations, then: cores[core].isInMessage ? .finish : .schedule)
  }

  /// The thread faults: as `UserDispatch.leave`, then `ProcessEnd`.
  mutating func kill(_ thread: Int, on core: Int) {
    cores[core].isStalled = false
    cores[core].userTable = 0
    var recorded = RecordedOperations(thread: thread, in: scenario)
    DispatchSequence.end(&recorded)
    DispatchSequence.leaveEnded(&recorded)
    cores[core].execute(
      recorded.operations + [.removeProcess(thread: thread)],
      then: cores[core].isInMessage ? .finish : .schedule)
  }
}
