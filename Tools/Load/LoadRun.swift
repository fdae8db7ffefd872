// Making the calls: at their times or one for each reply, and looking at what comes back.

import Harness
import Workload

/// A call as bytes, and what its reply must be.
private struct PreparedCall {
  let planned: PlannedCall
  let bytes: [UInt8]
  let expected: [UInt8]
}

/// What came of the calls. Times are the host's.
struct LoadResult {
  /// Of each call: from its planned sending to its reply, in nanoseconds; nil: none came. An open
  /// loop counts from the plan, so that a late client hides no waiting.
  var latencies: [Double?]
  var services: [PlannedCall] = []
  /// Answered with an RPC error, by what it says.
  var errors: [String: Int] = [:]
  /// Answered with other results than the right ones.
  var wrongResults = 0
  var lost = 0
  var strayDatagrams = 0
  var seconds = 0.0
  /// How late the last call was sent; an open loop only.
  var latestNanoseconds = 0.0
}

/// Transactions of call n are first + n.
struct LoadRun: ~Copyable {
  private let options: LoadOptions
  private let servers: [SocketAddress]
  private let socket: UDPSocket
  let firstTransaction: UInt32
  private var planned: PlannedCalls
  private var pending: [Int: (call: PreparedCall, begin: ContinuousClock.Instant)] = [:]
  private var result: LoadResult

  init(_ options: LoadOptions, servers: [SocketAddress]) throws(NetworkError) {
    self.options = options
    self.servers = servers
    socket = try UDPSocket(boundTo: SocketAddress(address: 0, port: 0))
    firstTransaction = options.isDeterministic ? 1 : .random(in: 1...0x3fff_ffff)
    planned = options.workload.calls
    result = LoadResult(latencies: Array(repeating: nil, count: options.calls))
  }

  mutating func run() throws(NetworkError) -> LoadResult {
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
    let call = prepare(next, transaction: firstTransaction &+ UInt32(index))
    lookAhead = nil
    result.services.append(call.planned)
    pending[index] = (call, begin)
    try socket.send(call.bytes, to: servers[call.planned.service])
  }

  private func prepare(_ call: PlannedCall, transaction: UInt32) -> PreparedCall {
    if call.bytes > 0 {
      let data = EchoService.echoArguments(EchoService.pattern(call.bytes))
      return PreparedCall(
        planned: call,
        bytes: RPCCall(transaction: transaction, target: EchoService.echo, arguments: data).bytes,
        expected: data)
    }
    let rounds = UInt64(
      (Double(call.serviceNanoseconds) / 1000 * options.instructionsPerMicrosecond
        / SpinService.instructionsPerRound).rounded())
    let seed = UInt64(transaction)
    var expected = XDREncoder()
    expected.encode(Int64(bitPattern: SpinService.result(seed: seed, rounds: rounds)))
    return PreparedCall(
      planned: call,
      bytes: RPCCall(
        transaction: transaction, target: SpinService.spin,
        arguments: SpinService.spinArguments(seed: seed, rounds: rounds)
      ).bytes, expected: expected.bytes)
  }

  private mutating func receive(within limit: Duration) throws(NetworkError) {
    guard let (datagram, _) = try socket.receive(within: limit) else { return }
    let now = ContinuousClock.now
    guard let reply = try? RPCReply(datagram),
      let call = pending.removeValue(forKey: Int(reply.transaction &- firstTransaction))
    else {
      result.strayDatagrams += 1
      return
    }
    switch reply.outcome {
    case .success(let results) where results == call.call.expected:
      result.latencies[Int(reply.transaction &- firstTransaction)] =
        call.begin.duration(to: now).seconds * 1e9
    case .success: result.wrongResults += 1
    default: result.errors["\(reply.outcome)", default: 0] += 1
    }
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
