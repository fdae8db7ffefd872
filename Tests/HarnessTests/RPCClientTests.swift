// The client against servers in this process, each a thread that handles its datagrams in turn.

import Foundation
import Testing

@testable import Harness

@Suite struct RPCClientTests {
  private static let target = RPCProcedure(program: 1, version: 2, procedure: 3)

  /// A server that gives each datagram it gets, with its number, to `answer`, and sends back what
  /// that returns; it ends after `count` datagrams or two seconds without one.
  private func startServer(
    datagrams count: Int, answer: @escaping @Sendable (Int, [UInt8]) -> [[UInt8]]
  ) throws -> SocketAddress {
    let socket = try UDPSocket(boundTo: .loopback(port: 0))
    let address = try socket.localAddress
    let holder = SocketHolder(socket)
    Thread.detachNewThread {
      for index in 0..<count {
        guard let (datagram, sender) = try? holder.socket.receive(within: .seconds(2)) else {
          return
        }
        for reply in answer(index, datagram) { try? holder.socket.send(reply, to: sender) }
      }
    }
    return address
  }

  /// Lets a thread own the socket, which is not copied.
  private final class SocketHolder: Sendable {
    let socket: UDPSocket
    init(_ socket: consuming UDPSocket) { self.socket = socket }
  }

  private static func success(to call: [UInt8], _ results: [UInt8] = []) -> [UInt8] {
    Array(call[..<4]) + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 16) + results
  }

  @Test func returnsResults() throws {
    let server = try startServer(datagrams: 1) { _, call in
      // The server sees the target in the call, and echoes the arguments.
      Array(call[12..<24]) == [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        ? [Self.success(to: call, Array(call[40...]))] : []
    }
    var client = try RPCClient(server: server)
    #expect(try client.call(Self.target, [5, 6, 7, 8]) == .success([5, 6, 7, 8]))
  }

  @Test func countsStrayDatagramsAndTakesTheRightOne() throws {
    let server = try startServer(datagrams: 1) { _, call in
      var other = call
      other[3] ^= 1
      return [[1, 2, 3], Self.success(to: other), Self.success(to: call, [0, 0, 0, 9])]
    }
    var client = try RPCClient(server: server)
    #expect(try client.call(Self.target) == .success([0, 0, 0, 9]))
    #expect(client.strayDatagrams == 2)
  }

  @Test func reportsALostReplyAsTimeout() throws {
    let server = try startServer(datagrams: 1) { _, _ in [] }
    var client = try RPCClient(server: server, timeout: .milliseconds(50))
    let begin = ContinuousClock.now
    #expect(try client.call(Self.target) == .timeout)
    #expect(begin.duration(to: .now) >= .milliseconds(50))
  }

  @Test func sendsAgainOnlyWhenAsked() throws {
    let server = try startServer(datagrams: 3) { index, call in
      index == 2 ? [Self.success(to: call)] : []
    }
    var client = try RPCClient(server: server, timeout: .milliseconds(100))
    client.retransmissions = 2
    #expect(try client.call(Self.target) == .success([]))
  }

  @Test func everyCallHasItsOwnTransaction() throws {
    let server = try startServer(datagrams: 2) { _, call in [Self.success(to: call)] }
    var client = try RPCClient(server: server, firstTransaction: UInt32.max)
    _ = try client.call(Self.target)
    #expect(client.lastTransaction == UInt32.max)
    _ = try client.call(Self.target)
    #expect(client.lastTransaction == 0)
  }

  @Test(arguments: [40, 1472, 1473]) func noReplyHasAReason(datagramBytes: Int) {
    let noReply = NoReply(
      from: [.loopback(port: 4001)], within: .seconds(2), datagramBytes: datagramBytes)
    #expect(noReply.description.hasPrefix("no reply from 127.0.0.1:4001 within 2.0 seconds: "))
    #expect(noReply.description.contains("is a machine running") == (datagramBytes <= 1472))
    #expect(noReply.description.contains("as IP fragments") == (datagramBytes > 1472))
  }

  @Test func takesAnotherPortWhenThePreferredOneIsTaken() throws {
    let taken = try UDPSocket(boundTo: .loopback(port: 0))
    let port = try taken.localAddress.port
    #expect(try freeLoopbackPort(preferred: port) != port)
  }

  @Test(arguments: ["127.0.0.1", "127.0.0.1:", ":", "x:70000", "127.0.0.1:-1"])
  func refusesAddress(text: String) {
    #expect(throws: NetworkError.self) { try SocketAddress(parsing: text) }
  }

  @Test func parsesAddress() throws {
    let address = try SocketAddress(parsing: "127.0.0.1:14001")
    #expect(address == .loopback(port: 14001))
    #expect(address.description == "127.0.0.1:14001")
  }
}
