// What all cores, threads and endpoints are in, for a report before the machine stops.
//
// Takes no lock, since a core that has stopped may have it: so numbers, not names.

internal import Boot
internal import Interface
internal import Platform
internal import Reporting
internal import Scheduling

/// The state of scheduler and endpoints, as text past the console's queue.
enum StateDump {
  static func print() {
    Console.writeUnlocked { output in
      output.write("\nstate of the cores:\n")
      for number in 0..<Kernel.coreCount {
        let core = Kernel.cores[CoreIdentifier(number)]
        if let running = core.running {
          output.writeLine("  core \(number): thread \(running.number), queued \(core.readyCount)")
        } else {
          output.writeLine("  core \(number): dispatch thread, queued \(core.readyCount)")
        }
        output.writeLine(
          "    dispatches \(core[.dispatches]) yields \(core[.yields]) try-again \(core[.tryAgain]) interrupts \(core[.interrupts]) requests \(core[.requests])"
        )
      }
      output.write("state of the threads and their endpoints:\n")
      Kernel.threads.forEachUsed { thread in
        guard thread.state != .ended else { return }
        output.writeLine(
          "  thread \(thread.identifier.number): process \(thread.process.number), endpoint \(thread.endpoint.number) \(thread.isAttached ? "attached" : "not attached"), \(thread.state.name), core \(thread.core.number)"
        )
        output.writeLine(
          "    PC \(hexadecimal: thread.programCounter, digits: 16) SP \(hexadecimal: thread.stackPointer, digits: 16)"
        )
      }
    }
  }
}

extension ThreadState {
  /// For reports.
  var name: StaticString {
    switch self {
    case .created: "created"
    case .runnable: "runnable"
    case .running: "running"
    case .sleeping: "sleeping"
    case .blocked: "blocked"
    case .parked: "parked"
    case .migrating: "migrating"
    case .ended: "ended"
    }
  }
}
