// Calls that are there before the response of the last one is fetched (R17), on slow lines.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct FetchTests {
    /// Lines of 200 µs, so that a null handler's loop comes back to a line long before it is fetched:
    /// it finds its mark there, again and again, and each call is answered once all the same.
    @Test(arguments: [1, 2]) func callsOvertakeTheFetchesOfResponses(cores: Int) throws {
      let path = NSTemporaryDirectory() + "wengen-fetches-\(UUID().uuidString).txt"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let guest = try Guest {
        $0.coreCount = cores
        $0.deviceProperties = [("line-latency", "200000"), ("counters", path)]
      }
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      var outstanding: [UInt32: [UInt8]] = [:]
      var next: UInt32 = 1
      let calls: UInt32 = 400
      while next <= calls || !outstanding.isEmpty {
        while next <= calls, outstanding.count < 8 {
          // One in four has overflow lines, for which the next call waits.
          let bytes = EchoService.pattern(next % 4 == 0 ? 300 : Int(next % 60))
          let call = RPCCall(
            transaction: next, target: EchoService.echo,
            arguments: EchoService.echoArguments(bytes))
          try socket.send(call.bytes, to: .loopback(port: guest.echoPort))
          outstanding[next] = EchoService.echoArguments(bytes)
          next += 1
        }
        let datagram = try socket.receive(within: .seconds(5))?.0
        let reply = try RPCReply(try #require(datagram, "\(outstanding.keys.sorted())"))
        let expected = outstanding.removeValue(forKey: reply.transaction)
        #expect(reply.outcome == .success(try #require(expected)))
      }
      #expect(try guest.statistics()["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
      let counters = try String(contentsOfFile: path, encoding: .utf8)
      let marked = counters.split(separator: "\n").first { $0.hasPrefix("faultMarkedLoads ") }
      print("on \(cores) cores, \(marked ?? "no marked loads")")
      #expect((marked?.split(separator: " ").last).flatMap { Int($0) } ?? 0 > 0)
    }
  }
}
