// `make run PCAP=file`: Debian's tshark reads the capture, and dissects it as ONC RPC.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct CaptureTests {
    /// One line for each RPC message that tshark finds, its fields separated by tabs.
    private func dissect(_ file: String, filter: String) throws -> [[String]] {
      let result = try ChildProcess.run(
        "/usr/bin/tshark",
        [
          // Program numbers above 0x20000000 are nobody's: tshark asks for leave to believe in them.
          "-o", "rpc.dissect_unknown_programs:TRUE", "-r", file, "-Y", filter, "-T", "fields",
          "-e", "rpc.xid", "-e", "rpc.msgtyp", "-e", "rpc.program", "-e", "rpc.state_accept",
        ])
      #expect(result.status == .exited(0), "\(result.errors)")
      return result.output.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
    }

    @Test func theCaptureIsRPC() throws {
      let file = NSTemporaryDirectory() + "wengen-\(UUID().uuidString).pcap"
      defer { try? FileManager.default.removeItem(atPath: file) }
      let guest = try Guest {
        $0.coreCount = 2
        $0.packetCapture = file
      }
      var echo = try RPCClient(server: .loopback(port: guest.echoPort), firstTransaction: 0x100)
      for size in [0, 96, 1000] {
        let data = EchoService.echoArguments(EchoService.pattern(size))
        #expect(try echo.call(EchoService.echo, data) == .success(data))
      }
      // An error of the NIC's: GARBAGE_ARGS, 4 (RFC 5531 §9).
      #expect(try echo.call(EchoService.echo, [1]) == .acceptedError(.garbageArguments))
      try guest.expectExit(typing: "exit", status: 0)

      let messages = try dissect(file, filter: "rpc")
      let expected = (0..<4).flatMap { index -> [[String]] in
        let transaction = "0x0000010\(index)"
        let program = String(EchoService.program)
        return [
          [transaction, "0", program, ""],
          [transaction, "1", program, index < 3 ? "0" : "4"],
        ]
      }
      #expect(
        messages.map { Array($0.prefix(2)) + [$0[3]] }
          == expected.map { Array($0.prefix(2)) + [$0[3]] })
      #expect(messages.allSatisfy { $0[2].contains(String(EchoService.program)) })
      #expect(try dissect(file, filter: "_ws.malformed").isEmpty)
    }
  }
}
