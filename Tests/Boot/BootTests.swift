// The kernel in QEMU, called by real clients from this machine. `make boot-test` runs it.
//
// One guest at a time: there are few cores to emulate on, and a test's time bounds should not
// depend on its neighbours.

import Foundation
import Harness
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) enum BootTests {}

extension BootTests {
  @Suite struct Boot {
    @Test(arguments: [1, 2, 4, 8]) func bootsAndAnswers(cores: Int) throws {
      let guest = try Guest { $0.coreCount = cores }
      #expect(guest.machine.console.text.contains("\(cores) cores"))
      try guest.expectBothServicesAnswer("with \(cores) cores")
      try guest.expectExit(typing: "exit", status: 0)
    }

    @Test(arguments: [0, 1, 42, 255] as [Int32])
    func exitStatusReachesTheShell(status: Int32) throws {
      let guest = try Guest { $0.coreCount = 1 }
      try guest.expectExit(typing: "exit \(status)", status: status)
    }

    @Test func consoleRefusesWhatItDoesNotKnow() throws {
      let guest = try Guest { $0.coreCount = 1 }
      let tooLong = String(repeating: "x", count: 200)
      for command in ["exit 256", "exit -1", "exit x", "nonsense", tooLong] {
        guest.machine.type(command + "\n")
        try guest.machine.expectLine("an answer to '\(command)'") {
          $0.contains("unknown command") || $0.contains("at most")
        }
      }
      try guest.expectBothServicesAnswer("after unknown commands")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// The console as a person leaves it, with the counted instructions of each call.
    private struct Observation: Equatable {
      let console: [UInt8]
      let calls: [CallRecord]
    }

    private func observeDeterministicRun() throws -> Observation {
      let guest = try Guest { $0.deterministic = true }
      // The transaction identifiers are part of the calls.
      var echo = try RPCClient(server: .loopback(port: guest.echoPort), firstTransaction: 1)
      var calculator = try RPCClient(
        server: .loopback(port: guest.calculatorPort), firstTransaction: 1000)
      var calls: [CallRecord] = []
      for size in [0, 96, 1024] {
        let data = EchoService.echoArguments(EchoService.pattern(size))
        #expect(try echo.call(EchoService.echo, data) == .success(data))
        calls.append(try guest.record(ofLastCallBy: echo))
        #expect(try calculator.call(CalculatorService.null) == .success([]))
        calls.append(try guest.record(ofLastCallBy: calculator))
      }
      try guest.expectExit(typing: "exit", status: 0)
      return Observation(console: guest.machine.console.snapshot(), calls: calls)
    }

    @Test func deterministicRunsAreTheSame() throws {
      let first = try observeDeterministicRun()
      let second = try observeDeterministicRun()
      #expect(
        String(decoding: first.console, as: UTF8.self)
          == String(decoding: second.console, as: UTF8.self))
      #expect(first.console == second.console)
      #expect(first.calls == second.calls)
    }
  }
}
