// A step of a thread in user mode: the user loop (User/Runtime/UserLoop.swift) and its handlers.

import Interface
import Model
import Scheduling

extension World {
  mutating func stepThread(_ thread: Int, on core: Int) throws(Fault) {
    let process = scenario.processOfThread[thread]
    guard cores[core].userTable == process else {
      throw Fault(
        .r13Isolation,
        "thread \(thread) of process \(process) runs in the address space of "
          + "\(cores[core].userTable)")
    }
    switch threads[thread].place {
    case .attaching:
      try installEndpoint(ofThread: thread)
      threads[thread].place = .firstYield
    case .firstYield:
      threads[thread].place = .load
      park(thread, on: core)
    case .load:
      if scenario.storesFirst, threads[thread].announcedTag != 0, !threads[thread].hasStored {
        threads[thread].hasStored = true
        try storeFirst(thread, on: core)
      } else {
        try loadMessage(thread, on: core)
      }
    case .handler(let head):
      try respond(to: head, thread, on: core)
      threads[thread].place = .finish
    case .yielding:
      threads[thread].loop.turnForYield()
      threads[thread].place = .load
      park(thread, on: core)
    case .finish:
      threads[thread].loop = try finishMessage(
        threads[thread].loop, on: core, mark: CodeAddress.again(process))
      threads[thread].place = .load
    }
  }

  private mutating func loadMessage(_ thread: Int, on core: Int) throws(Fault) {
    let process = scenario.processOfThread[thread]
    guard let head = try loadMessage(threads[thread].loop, on: core) else { return }
    switch head.code {
    case CodeAddress.tryAgain(process): threads[thread].place = .finish
    case CodeAddress.yieldNow(process): threads[thread].place = .yielding
    // The line is still to be fetched, and the load hit what the thread left there.
    case CodeAddress.again(process): return
    case CodeAddress.handler(process, echo: false), CodeAddress.handler(process, echo: true):
      try checkAnnouncement(of: thread, on: core)
      try checkFirstStore(of: thread, on: core)
      threads[thread].place = .handler(head)
    default:
      throw Fault(
        .access, "thread \(thread) of process \(process) jumps to \(head.code)")
    }
  }

  /// The handler, up to the last store of its response.
  private mutating func respond(to head: LineHead, _ thread: Int, on core: Int) throws(Fault) {
    let process = scenario.processOfThread[thread]
    let line = UInt64(threads[thread].loop.currentLine)
    var response = ResponseHead(status: .success)
    if head.code == CodeAddress.handler(process, echo: true) {
      let reference = DataReference(word: head.argument0)
      for byte in stride(from: 0, to: Int(reference.length), by: 8) {
        let offset =
          UInt64(EndpointLayout.blockAddress(ofControlLine: UInt(line)))
          + UInt64(
            ArgumentArea.blockOffset(
              of: Int(reference.offset) + byte, parity: threads[thread].loop.parity))
        let answer = nic.load(access(core), offset: offset, size: 8)
        try takeOutputs()
        guard case .value(let word) = answer else {
          throw Fault(.r2HeldLoad, "the load of an overflow line is held")
        }
        cores[core].stores.append(.line(offset: offset, value: World.echo(word)))
      }
      let end = Int(reference.offset) + Int(reference.length)
      response = ResponseHead(
        status: .success, overflowLineCount: UInt8(ArgumentArea.overflowLines(forEnd: end)))
    } else if head.argument0 & UInt64(PlannedCall.refusedBit) != 0 {
      response = ResponseHead(status: .garbageArguments)
    } else {
      let answer = PlannedCall.answer(UInt32(truncatingIfNeeded: head.argument0))
      let slot = line + UInt64(ControlLineWord.firstArgument * 8)
      cores[core].stores.append(.line(offset: slot, value: UInt64(answer)))
    }
    cores[core].stores.append(
      .line(offset: line + UInt64(ControlLineWord.tail * 8), value: response.word))
  }

  private static func echo(_ word: UInt64) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
      result |= UInt64(PlannedCall.answer(UInt8(truncatingIfNeeded: word >> shift))) << shift
    }
    return result
  }

  private static var firstStore: (word: Int, value: UInt64) { (ControlLineWord.tail - 1, 0x5A) }

  /// R8: what a handler may do that knows its arguments, in a word that the int calls leave free.
  private mutating func storeFirst(_ thread: Int, on core: Int) throws(Fault) {
    let offset = UInt64(threads[thread].loop.currentLine) + UInt64(World.firstStore.word * 8)
    nic.store(access(core), offset: offset, size: 8, value: World.firstStore.value)
    try takeOutputs()
  }

  private mutating func checkFirstStore(of thread: Int, on core: Int) throws(Fault) {
    guard threads[thread].hasStored else { return }
    threads[thread].hasStored = false
    let value = try loadWord(World.firstStore.word, of: threads[thread].loop, on: core)
    guard value == World.firstStore.value else {
      throw Fault(.r8Binding, "what thread \(thread) stored first is lost: \(value)")
    }
  }

  /// R8: a thread that the kernel entered for a call gets that call.
  private mutating func checkAnnouncement(of thread: Int, on core: Int) throws(Fault) {
    let announced = threads[thread].announcedTag
    guard announced != 0 else { return }
    threads[thread].announcedTag = 0
    let tag = try loadWord(ControlLineWord.tag, of: threads[thread].loop, on: core)
    guard tag == announced else {
      throw Fault(
        .r8Binding, "thread \(thread) was entered for call \(announced) and got \(tag)")
    }
  }
}
