// Calls of the spin service that are all under way at once.

import Harness
import Testing

/// One socket's calls; their transactions count from `first`.
final class Burst {
  private let socket: UDPSocket
  private let server: SocketAddress
  private let rounds: UInt64
  private var next: UInt32
  private var outstanding = 0

  /// - Parameter port: the service's, in the guest.
  init(
    _ guest: Guest, port: UInt16 = 4406, count: Int, rounds: UInt64, first: UInt32 = 0
  ) throws {
    socket = try UDPSocket(boundTo: .loopback(port: 0))
    server = try .loopback(port: guest.hostPort(ofGuestPort: port))
    self.rounds = rounds
    next = first
    for _ in 0..<count { try send() }
  }

  private func send() throws {
    let call = RPCCall(
      transaction: next, target: SpinService.spin,
      arguments: SpinService.spinArguments(seed: UInt64(next), rounds: rounds))
    try socket.send(call.bytes, to: server)
    next += 1
    outstanding += 1
  }

  /// Answers `calls` answers by as many calls, so that the same number stays under way.
  func goOn(calls: Int) throws {
    for _ in 0..<calls {
      try expectAnswer()
      try send()
    }
  }

  func expectAnswers() throws {
    while outstanding > 0 { try expectAnswer() }
  }

  private func expectAnswer() throws {
    let reply = try RPCReply(try #require(try socket.receive(within: .seconds(60))).datagram)
    var result = XDREncoder()
    result.encode(
      Int64(bitPattern: SpinService.result(seed: UInt64(reply.transaction), rounds: rounds)))
    #expect(reply.outcome == .success(result.bytes))
    outstanding -= 1
  }
}
