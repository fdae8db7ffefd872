// Making the calls: at their times or one for each reply, and looking at what comes back.

import Harness
import Workload

/// Transactions of call n are first + n.
struct LoadRun: ~Copyable {
  private let options: LoadOptions
  private let servers: [SocketAddress]
  private let socket: UDPSocket
  let firstTransaction: UInt32
  private var planned: PlannedCalls
  private var pending: [Int: (call: PreparedCall, begin: ContinuousClock.Instant)] = [:]
  private var result: LoadResult
  /// Whether anything has come back.
  private var isAnswered = false

  init(_ options: LoadOptions, servers: [SocketAddress]) throws(NetworkError) {
    self.options = options
    self.servers = servers
    socket = try UDPSocket(boundTo: SocketAddress(address: 0, port: 0))
    firstTransaction = options.isDeterministic ? 1 : .random(in: 1...0x3fff_ffff)
    planned = options.workload.calls
    result = LoadResult(callCount: options.calls)
  }

  mutating func run() throws -> LoadResult {
    let start = ContinuousClock.now
    var sent = 0
    while sent < options.calls || !pending.isEmpty {
      let now = ContinuousClock.now
      switch options.pace {
      case .closed(let limit):
        while sent < options.calls, pending.count < limit {
          try send(sent, begin: ContinuousClock.now)
          sent += 1
        }
        try receive(within: .milliseconds(10))
      case .open:
        guard sent < options.calls else {
          try receive(within: .milliseconds(10))
          break
        }
        let time = start + .nanoseconds(Int64(next.arrivalNanoseconds))
        guard time <= now else {
          // poll has milliseconds; the last one is spent asking again and again.
          let left = now.duration(to: time)
          try receive(within: left > .milliseconds(2) ? left - .milliseconds(1) : .zero)
          break
        }
        result.latestNanoseconds = max(
          result.latestNanoseconds, time.duration(to: now).seconds * 1e9)
        try send(sent, begin: time)
        sent += 1
      }
      giveUpOld()
      if !isAnswered, result.lost >= NoReply.patience, !options.servers.isEmpty {
        let noReply = NoReply(from: servers, within: options.timeout, datagramBytes: 0)
        throw LoadFailure.run("\(noReply)")
      }
    }
    result.seconds = start.duration(to: .now).seconds
    return result
  }

  private var lookAhead: PlannedCall?
  private var next: PlannedCall {
    mutating get {
      if let lookAhead { return lookAhead }
      guard let call = planned.next() else { preconditionFailure("a workload has no end") }
      lookAhead = call
      return call
    }
  }

  private mutating func send(
    _ index: Int, begin: ContinuousClock.Instant
  ) throws(NetworkError) {
    let call = PreparedCall(
      next, transaction: firstTransaction &+ UInt32(index),
      instructionsPerMicrosecond: options.instructionsPerMicrosecond)
    lookAhead = nil
    result.calls.append(call.planned)
    pending[index] = (call, begin)
    try socket.send(call.bytes, to: servers[call.planned.service])
  }

  private mutating func receive(within limit: Duration) throws(NetworkError) {
    guard let (datagram, _) = try socket.receive(within: limit) else { return }
    let now = ContinuousClock.now
    isAnswered = true
    guard let reply = try? RPCReply(datagram),
      let call = pending.removeValue(forKey: Int(reply.transaction &- firstTransaction))
    else {
      result.strayDatagrams += 1
      return
    }
    result.judge(
      reply.outcome, to: call.call, index: Int(reply.transaction &- firstTransaction),
      latencyNanoseconds: call.begin.duration(to: now).seconds * 1e9)
  }

  private mutating func giveUpOld() {
    guard !pending.isEmpty else { return }
    let limit = ContinuousClock.now - options.timeout
    for (index, call) in pending where call.begin < limit {
      pending[index] = nil
      result.lost += 1
    }
  }
}
