// Frames that are no calls: the kernel answers ping.
//
// QEMU's user network forwards no ping to a guest. So here the wire is a pair of UDP ports, with
// an Ethernet frame in each datagram.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct PingTests {
    /// With one core the dispatch thread gets it from a worker that waits for calls.
    @Test(arguments: [1, 4]) func pingIsAnswered(cores: Int) throws {
      let wire = try UDPSocket(boundTo: .loopback(port: 0))
      let peer = try wire.localAddress.port
      let local = try freeLoopbackPort()
      let guest = try Guest {
        $0.coreCount = cores
        $0.wire = .init(local: local, peer: peer)
      }
      let server = SocketAddress.loopback(port: local)
      let guestEthernet = try guestAddress(wire, server)
      for (sequence, size) in [0, 1, 17, 18, 19, 56, 128, 500, 1023, 1399, 1400].enumerated() {
        let ping = Ping(guest: guestEthernet, sequence: UInt8(sequence), payloadBytes: size)
        try wire.send(ping.request, to: server)
        let answer = try #require(
          try wire.receive(within: .seconds(5))?.datagram, "no answer to \(size) bytes")
        #expect(answer == ping.reply, "\(size) bytes")
      }
      // A damaged one gets none: the next answer is the next request's.
      var damaged = Ping(guest: guestEthernet, sequence: 98, payloadBytes: 56).request
      damaged[damaged.count - 1] ^= 1
      let next = Ping(guest: guestEthernet, sequence: 99, payloadBytes: 56)
      try wire.send(damaged, to: server)
      try wire.send(next.request, to: server)
      #expect(try wire.receive(within: .seconds(5))?.datagram == next.reply)
      let statistics = try guest.statistics()
      #expect(statistics["messagesFrame"] == 13)
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// Asks for the guest's Ethernet address (RFC 826); the NIC answers that itself.
    private func guestAddress(
      _ wire: borrowing UDPSocket, _ server: SocketAddress
    ) throws -> [UInt8] {
      let request: [UInt8] =
        Array(repeating: 0xFF, count: 6) + Ping.client + [8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
        + Ping.client + Ping.clientInternet + [0, 0, 0, 0, 0, 0] + Ping.guestInternet
      try wire.send(request, to: server)
      let answer = try #require(try wire.receive(within: .seconds(5))?.datagram, "no ARP reply")
      return Array(answer[6..<12])
    }
  }
}

/// A request of RFC 792 and the reply that it must get.
private struct Ping {
  static let client: [UInt8] = [2, 0, 0, 0, 0, 0x99]
  static let clientInternet: [UInt8] = [10, 0, 2, 2]
  static let guestInternet: [UInt8] = [10, 0, 2, 15]

  let guest: [UInt8]
  let sequence: UInt8
  let payloadBytes: Int

  var request: [UInt8] {
    frame(
      to: guest, from: Ping.client, type: 8, timeToLive: 7, source: Ping.clientInternet,
      destination: Ping.guestInternet)
  }

  /// Padded to the shortest frame, as the NIC sends it.
  var reply: [UInt8] {
    let reply = frame(
      to: Ping.client, from: guest, type: 0, timeToLive: 64, source: Ping.guestInternet,
      destination: Ping.clientInternet)
    return reply + Array(repeating: 0, count: max(0, 60 - reply.count))
  }

  private func frame(
    to destinationEthernet: [UInt8], from sourceEthernet: [UInt8], type: UInt8,
    timeToLive: UInt8, source: [UInt8], destination: [UInt8]
  ) -> [UInt8] {
    var message: [UInt8] = [type, 0, 0, 0, 0x12, 0x34, 0, sequence]
    message += (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    message.replaceSubrange(2..<4, with: checksum(message))
    let length = 20 + message.count
    var header: [UInt8] = [0x45, 0, UInt8(length >> 8), UInt8(length & 0xFF), 0, 9, 0x40, 0]
    header += [timeToLive, 1, 0, 0] + source + destination
    header.replaceSubrange(10..<12, with: checksum(header))
    return destinationEthernet + sourceEthernet + [8, 0] + header + message
  }

  /// RFC 1071.
  private func checksum(_ data: [UInt8]) -> [UInt8] {
    var sum = 0
    for (index, byte) in data.enumerated() { sum += Int(byte) << (index % 2 == 0 ? 8 : 0) }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return [UInt8(~sum >> 8 & 0xFF), UInt8(~sum & 0xFF)]
  }
}
