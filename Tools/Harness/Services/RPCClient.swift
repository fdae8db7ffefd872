// An ONC RPC client over UDP: one call at a time, replies matched by transaction identifier.

/// Calls without any reply: why that is, as far as a client can tell.
public struct NoReply: CustomStringConvertible {
  /// So many calls in a row without one, and none before them had one: there will be none.
  public static let patience = 5
  /// The most that is sent in one frame of 1,500 bytes: less IPv4 (20) and UDP (8).
  static let largestUnfragmentedDatagram = 1472

  private let servers: [SocketAddress]
  private let timeout: Duration
  private let datagramBytes: Int

  /// - Parameter datagramBytes: of the longest call.
  public init(from servers: [SocketAddress], within timeout: Duration, datagramBytes: Int) {
    self.servers = servers
    self.timeout = timeout
    self.datagramBytes = datagramBytes
  }

  public var description: String {
    let names = servers.map(\.description).joined(separator: ", ")
    let start = "no reply from \(names) within \(timeout): "
    guard datagramBytes > Self.largestUnfragmentedDatagram else {
      return start + "is a machine running (make run)?"
    }
    return start
      + "the call has \(datagramBytes) bytes; one above \(Self.largestUnfragmentedDatagram) is sent "
      + "as IP fragments, and the NIC drops those (README, Known limits)"
  }
}

/// Calls procedures of one server.
public struct RPCClient: ~Copyable {
  private let socket: UDPSocket
  private let server: SocketAddress
  private var nextTransaction: UInt32

  /// How long to wait for the reply to one transmission.
  public var timeout: Duration
  /// How often to send again. 0 by default: a lost datagram then shows as a timeout and can be
  /// counted. The same transaction identifier is sent, as RFC 5531 §8.1 allows; our services have
  /// no side effects, so that executing a call twice does no harm.
  public var retransmissions = 0
  /// Datagrams that were no reply, or one to another call (a late one, say).
  public private(set) var strayDatagrams = 0
  /// Of the last call.
  public var lastTransaction: UInt32 { nextTransaction &- 1 }

  public init(
    server: SocketAddress, firstTransaction: UInt32 = .random(in: 1...0x3fff_ffff),
    timeout: Duration = .seconds(2)
  ) throws(NetworkError) {
    // Any local address: the server need not be on this machine.
    socket = try UDPSocket(boundTo: SocketAddress(address: 0, port: 0))
    self.server = server
    self.timeout = timeout
    nextTransaction = firstTransaction
  }

  /// Makes one call and waits for what comes of it.
  public mutating func call(
    _ target: RPCProcedure, _ arguments: [UInt8] = []
  ) throws(NetworkError) -> RPCOutcome {
    let call = RPCCall(transaction: nextTransaction, target: target, arguments: arguments)
    nextTransaction &+= 1
    for _ in 0...retransmissions {
      try socket.send(call.bytes, to: server)
      if let reply = try awaitReply(to: call.transaction) { return reply.outcome }
    }
    return .timeout
  }

  /// Sends bytes that need not be a call, and returns what comes back: for tests of bad input.
  public mutating func exchange(
    datagram: [UInt8], timeout: Duration
  ) throws(NetworkError) -> [UInt8]? {
    try socket.send(datagram, to: server)
    return try socket.receive(within: timeout)?.datagram
  }

  /// The reply to this transaction; nil when none came in time.
  private mutating func awaitReply(to transaction: UInt32) throws(NetworkError) -> RPCReply? {
    let end = ContinuousClock.now + timeout
    while let (datagram, _) = try socket.receive(within: ContinuousClock.now.duration(to: end)) {
      if let reply = try? RPCReply(datagram), reply.transaction == transaction { return reply }
      strayDatagrams += 1
    }
    return nil
  }
}
