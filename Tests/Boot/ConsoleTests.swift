// The console as a person uses it: keys, commands, and whatever else comes over a serial line.

import Harness
import Testing

extension BootTests {
  @Suite struct ConsoleTests {
    /// Each command, and a word of what it says.
    @Test func everyCommandAnswers() throws {
      let guest = try Guest { $0.coreCount = 2 }
      for (command, answer) in [
        ("help", "exit [status]"), ("ps", "process 1: "), ("cores", "core 1: dispatch thread"),
        ("services", "program 0x20000101 version 1 UDP port 4001"),
        ("endpoints", "process 1 thread 0 parked"), ("runq", "0 threads wait for a core"),
        ("nic", "LAUBERHORN, "), ("stats", "NIC: loadsHeld "), ("log", "log kernel=info"),
        ("log warning,process=debug", "kernel=warning nic=warning process=debug"),
        ("log loud", "log: error, warning"), ("trace", "trace on [sources]"),
        ("trace on everything", "trace on: sources are"), ("kill 99", "no process 99"),
        ("kill", "kill: the number"), ("exit 256", "at most 255"), ("nonsense", "unknown command"),
      ] {
        guest.machine.type(command + "\r")
        try guest.machine.expectLine("'\(answer)' after '\(command)'") { $0.contains(answer) }
      }
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test func repliesFitEightyColumns() throws {
      let guest = try Guest { $0.coreCount = 2 }
      guest.machine.type(
        "ps\rcores\rservices\rendpoints\rrunq\rnic\rtrace\rtrace on lots\rlog\rhelp\r")
      var line = ""
      while !line.hasPrefix("exit [status]") {
        line = try guest.machine.expectLine("the end of help") { _ in true }
        // What is typed ahead is echoed into other output; the log's lines are another matter.
        if !line.hasPrefix("log ") { #expect(line.count <= 80, "\(line)") }
      }
    }

    @Test func linesAreEditedAndRemembered() throws {
      let guest = try Guest { $0.coreCount = 1 }
      let left = "\u{1b}[D"
      for typed in ["cxores\(left)\(left)\(left)\(left)\u{8}\r", "nonsense\u{15}cores\r"] {
        guest.machine.type(typed)
        try guest.machine.expectLine(containing: "core 0: ")
      }
      guest.machine.type("\u{1b}[A\r")
      try guest.machine.expectLine(containing: "core 0: ")
      try guest.expectExit(typing: "exti\u{8}\u{8}it", status: 0)
    }

    /// Every byte there is, many times, and then a command.
    @Test func anyBytesAreSafe() throws {
      let guest = try Guest { $0.coreCount = 2 }
      // Without newlines: a line of garbage could be a command.
      let garbage = (0..<8000).map { UInt8(truncatingIfNeeded: $0 &* 167) }
        .filter { $0 != 10 && $0 != 13 }
      guest.machine.type(bytes: garbage)
      // Out of an escape sequence, and an empty line.
      guest.machine.type("zz\u{15}\u{3}cores\r")
      try guest.machine.expectLine(containing: "core 1: ")
      try guest.expectBothServicesAnswer("after garbage")
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test func logLevelsOfTheBootArgumentsCount() throws {
      let guest = try Guest {
        $0.coreCount = 1
        $0.bootArguments = ["log=debug", "log=info,nic=error"]
      }
      guest.machine.type("log\r")
      try guest.machine.expectLine(containing: "kernel=info nic=error process=info")
    }
  }
}
