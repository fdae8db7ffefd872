// gdb at the kernel, as `make debug` and `make gdb` start the two: stops, names, tables.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct DebuggerTests {
    /// A guest that waits for its first instruction, and what gdb, attached to it, says to these
    /// commands. A client calls the echo service until it is answered.
    private func debug(
      _ commands: [String], cores: Int = 1
    ) throws -> (output: String, guest: Machine) {
      let artefacts = Artefacts.standard
      try artefacts.require([artefacts.kernelImage, artefacts.kernelELF, artefacts.device])
      let echoPort = try freeLoopbackPort()
      var configuration = MachineConfiguration(
        artefacts: artefacts, forwardedPorts: [.init(host: echoPort, guest: EchoService.port)],
        callRecords: "/dev/null")
      configuration.coreCount = cores
      // UDP and TCP have ports of their own; what is free for the one is free here for the other.
      let debuggerPort = try freeLoopbackPort()
      configuration.debuggerPort = debuggerPort
      let machine = try Machine(configuration)
      let script = NSTemporaryDirectory() + "wengen-gdb-\(UUID().uuidString)"
      try (commands + ["detach"]).joined(separator: "\n")
        .write(toFile: script, atomically: false, encoding: .utf8)
      defer { try? FileManager.default.removeItem(atPath: script) }

      let isDone = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        guard
          var client = try? RPCClient(
            server: .loopback(port: echoPort), timeout: .milliseconds(300))
        else { return }
        client.retransmissions = 200
        _ = try? client.call(EchoService.null)
        isDone.signal()
      }
      let result = try ChildProcess.run(
        "sh",
        [
          "-c",
          #"cd "$0" && exec gdb-multiarch -q -batch -x Tools/Debugger/kernel.gdb -ex "$1" "#
            + #"-ex at-start -x "$2" "$3" 2>&1 </dev/null"#,
          URL(filePath: artefacts.folder + "/../..").path,
          "target remote 127.0.0.1:\(debuggerPort)", script, artefacts.kernelELF,
        ], within: .seconds(60))
      #expect(result.status == .exited(0), "\(result.output)")
      #expect(isDone.wait(timeout: .now() + 20) == .success, "the call was not answered afterwards")
      return (result.output, machine)
    }

    /// Stops where the dispatch thread has taken a call, and looks at every table.
    @Test func tablesAreShownAtACall() throws {
      let (output, machine) = try debug([
        "message-stops", "continue", "message", "backtrace", "cores", "runqueues", "endpoints",
        "line 1", "line 3712", "processes", "process 1",
      ])
      for expected in [
        "Breakpoint 1, kernel_main",
        "Breakpoint 2, kernel_message_call",
        "process 2, endpoint 3712, in the line at 0xffff",
        // The backtrace has Swift's names.
        "DispatchThread.run()",
        // cores
        "core 0: dispatch thread; state line dispatch", "; at EL1 kernel_message_call",
        // runqueues
        "core 0: 0 workers ready, 0 general threads ready, running None",
        // endpoints (as EndpointAllotment gives them): the CALL stands in the line of the core's kernel endpoint.
        "CALL, tag 1", "of echo (process 2), parked; lines empty",
        // line
        "CALL, code kernel_message_call, data 0x0, process 2, argument bytes 16, tag 1",
        "arguments 0x2 0xe80 0x0", "C0: empty", "overflow lines with something in them: none",
        // processes, process
        "process 1: calculator, 1 threads, ", "process 3: rpcbind, 1 threads, ",
        ": parked, core ",
      ] {
        #expect(output.contains(expected), "no '\(expected)' in:\n\(output)")
      }
      #expect(!output.lowercased().contains("warning"), "\(output)")
      machine.type("exit\n")
      #expect(try machine.waitForExit() == .exited(0))
    }

    /// A wrong argument is named, and gdb's script goes on.
    @Test(
      arguments: [
        ("process 77", "there is no process 77"), ("process", "a number is needed"),
        ("line 8192", "endpoints are numbered from 0 to 8191"),
        ("stop-at no such function", "0 symbols match"), ("cores", "is not set yet"),
      ])
    func wrongArgumentsAreExplained(command: String, answer: String) throws {
      let (output, machine) = try debug([
        "python",
        "try: gdb.execute('\(command)')",
        "except gdb.error as error: print(error)",
        "end",
      ])
      #expect(output.contains(answer), "\(output)")
      machine.kill()
    }
  }
}
