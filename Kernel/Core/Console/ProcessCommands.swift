// The console's commands that start and end processes, and say in which order they run.

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
      reply("no process \(escaping: words.word(1)) to kill")
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
      reply("no process \(escaping: words.word(1)) to stop")
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

  static func printPolicy() {
    let rules = CoreReference.current.withScheduler { $0.rules }
    let order: StaticString =
      switch rules.workerOrder {
      case .arrival: "in the order in which they came"
      case .weightedFair: "by weight"
      }
    if let quantum = rules.workerQuantumNanoseconds {
      reply("policy: ready workers run \(order), for \(quantum) ns at a time while others wait")
    } else {
      reply("policy: ready workers run \(order), each until its handler ends")
    }
    if let patience = rules.generalPatienceNanoseconds {
      reply("policy: other threads wait at most \(patience) ns for workers")
    } else {
      reply("policy: other threads wait for workers without limit")
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
