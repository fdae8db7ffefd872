// One run: boot, calls, summary, and then the console or the end.

import Foundation
import Harness
import Synchronization

/// Why a run ends with a failure.
struct RunFailure: Error, CustomStringConvertible {
  let description: String
}

/// Whether the guest's words go to the screen.
private final class Echo: Sendable {
  let isOn = Atomic<Bool>(true)
}

/// A guest and what has been measured of it.
final class Runner {
  private let settings: Settings
  private let machine: Machine
  private let start = Date()
  private let echo = Echo()
  private var records: CallRecordFile
  private let hostPorts: [UInt16: UInt16]

  init(_ settings: Settings) throws {
    self.settings = settings
    let artefacts = Artefacts.standard
    try artefacts.require([
      artefacts.kernelImage, artefacts.services, artefacts.device, artefacts.kernelELF,
    ])
    var hostPorts: [UInt16: UInt16] = [:]
    for guest in [EchoService.port, CalculatorService.port, StatisticsService.port] {
      // The guest's own number when it is free: that is what the guest's rpcbind tells clients.
      hostPorts[guest] = try freeLoopbackPort(preferred: guest)
    }
    for guest in settings.ports where hostPorts[guest] == nil {
      hostPorts[guest] = try freeLoopbackPort(preferred: guest)
    }
    if isUsableLoopbackPort(RpcbindService.port) {
      hostPorts[RpcbindService.port] = RpcbindService.port
    }
    self.hostPorts = hostPorts

    // Machines that run at the same time have different ports, so they have different files.
    let callRecords = artefacts.folder + "/calls-\(hostPorts[EchoService.port] ?? 0).txt"
    records = CallRecordFile(path: callRecords)
    var configuration = MachineConfiguration(
      artefacts: artefacts,
      forwardedPorts: hostPorts.sorted { $0.key < $1.key }.map { .init(host: $1, guest: $0) },
      callRecords: callRecords)
    configuration.coreCount = settings.coreCount
    configuration.memory = settings.memory
    configuration.deterministic = settings.isDeterministic
    configuration.accelerator = settings.accelerator
    configuration.packetCapture = settings.packetCapture
    configuration.bootArguments = settings.bootArguments
    configuration.debuggerPort = settings.debuggerPort
    // For the command `reboot`. A run without a terminal ends with its guest.
    configuration.allowsReboot = Terminal.isInteractive && settings.traceFolder == nil
    if let folder = settings.traceFolder {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      configuration.traceFile = folder + "/nic.bin"
      configuration.bootArguments.append("trace=usual")
    }
    let named = [("echo", EchoService.port), ("calculator", CalculatorService.port)]
    let services = (named + settings.ports.map { ("the guest's port \($0)", $0) })
      .map { "\($0) at UDP port \(hostPorts[$1] ?? 0)" }
    say(
      "Wengen in QEMU: \(settings.coreCount) cores, \(settings.memory)"
        + (settings.isDeterministic ? ", deterministic" : "")
        + "\nOn 127.0.0.1: \(services.joined(separator: ", "))\n")
    // The guest's words alone, for who wants to compare runs or to search them.
    let serial =
      settings.traceFolder.map { $0 + "/serial.bin" }
      ?? artefacts.folder + "/serial-\(hostPorts[EchoService.port] ?? 0).txt"
    try Data().write(to: URL(filePath: serial))
    let serialFile = try FileHandle(forWritingTo: URL(filePath: serial))
    let faults = Mutex(UserFaultReader())
    machine = try Machine(configuration) { [echo] in
      let bytes = $0
      let isShown = echo.isOn.load(ordering: .relaxed)
      if isShown { write(bytes) }
      serialFile.write(Data(bytes))
      for fault in faults.withLock({ $0.read(bytes) }) where isShown {
        // A terminal in raw mode needs both ends of a line.
        if let text = fault.description(with: artefacts) {
          write(Array(text.replacing("\n", with: "\r\n").utf8))
        }
      }
    }
  }

  /// Returns the exit status of the program.
  func run() throws -> Int32 {
    do {
      if let port = settings.debuggerPort { return try waitForDebugger(at: port) }
      try machine.expectLine(containing: "ready:", within: .seconds(60))
      let bootSeconds = Date().timeIntervalSince(start)
      let tally = try makeCalls()
      try makeRepeatedCalls()
      summarise(tally, bootSeconds: bootSeconds)
      if Terminal.isInteractive, settings.traceFolder == nil {
        return try stayAtConsole()
      }
      try shutDown()
      return 0
    } catch {
      explain()
      machine.kill()
      throw error
    }
  }

  /// The guest does what a debugger in another terminal wants; this is its console.
  private func waitForDebugger(at port: UInt16) throws -> Int32 {
    say("It waits for a debugger at 127.0.0.1:\(port): type make gdb in another terminal.")
    guard Terminal.isInteractive else {
      machine.waitForEnd()
      let status = try machine.waitForExit(within: .seconds(5))
      say("The guest ended: \(status).")
      return status.shellStatus
    }
    say("This is its serial console. Ctrl-A X leaves.\n")
    return try stayAtConsole()
  }

  // MARK: Calls

  /// How the calls of the demonstration went.
  private struct Tally {
    var cold: [CallRecord] = []
    var warm: [CallRecord] = []
    var secondsToFirstAnswer: Double?
  }

  private func makeCalls() throws -> Tally {
    say("\n" + Table.header)
    var tally = Tally()
    for (index, call) in DemonstrationCall.all.enumerated() {
      let isEcho = call.target.program == EchoService.program
      let port = hostPorts[isEcho ? EchoService.port : CalculatorService.port] ?? 0
      // Numbered from 1, so that two runs send the same bytes.
      var client = try RPCClient(
        server: .loopback(port: port), firstTransaction: UInt32(index + 1), timeout: .seconds(5))
      let outcome = try client.call(call.target, call.arguments)
      guard case .success(let results) = outcome else {
        let service = isEcho ? "echo" : "calculator"
        let hint = settings.hasManifest ? "; does MANIFEST name \(service)?" : ""
        throw RunFailure(description: "\(call.name): \(outcome)\(hint)")
      }
      if tally.secondsToFirstAnswer == nil {
        tally.secondsToFirstAnswer = Date().timeIntervalSince(start)
      }
      let words: String
      do throws(DemonstrationCall.WrongResult) {
        words = try call.judge(results)
      } catch {
        throw RunFailure(description: "\(call.name): \(error)")
      }
      guard let record = try records.record(of: client.lastTransaction) else {
        throw RunFailure(
          description: "\(call.name): answered, but the device recorded no call")
      }
      switch record.path {
      case .cold: tally.cold.append(record)
      case .warm: tally.warm.append(record)
      }
      say(Table.row(call, words, record))
    }
    return tally
  }

  private func makeRepeatedCalls() throws {
    guard settings.repeatedCalls > 0, let port = hostPorts[EchoService.port] else { return }
    var client = try RPCClient(server: .loopback(port: port), firstTransaction: 1001)
    var losses = 0
    let begin = ContinuousClock.now
    for _ in 0..<settings.repeatedCalls {
      switch try client.call(EchoService.null) {
      case .success: break
      case .timeout: losses += 1
      case let outcome: throw RunFailure(description: "echo, null, in a row: \(outcome)")
      }
    }
    let seconds = begin.duration(to: .now).seconds
    let rate = Int(Double(settings.repeatedCalls - losses) / seconds)
    say(
      """

      \(settings.repeatedCalls) null calls in a row: \(losses) lost, \(rate) calls per second
      (of this computer's time, through the emulator: it says nothing about hardware)
      """)
    if losses > 0 {
      throw RunFailure(description: "\(losses) of \(settings.repeatedCalls) calls had no reply")
    }
  }

  // MARK: Words

  private func summarise(_ tally: Tally, bootSeconds: Double) {
    let warmEntries = tally.warm.reduce(0) { $0 + $1.kernelEntries }
    say("")
    var lines = [
      "\(tally.cold.count) calls reached their process through the kernel's dispatch thread (cold "
        + "dispatch),",
      "\(tally.warm.count) as the answer to a load of the process itself (user loop), with "
        + "\(warmEntries) kernel entries.",
    ]
    let nullCalls = { (records: [CallRecord]) in
      records.filter { $0.target.procedure == 0 }.map(\.instructions).min()
    }
    if let cold = nullCalls(tally.cold), let warm = nullCalls(tally.warm) {
      lines.append("A null call took \(warm) guest instructions warm, \(cold) cold.")
    }
    if let first = tally.secondsToFirstAnswer {
      sayHostTime(
        "Ready \(seconds(bootSeconds)) after QEMU's start, first answer after \(seconds(first)).")
    }
    let port = hostPorts[CalculatorService.port] ?? 0
    lines.append("")
    if Terminal.isInteractive {
      lines.append("The guest runs on. Call it from another terminal:")
      lines.append("  \(rpcinfoCommand)")
      lines.append("  .build/debug/wengen-call 127.0.0.1:\(port) 0x20000102 1 1 --int 40 --int 2")
      let statistics = hostPorts[StatisticsService.port] ?? 0
      lines.append(
        "  make top" + (statistics == StatisticsService.port ? "" : " TOP=127.0.0.1:\(statistics)"))
      lines.append("This is its serial console: try help. Ctrl-A X leaves.")
    } else {
      lines.append("Next: make run CALLS=10000, or make test.")
    }
    say(lines.joined(separator: "\n"))
  }

  /// A line with a time of the host's. Two deterministic runs print the same, byte for byte; so
  /// there, such a line goes to standard error.
  private func sayHostTime(_ line: String) {
    if settings.isDeterministic {
      FileHandle.standardError.write(Data("\(line)\n".utf8))
    } else {
      say(line)
    }
  }

  /// The rpcinfo that works here. It asks port 111 where the program is, whatever -n says; so
  /// unless the guest's rpcbind stands there and the ports have the same numbers outside, it must
  /// be told the whole address.
  private var rpcinfoCommand: String {
    let port = hostPorts[EchoService.port] ?? 0
    guard port == EchoService.port, hostPorts[RpcbindService.port] != nil else {
      return "rpcinfo -a 127.0.0.1.\(port >> 8).\(port & 0xff) -T udp \(EchoService.program) 1"
    }
    return "rpcinfo -n \(port) -u 127.0.0.1 \(EchoService.program) 1"
  }

  private func seconds(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(value < 10 ? 2 : 0))) + " s"
  }

  // MARK: The end

  private func stayAtConsole() throws -> Int32 {
    try Terminal.forwardKeys(to: machine)
    guard machine.exitStatus != nil else {
      machine.kill()
      say("\nLeft; the guest was ended.")
      return 0
    }
    let status = try machine.waitForExit(within: .seconds(5))
    if !status.succeeded { explain() }
    say("\nThe guest ended: \(status).")
    return status.shellStatus
  }

  private func shutDown() throws {
    if settings.traceFolder != nil {
      // Frames are nothing for a screen.
      echo.isOn.store(false, ordering: .relaxed)
      machine.type("trace dump\n")
    }
    machine.type("exit\n")
    let status = try machine.waitForExit(within: .seconds(20))
    guard status.succeeded else {
      throw RunFailure(description: "the guest ended with \(status), 0 was expected")
    }
    let total = settings.makeStart.map { Date().timeIntervalSince($0) }
    say("The guest shut down, \(status).")
    if let total { sayHostTime("make run took \(seconds(total)).") }
  }

  /// What is known when a step failed.
  private func explain() {
    if let backtrace = machine.symbolisedBacktrace {
      say("\nThe kernel's backtrace, with names:\n\(backtrace)")
    }
    let messages = machine.emulatorMessages
    if !messages.isEmpty { say("\nQEMU says:\n\(messages)") }
  }
}

/// The list of calls on the screen, within 80 columns.
private enum Table {
  private static let columns = [22, 15, 13, 5, 7, 12]
  /// Words stand at the left of their column, numbers at the right.
  private static let wordColumns = 3

  static var header: String {
    line(["call", "result", "path", "held", "kernel", "guest"])
      + "\n" + line(["", "", "", "loads", "entries", "instructions"])
  }

  static func row(_ call: DemonstrationCall, _ result: String, _ record: CallRecord) -> String {
    line([
      call.name, result, record.path == .cold ? "cold dispatch" : "user loop",
      String(record.heldLoads), String(record.kernelEntries), String(record.instructions),
    ])
  }

  private static func line(_ cells: [String]) -> String {
    var fields: [String] = []
    for (index, (cell, width)) in zip(cells, columns).enumerated() {
      let fill = String(repeating: " ", count: max(0, width - cell.count))
      fields.append(index < wordColumns ? cell + fill : fill + cell)
    }
    return fields.joined(separator: " ")
  }
}

/// Prints a line. Not `print`: its buffer would put our lines after the guest's.
private func say(_ line: String) { write(Array("\(line)\n".utf8)) }

private func write(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }
