// The console's commands that start and end processes, and choose the policy by which they run.

internal import CommandLine
internal import Interface
internal import Reporting
internal import Scheduling

/// Commands about processes. A process is named by its number or its name, as `ps` shows both.
enum ProcessCommands {
  static func kill(_ words: borrowing CommandWords) {
    guard words.count == 2 else {
      reply("kill: the number or the name of a process, as ps shows it")
      return
    }
    guard let process = find(words), ProcessEnd.kill(process) else {
      reply("no process \(escaping: words.word(1)) to kill: ps shows those that run")
      return
    }
  }

  /// As `kill`, and its restart policy does not count.
  static func stop(_ words: borrowing CommandWords) {
    guard words.count == 2 else {
      reply("stop: the number or the name of a process, as ps shows it")
      return
    }
    guard let process = find(words), ProcessEnd.stop(process) else {
      reply("no process \(escaping: words.word(1)) to stop: ps shows those that run")
      return
    }
  }

  static func start(_ words: borrowing CommandWords) {
    guard words.count == 2 else {
      reply("start: the name of a program, or of a process in services.conf")
      return
    }
    let name = words.word(1)
    if let process = Kernel.withTables({ ProcessTable.find(name) }) {
      reply("start: \(escaping: name) is process \(process.number) already")
      return
    }
    switch InitialProcesses.start(named: name) {
    case .started(let process): reply("\(escaping: name) is process \(process.number)")
    case .notFound: reply("start: the initial archive has no '\(escaping: name)'")
    // The log says why.
    case .failed: reply("start: \(escaping: name) did not start")
    }
  }

  static func policy(_ words: borrowing CommandWords) {
    if words.count > 1, words.count > 2 || !PolicyChoice.change(named: words.word(1)) {
      reply("policy: \(PolicyChoice.names)")
      return
    }
    let policy = PolicyChoice.value
    if let quantum = policy.quantumNanoseconds(.standard) {
      reply(
        "policy: \(policy.name); a handler makes way after \(quantum) ns for each of its process's weight"
      )
    } else {
      reply("policy: \(policy.name); handlers run to their end, but for quanta of processes")
    }
    if let patience = policy.kernelRules.generalPatienceNanoseconds {
      reply("policy: other threads wait at most \(patience) ns for workers")
    } else {
      reply("policy: other threads wait for workers without limit")
    }
    printPartition()
  }

  /// Which cores are whose, where processes have cores of their own.
  private static func printPartition() {
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      let part = Kernel.withTables {
        ProcessTable.withBlock(of: process) { ($0.plan.name, $0.exported.allowedCores) }
      }
      guard let (name, cores) = part, cores != .all, let first = cores.first else { continue }
      // A part is a row of online cores.
      let last = 63 - cores.mask.leadingZeroBitCount
      reply("policy: \(name) (process \(number)) has cores \(first.number) to \(last)")
    }
  }

  private static func find(_ words: borrowing CommandWords) -> ProcessIdentifier? {
    if let number = words.number(1) {
      guard number > 0, number <= UInt64(ProcessTable.capacity) else { return nil }
      return ProcessIdentifier(UInt16(number))
    }
    let name = words.word(1)
    return Kernel.withTables { ProcessTable.find(name) }
  }

  private static func reply(_ text: LogText) {
    Console.withReply { $0.writeLine(text) }
  }
}
