// The serial console's commands: what a person can ask the kernel.
//
// Runs in the console's interrupt, on the boot core. Any byte is safe (CommandLine/LineEditor).

internal import ArchAArch64
internal import Boot
internal import CommandLine
internal import Interface
internal import Reporting
internal import Scheduling
internal import Tracing

/// One command.
enum ConsoleCommand: CaseIterable {
  case help, processes, cores, runQueues, endpoints, services, nic, statistics, trace, log
  case start, stop, kill, policy, lines, limits, preempt, benchmark, probe, hang, reboot, panic
  case exit

  var name: StaticString {
    switch self {
    case .help: "help"
    case .processes: "ps"
    case .cores: "cores"
    case .runQueues: "runq"
    case .endpoints: "endpoints"
    case .services: "services"
    case .nic: "nic"
    case .statistics: "stats"
    case .trace: "trace"
    case .log: "log"
    case .start: "start"
    case .stop: "stop"
    case .kill: "kill"
    case .policy: "policy"
    case .benchmark: "bench"
    case .hang: "hang"
    case .lines: "lines"
    case .limits: "limits"
    case .preempt: "preempt"
    case .probe: "probe"
    case .reboot: "reboot"
    case .panic: "panic"
    case .exit: "exit"
    }
  }

  /// What may follow the name.
  var arguments: StaticString {
    switch self {
    case .trace: "..."
    case .log: "[levels]"
    case .start: "name"
    case .stop: "process"
    case .kill: "process"
    case .policy: "[name]"
    case .hang: "core [lock]"
    case .limits: "process min max weight us"
    case .preempt: "core"
    case .probe: "[ms]"
    case .panic: "[stack]"
    case .exit: "[status]"
    default: ""
    }
  }

  var explanation: StaticString {
    switch self {
    case .help: "this list"
    case .processes: "processes"
    case .cores: "what each core does"
    case .runQueues: "threads that wait for a core"
    case .endpoints: "who waits on which lines"
    case .services: "programs that can be called"
    case .nic: "the NIC"
    case .statistics: "what cores and NIC have counted"
    case .trace: "events: on [sources], off, show [n], live, dump, counts"
    case .log: "what the log shows: info, or warning,process=debug"
    case .start: "start a program of the initial archive that does not run"
    case .stop: "end a process, by name or number, and leave it ended"
    case .kill: "end a process, as a fault would"
    case .policy: "who gets a core and for how long; a name changes it"
    case .benchmark: "what steps of the kernel take, by the counter"
    case .hang: "stop a core, to see the watchdog (boot argument debug=yes)"
    case .lines: "what NIC and kernel tell each other about cores and processes"
    case .preempt: "make the NIC preempt a core"
    case .limits: "cores, weight and quantum of a process"
    case .probe: "facts about this machine; ms: how long a load may be held"
    case .reboot: "start the machine again"
    case .panic: "fail as a bug of the kernel would, or fill the stack, to see it"
    case .exit: "stop the machine"
    }
  }
}

/// Reads lines and executes them.
enum ConsoleCommands {
  // Safety: only the boot core takes the console's interrupt, and an interrupt handler is never
  // interrupted.
  nonisolated(unsafe) private static var editor = LineEditor()

  /// Takes all bytes that have arrived.
  /// - Returns: whether there were any.
  static func receive() -> Bool {
    Console.clearInputInterrupt()
    var hasInput = false
    while let byte = Console.readByte() {
      hasInput = true
      var event = LineEditorEvent.none
      Console.withReply { event = unsafe editor.receive(byte, showing: &$0) }
      guard event == .entered else { continue }
      unsafe editor.withLine { execute(CommandWords($0)) }
      unsafe editor.clear()
    }
    return hasInput
  }

  private static func execute(_ words: borrowing CommandWords) {
    guard words.count > 0 else { return }
    for command in ConsoleCommand.allCases where words.isWord(0, command.name) {
      execute(command, words)
      return
    }
    // The name of an earlier version.
    if words.isWord(0, "processes") {
      SystemTables.printProcesses()
      return
    }
    reply("unknown command; type help")
  }

  private static func execute(_ command: ConsoleCommand, _ words: borrowing CommandWords) {
    switch command {
    case .help: printHelp()
    case .processes: SystemTables.printProcesses()
    case .cores: SystemTables.printCores()
    case .runQueues: SystemTables.printRunQueues()
    case .endpoints: SystemTables.printEndpoints()
    case .services: SystemTables.printServices()
    case .nic: SystemTables.printNIC()
    case .statistics: StatisticsText.printAll()
    case .trace: trace(words)
    case .log: log(words)
    case .start: ProcessCommands.start(words)
    case .stop: ProcessCommands.stop(words)
    case .kill: ProcessCommands.kill(words)
    case .policy: ProcessCommands.policy(words)
    case .benchmark: KernelBenchmark.run()
    case .hang: hang(words)
    case .lines: SystemTables.printLines()
    case .limits: limits(words)
    case .preempt: preempt(words)
    case .probe: probe(words)
    case .reboot: PowerControl.restart()
    case .panic:
      if words.isWord(1, "stack") { _ = fillStack(depth: 0) }
      fail()
    case .exit: exit(words)
    }
  }

  private static func reply(_ text: LogText) {
    Console.withReply { $0.writeLine(text) }
  }

  // MARK: Commands with arguments

  private static func printHelp() {
    for command in ConsoleCommand.allCases {
      Console.withReply { output in
        let width = command.name.utf8CodeUnitCount + 1 + command.arguments.utf8CodeUnitCount
        output.write(command.name)
        output.write(" ")
        output.write(command.arguments)
        output.write(byte: ASCII.space, times: max(2, 16 - width))
        output.write(command.explanation)
        output.write("\n")
      }
    }
  }

  private static func trace(_ words: borrowing CommandWords) {
    if words.isWord(1, "on") {
      guard words.count > 2 else {
        Trace.set(.usual)
        return
      }
      if let sources = SourceMask(named: words.word(2)) {
        Trace.set(sources)
        return
      }
      Console.withReply { output in
        output.write("trace on: sources are\n  ")
        output.write(SourceMask.choices)
        output.write("\n")
      }
    } else if words.isWord(1, "off") {
      Trace.set(.none)
    } else if words.isWord(1, "dump") {
      TraceDump.frames()
    } else if words.isWord(1, "show") {
      let count = words.number(2)
      guard words.count == 2 || count != nil else {
        reply("trace show: how many events of each core (8)")
        return
      }
      TraceDump.text(count: Int(count ?? 8))
    } else if words.isWord(1, "counts") {
      TraceDump.counts()
    } else if words.isWord(1, "live"), words.isWord(2, "on") || words.isWord(2, "off") {
      if !TraceLive.set(words.isWord(2, "on")) { reply("trace live: not with watch=off") }
    } else {
      reply("trace on [sources], off, show [n], live on, live off, dump, counts")
    }
  }

  private static func log(_ words: borrowing CommandWords) {
    if words.count > 1 {
      var levels = Log.levels
      guard levels.apply(words.word(1)) else {
        reply("log: error, warning, info or debug, or source=level, with commas")
        return
      }
      Log.levels = levels
    }
    Console.withReply { output in
      output.write("log")
      for source in LogSource.allCases {
        output.write(" ")
        output.write(source.name)
        output.write("=")
        output.write(Log.levels[source])
      }
      output.write("\n")
    }
  }

  private static func hang(_ words: borrowing CommandWords) {
    guard BootSettings.allowsDebugging else {
      reply("hang: only with the boot argument debug=yes")
      return
    }
    guard 2...3 ~= words.count, let core = words.number(1), core < UInt64(Kernel.coreCount),
      Kernel.onlineCores.contains(CoreIdentifier(UInt16(core)))
    else {
      reply("hang: a core from 0 to \(Kernel.coreCount - 1), and a lock that it has then")
      return
    }
    let lock = words.count == 3 ? LockRank.allCases.first { $0.name.isSpelled(words.word(2)) } : nil
    guard lock != nil || words.count == 2 else {
      reply("hang: the locks are tables and console")
      return
    }
    Watchdog.stop(CoreIdentifier(UInt16(core)), with: lock)
  }

  private static func limits(_ words: borrowing CommandWords) {
    guard words.count == 6, let process = words.number(1), let minimum = words.number(2),
      let maximum = words.number(3), let weight = words.number(4), let quantum = words.number(5),
      maximum <= UInt64(UInt16.max), (1...UInt64(UInt16.max)) ~= weight,
      quantum <= 1_000_000
    else {
      reply("limits: a process as ps shows it, fewest and most cores, weight, quantum in us")
      return
    }
    guard minimum <= maximum else {
      reply("limits: the fewest cores, \(minimum), are more than the most, \(maximum)")
      return
    }
    guard process > 0, process <= UInt64(ProcessTable.capacity),
      ProcessExport.change(
        of: ProcessIdentifier(UInt16(process)),
        to: CoreLimits(
          minimum: UInt16(minimum), maximum: UInt16(maximum), weight: UInt16(weight)),
        quantumNanoseconds: quantum * 1000)
    else {
      reply("no process \(process) that runs")
      return
    }
  }

  private static func preempt(_ words: borrowing CommandWords) {
    guard words.count == 2, let core = words.number(1), core < UInt64(Kernel.coreCount),
      let nic = Kernel.nic
    else {
      reply("preempt: a core as cores shows it, of a machine with a NIC")
      return
    }
    do throws(NIC.Failure) {
      try Kernel.withTables { () throws(NIC.Failure) in
        try nic.preempt(CoreIdentifier(UInt16(core)))
      }
    } catch {
      reply("the NIC does not preempt core \(core): \(error)")
    }
  }

  private static func probe(_ words: borrowing CommandWords) {
    let limit = words.number(1)
    guard words.count == 1 || limit.map({ (1...1000) ~= $0 }) == true else {
      reply("probe: a load is held for 1 to 1000 ms")
      return
    }
    HardwareProbe.run(holdMilliseconds: limit)
  }

  private static func exit(_ words: borrowing CommandWords) {
    guard words.count > 1 else { PowerControl.stop(status: 0) }
    guard words.count == 2, let status = words.number(1), status <= 255 else {
      reply("exit: a status is a number, at most 255")
      return
    }
    PowerControl.stop(status: status)
  }

  /// A failed check of Swift code: the exception, its report and the exit status are the ones
  /// that a real bug has.
  private static func fail() {
    preconditionFailure("asked for at the console")
  }

  /// Calls itself until the stack is full. What comes after a call keeps its frame there.
  @inline(never)
  private static func fillStack(depth: UInt64) -> UInt64 {
    guard depth < AddressMap.stackBytes else { return depth }
    let deepest = fillStack(depth: depth + 1)
    barrier_complete()
    return deepest
  }
}
