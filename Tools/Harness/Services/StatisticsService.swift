// The statistics service as its clients know it (User/Statistics/statistics.x).

/// `STATISTICS_PROGRAM`.
public enum StatisticsService {
  public static let port: UInt16 = 4010
  public static let program: UInt32 = 0x2000_0110
  /// Instead of a record's number: there is none left.
  public static let none: UInt64 = 0xffff_ffff

  /// Calls by how they began and ended.
  public struct Calls: Hashable, Sendable {
    public let accepted, warm, cold, replied: UInt64
    public let failedByHandler, failedMalformedResponse, failedByKernel,
      failedProcessRemoved: UInt64
    public let rejectedGarbageArguments, rejectedOverload: UInt64

    /// All that did not end in a result.
    public var errors: UInt64 {
      failedByHandler + failedMalformedResponse + failedByKernel + failedProcessRemoved
        + rejectedGarbageArguments + rejectedOverload
    }
  }

  public struct System: Hashable, Sendable {
    public let uptimeNanoseconds, cores, processes, framesReceived, framesSent: UInt64
    public let callsAccepted, callsReplied, loadsHeld, tryAgain, yieldNow, retire, resume: UInt64
    public let preemptions, violations: UInt64
  }

  public struct Core: Hashable, Sendable {
    public let number, process, readyThreads: UInt64
    public let dispatches, yields, kernelTryAgain, requeued, systemCalls, interrupts: UInt64
    public let faults, kernelPreemptions, alarms, requests: UInt64
    public let loadsHeld, tryAgain, yieldNow, retire, preemptions: UInt64
    public let warmCalls, coldCalls, resumes: UInt64
  }

  public struct Process: Hashable, Sendable {
    public let number: UInt64
    public let name: String
    public let threads, memoryBytes, starts: UInt64
    public let calls: Calls
    public let queued, longestQueue: UInt64
  }

  public struct Procedure: Hashable, Sendable {
    public let number, process, port, program, version, procedure: UInt64
    public let calls: Calls
  }

  /// Nanoseconds of the NIC's clock.
  public struct Span: Hashable, Sendable {
    public let number, requests, median, percentile99, percentile999, longest: UInt64
  }

  public enum Record: UInt32, Sendable {
    case system = 1
    case core, process, procedure, span
  }
}

/// Why the statistics could not be read.
public enum StatisticsError: Error, CustomStringConvertible {
  case network(NetworkError)
  case outcome(RPCOutcome)
  case malformed(XDRError)

  public var description: String {
    switch self {
    case .network(let error): "\(error)"
    case .outcome(.timeout): "no reply: is a machine running (make run)?"
    case .outcome(let outcome): "the statistics service answered \(outcome)"
    case .malformed(let error): "malformed statistics: \(error)"
    }
  }
}

/// A client of the statistics service.
public struct StatisticsClient: ~Copyable {
  private var client: RPCClient

  public init(server: SocketAddress, timeout: Duration = .seconds(2)) throws(NetworkError) {
    client = try RPCClient(server: server, timeout: timeout)
    client.retransmissions = 2
  }

  public mutating func system() throws(StatisticsError) -> StatisticsService.System {
    let all = try records(.system) { fields throws(XDRError) in
      StatisticsService.System(
        uptimeNanoseconds: try fields.next(), cores: try fields.next(),
        processes: try fields.next(), framesReceived: try fields.next(),
        framesSent: try fields.next(), callsAccepted: try fields.next(),
        callsReplied: try fields.next(), loadsHeld: try fields.next(),
        tryAgain: try fields.next(), yieldNow: try fields.next(), retire: try fields.next(),
        resume: try fields.next(), preemptions: try fields.next(), violations: try fields.next())
    }
    guard let system = all.first else { throw .outcome(.acceptedError(.systemError)) }
    return system
  }

  public mutating func cores() throws(StatisticsError) -> [StatisticsService.Core] {
    try records(.core) { fields throws(XDRError) in
      StatisticsService.Core(
        number: fields.number, process: try fields.next(), readyThreads: try fields.next(),
        dispatches: try fields.next(), yields: try fields.next(),
        kernelTryAgain: try fields.next(), requeued: try fields.next(),
        systemCalls: try fields.next(), interrupts: try fields.next(), faults: try fields.next(),
        kernelPreemptions: try fields.next(), alarms: try fields.next(),
        requests: try fields.next(), loadsHeld: try fields.next(), tryAgain: try fields.next(),
        yieldNow: try fields.next(), retire: try fields.next(), preemptions: try fields.next(),
        warmCalls: try fields.next(), coldCalls: try fields.next(), resumes: try fields.next())
    }
  }

  public mutating func processes() throws(StatisticsError) -> [StatisticsService.Process] {
    try records(.process) { fields throws(XDRError) in
      StatisticsService.Process(
        number: fields.number, name: try fields.text(limit: 32), threads: try fields.next(),
        memoryBytes: try fields.next(), starts: try fields.next(), calls: try fields.calls(),
        queued: try fields.next(), longestQueue: try fields.next())
    }
  }

  public mutating func procedures() throws(StatisticsError) -> [StatisticsService.Procedure] {
    try records(.procedure) { fields throws(XDRError) in
      StatisticsService.Procedure(
        number: fields.number, process: try fields.next(), port: try fields.next(),
        program: try fields.next(), version: try fields.next(), procedure: try fields.next(),
        calls: try fields.calls())
    }
  }

  public mutating func spans() throws(StatisticsError) -> [StatisticsService.Span] {
    try records(.span) { fields throws(XDRError) in
      StatisticsService.Span(
        number: fields.number, requests: try fields.next(), median: try fields.next(),
        percentile99: try fields.next(), percentile999: try fields.next(),
        longest: try fields.next())
    }
  }

  /// A record's fields behind its number, one after the other.
  private struct Fields {
    let number: UInt64
    var decoder: XDRDecoder

    mutating func next() throws(XDRError) -> UInt64 { try decoder.decodeUInt64() }

    mutating func text(limit: Int) throws(XDRError) -> String {
      String(decoding: try decoder.decodeOpaque(limit: limit), as: UTF8.self)
    }

    mutating func calls() throws(XDRError) -> StatisticsService.Calls {
      StatisticsService.Calls(
        accepted: try next(), warm: try next(), cold: try next(), replied: try next(),
        failedByHandler: try next(), failedMalformedResponse: try next(),
        failedByKernel: try next(), failedProcessRemoved: try next(),
        rejectedGarbageArguments: try next(), rejectedOverload: try next())
    }
  }

  /// All records of a kind.
  private mutating func records<Value>(
    _ record: StatisticsService.Record, _ decode: (inout Fields) throws(XDRError) -> Value
  ) throws(StatisticsError) -> [Value] {
    var values: [Value] = []
    var number: UInt32 = 0
    while true {
      let results = try call(record, number)
      do throws(XDRError) {
        var decoder = XDRDecoder(results)
        let found = try decoder.decodeUInt64()
        guard found != StatisticsService.none else { return values }
        var fields = Fields(number: found, decoder: decoder)
        values.append(try decode(&fields))
        try fields.decoder.finish()
        number = UInt32(truncatingIfNeeded: found) + 1
      } catch { throw .malformed(error) }
    }
  }

  private mutating func call(
    _ record: StatisticsService.Record, _ number: UInt32
  ) throws(StatisticsError) -> [UInt8] {
    var arguments = XDREncoder()
    arguments.encode(number)
    let target = RPCProcedure(
      program: StatisticsService.program, version: 1, procedure: record.rawValue)
    let outcome: RPCOutcome
    do throws(NetworkError) {
      outcome = try client.call(target, arguments.bytes)
    } catch { throw .network(error) }
    guard case .success(let results) = outcome else { throw .outcome(outcome) }
    return results
  }
}
