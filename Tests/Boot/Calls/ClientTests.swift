// Three clients that know nothing of each other: rpcinfo, a C program by rpcgen, and our own.

import Harness
import Testing

extension BootTests {
  @Suite struct ClientTests {
    /// Debian's rpcinfo, as it is: it calls procedure 0 and says what came of it. With -a it is
    /// told the address (h1.h2.h3.h4.p1.p2, RFC 5665 §5.2.3.3) and asks no rpcbind for it.
    @Test func rpcinfoSaysReadyAndWaiting() throws {
      let guest = try Guest()
      for (port, program) in [
        (guest.echoPort, EchoService.program), (guest.calculatorPort, CalculatorService.program),
      ] {
        let address = "127.0.0.1.\(port >> 8).\(port & 0xff)"
        let result = try ChildProcess.run(
          "/usr/sbin/rpcinfo", ["-a", address, "-T", "udp", String(program), "1"])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.output == "program \(program) version 1 ready and waiting\n")
      }
    }

    @Test func rpcgenClientIsContent() throws {
      let guest = try Guest(ports: [StatisticsService.port])
      let statistics = try guest.hostPort(ofGuestPort: StatisticsService.port)
      let client = guest.machine.configuration.artefacts.rpcgenClient
      try guest.machine.configuration.artefacts.require([client])
      let result = try ChildProcess.run(
        client, [guest.echoPort, guest.calculatorPort, statistics].map(String.init),
        within: .seconds(60))
      #expect(result.status == .exited(0), "\(result.output)\(result.errors)")
      #expect(result.output.contains("process 2 echo: 10 calls, 10 replied"))
    }

    @Test(arguments: [1, 4]) func tenThousandCallsLoseNone(cores: Int) throws {
      let guest = try Guest { $0.coreCount = cores }
      var client = try guest.echoClient()
      var replies = 0
      for _ in 0..<10_000 {
        guard try client.call(EchoService.null) == .success([]) else { break }
        replies += 1
      }
      #expect(replies == 10_000)
      #expect(client.strayDatagrams == 0)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Sizes around the ends of the control line, of an overflow line, and of an Ethernet frame.
    @Test func echoOfEverySizeComesBack() throws {
      let guest = try Guest { $0.coreCount = 2 }
      var client = try guest.echoClient()
      let sizes =
        Array(0...140) + [255, 256, 257, 400, 511, 512, 513, 1023, 1024, 1025, 1427]
        + [EchoService.largestUnfragmentedData]
      for size in sizes {
        let data = EchoService.echoArguments(EchoService.pattern(size))
        let outcome = try client.call(EchoService.echo, data)
        #expect(outcome == .success(data), "echo of \(size) bytes")
      }
    }

    @Test func arithmeticIsRight() throws {
      let guest = try Guest { $0.coreCount = 2 }
      var client = try guest.calculatorClient()
      for (left, right) in [(40, 2), (-1, 1), (Int32.max, 1), (Int32.min, -1)] as [(Int32, Int32)] {
        let outcome = try client.call(
          CalculatorService.add, CalculatorService.addArguments(left, right))
        guard case .success(let results) = outcome else {
          Issue.record("add \(left) \(right): \(outcome)")
          continue
        }
        #expect(try CalculatorService.sum(from: results) == left &+ right)
      }
      for (left, right) in [(6, 7), (-3_000_000_000, 3), (Int64.max, 2), (0, Int64.min)]
        as [(Int64, Int64)]
      {
        let outcome = try client.call(
          CalculatorService.multiply, CalculatorService.multiplyArguments(left, right))
        guard case .success(let results) = outcome else {
          Issue.record("multiply \(left) \(right): \(outcome)")
          continue
        }
        #expect(try CalculatorService.product(from: results) == left &* right)
      }
      for count in [0, 1, 2, 31, 32, 33, CalculatorService.largestValueCount] {
        let values = (0..<Int32(count)).map { $0 * 8_388_593 - 1_000_000_000 }
        let outcome = try client.call(
          CalculatorService.mean, CalculatorService.meanArguments(values))
        guard case .success(let results) = outcome else {
          Issue.record("mean of \(count) values: \(outcome)")
          continue
        }
        let mean = try CalculatorService.mean(from: results)
        #expect(mean.sum == values.reduce(0) { $0 + Int64($1) })
        #expect(mean.count == count)
      }
    }
  }
}
