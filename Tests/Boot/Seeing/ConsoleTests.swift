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
        ("trace on everything", "trace on: sources are"),
        ("trace show x", "trace show: how many"), ("exit x", "a number, at most 255"),
        ("limits 1 3 2 1 0", "fewest cores, 3, are more than the most, 2"),
        ("kill 99", "no process 99"),
        ("kill", "kill: the number"), ("policy", "policy: first-come; handlers run"),
        ("bench", "bench: an event, recorded: "), ("bench", "bench: schedule(), nothing ready: "),
        ("start", "start: the name"), ("start echo", "start: echo is process 2 already"),
        ("start nothing", "has no 'nothing'"), ("stop", "stop: the number"),
        ("stop nobody", "no process nobody to stop"), ("stop 0", "no process 0 to stop"),
        ("trace live", "live on, live off"), ("hang 1", "only with the boot argument"),
        ("exit 256", "at most 255"), ("nonsense", "unknown command"),
      ] {
        guest.machine.type(command + "\r")
        try guest.machine.expectLine("'\(answer)' after '\(command)'") { $0.contains(answer) }
      }
      let stackUsed = try guest.statistics()["stack-used", default: .max]
      #expect((1...Guest.mostStackBytes).contains(stackUsed))
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
    /// As on a machine whose serial port has no interrupt that the kernel can use.
    @Test func aConsoleWithoutInterruptIsPolled() throws {
      let guest = try Guest { $0.bootArguments = ["console=polled"] }
      for round in 1...3 {
        guest.machine.type("help\n")
        try guest.machine.expectLine(containing: "exit [status]")
        try guest.expectBothServicesAnswer("with a polled console, \(round)")
      }
      // Longer than the port's room for bytes.
      guest.machine.type(String(repeating: " ", count: 60) + "log\n")
      try guest.machine.expectLine(containing: "info")
      try guest.expectExit(typing: "exit 7", status: 7)
    }

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

    /// A stopped process stays ended, its clients get errors, and it can be started again.
    @Test func processesStopAndStart() throws {
      let guest = try Guest { $0.coreCount = 2 }
      try guest.expectBothServicesAnswer("at first")
      guest.machine.type("stop echo\r")
      try guest.machine.expectLine(containing: "echo (process 2) stopped: asked for")
      try expectGone("echo", guest)
      var client = try guest.echoClient()
      client.timeout = .milliseconds(500)
      #expect(try client.call(EchoService.null) != .success([]))
      guest.machine.type("start echo\r")
      try guest.machine.expectLine(containing: "echo: program 0x20000101")
      try guest.expectBothServicesAnswer("after a start")
      // By number; and a killed one starts by itself.
      guest.machine.type("stop 1\rkill echo\r")
      try guest.machine.expectLine(containing: "calculator (process 1) stopped")
      try guest.machine.expectLine(containing: "echo (process 2) starts again")
      try expectGone("calculator", guest)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// A process ends in rounds of the supervisor, some milliseconds.
    private func expectGone(_ name: String, _ guest: Guest) throws {
      let end = ContinuousClock.now + .seconds(10)
      while try guest.processes().contains(where: { $0.contains(name) }) {
        guard ContinuousClock.now < end else {
          Issue.record("\(name) is still there")
          return
        }
      }
    }

    @Test func rebootStartsTheMachineAgain() throws {
      // QEMU's -no-reboot makes a reset of the guest its end: status 0, and no second boot.
      let guest = try Guest { $0.coreCount = 2 }
      guest.machine.type("reboot\r")
      try guest.machine.expectLine(containing: "reboot")
      #expect(try guest.machine.waitForExit() == .exited(0))
      // With resets allowed, it boots again.
      let again = try Guest {
        $0.coreCount = 2
        $0.allowsReboot = true
      }
      again.machine.type("reboot\r")
      try again.machine.expectLine(containing: "ready: ")
      try again.expectBothServicesAnswer("after a reboot")
      try again.expectExit(typing: "exit", status: 0)
    }

    /// Log, live trace, dumps and typing on one line, and calls meanwhile.
    @Test func everythingAtOnceOnOneLine() throws {
      let guest = try Guest {
        $0.coreCount = 2
        $0.bootArguments = ["trace=all", "log=debug"]
      }
      guest.machine.type("trace live on\r")
      try guest.machine.expectLine(containing: "live: [")
      let bystander = Bystander(port: guest.echoPort, atLeast: 2000)
      for _ in 0..<5 {
        guest.machine.type("trace dump\rcores\r")
        try guest.machine.expectLine(containing: "core 1: ")
      }
      let (calls, losses) = bystander.finish()
      #expect(calls >= 2000 && losses == 0)
      guest.machine.type("trace live off\rtrace off\r")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Misspelt words are named with the choices; those that boot loaders give Linux are not.
    @Test func bootArgumentsThatMeanNothingAreReported() throws {
      let guest = try Guest {
        $0.coreCount = 1
        $0.bootArguments = [
          "foo=bar", "watch=maybe", "debug=1", "trace=nope", "log=nope", "quiet", "root=/dev/vda1",
          "BOOT_IMAGE=/boot/wengen", "net.ifnames=0", "console=ttyAMA0,115200",
        ]
      }
      let text = guest.machine.console.text
      for words in [
        "argument log=nope: there are error, warning, info or debug, or source=level, with commas; "
          + "sources are kernel, nic, process, program, interrupt, console, trace",
        "argument watch=maybe: there are off and on", "argument debug=1: there are yes and no",
        "argument trace=nope: there are all, usual, dispatch, user, syscall, interrupt, process, "
          + "idle, kernel, with commas",
        "argument foo= is unknown; there are exit, log, policy, watch, console, debug and trace",
      ] { #expect(text.contains("warning: console: boot \(words)"), "\(text)") }
      #expect(text.ranges(of: "boot argument").count == 5, "\(text)")
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
