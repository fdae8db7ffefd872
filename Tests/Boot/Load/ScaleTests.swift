// Enzian's size: 48 cores and 64 processes.

import Harness
import Testing

extension BootTests {
  @Suite struct ScaleTests {
    /// The processes of the large machine: both example services 32 times each.
    static let echoPorts = (0..<32).map { UInt16(4100 + 2 * $0) }
    static let calculatorPorts = (0..<32).map { UInt16(4101 + 2 * $0) }

    static var manifest: String {
      zip(echoPorts, calculatorPorts).map { echo, calculator in
        "echo name=echo-\(echo) argument=\(echo)\n"
          + "calculator name=calculator-\(calculator) argument=\(calculator)\n"
      }.joined()
    }

    @Test(arguments: [1, 3, 4, 16, 17, 33, 48]) func everyNumberOfCoresBootsAndAnswers(
      cores: Int
    ) throws {
      let guest = try Guest { $0.coreCount = cores }
      #expect(guest.machine.console.text.contains("\(cores) cores online"))
      try guest.expectBothServicesAnswer("with \(cores) cores")
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// R7, R14: nobody is forgotten among 64 processes, and no call is lost.
    @Test(.timeLimit(.minutes(5))) func sixtyFourProcessesAnswerFiftyThousandCalls() throws {
      let archive = try ServiceArchive(programs: ["echo", "calculator"], manifest: Self.manifest)
      let guest = try Guest(archive: archive, ports: Self.echoPorts + Self.calculatorPorts) {
        $0.coreCount = 48
      }
      #expect(guest.machine.console.text.contains("ready: 64 processes, 48 cores"))
      let rounds = 782
      var losses = 0
      var calls = 0
      for index in 0..<32 {
        var echo = try guest.client(ofGuestPort: Self.echoPorts[index])
        var calculator = try guest.client(ofGuestPort: Self.calculatorPorts[index])
        let data = EchoService.echoArguments(EchoService.pattern(index * 8))
        // Each process in turn, with its neighbour, so that cores change hands all the time.
        for round in 0..<rounds {
          if try echo.call(EchoService.echo, data) != .success(data) { losses += 1 }
          let sum = try calculator.call(
            CalculatorService.add, CalculatorService.addArguments(Int32(round), Int32(index)))
          guard case .success(let results) = sum,
            try CalculatorService.sum(from: results) == Int32(round + index)
          else {
            losses += 1
            continue
          }
          calls += 2
        }
      }
      #expect(losses == 0)
      #expect(calls >= 50_000)
      let statistics = try guest.statistics()
      #expect(statistics["callsReplied"] == UInt64(calls))
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
