// ONC RPC version 2 messages (RFC 5531 §9), the client's side: calls out, replies in.

/// A procedure of a program: what a call names.
public struct RPCProcedure: Hashable, Sendable {
  public let program: UInt32
  public let version: UInt32
  public let procedure: UInt32

  public init(program: UInt32, version: UInt32, procedure: UInt32) {
    self.program = program
    self.version = version
    self.procedure = procedure
  }
}

/// A call before it is bytes. The fields that a correct client never varies are here for tests.
public struct RPCCall: Sendable {
  public var transaction: UInt32
  public var messageType: UInt32 = 0
  public var rpcVersion: UInt32 = 2
  public var target: RPCProcedure
  public var credentialFlavor: UInt32 = 0
  public var credentialBody: [UInt8] = []
  public var verifierFlavor: UInt32 = 0
  public var verifierBody: [UInt8] = []
  /// The arguments, in XDR.
  public var arguments: [UInt8]

  public init(transaction: UInt32, target: RPCProcedure, arguments: [UInt8] = []) {
    self.transaction = transaction
    self.target = target
    self.arguments = arguments
  }

  public var bytes: [UInt8] {
    var encoder = XDREncoder()
    for word in [
      transaction, messageType, rpcVersion, target.program, target.version, target.procedure,
    ] {
      encoder.encode(word)
    }
    encoder.encode(credentialFlavor)
    encoder.encode(opaque: credentialBody)
    encoder.encode(verifierFlavor)
    encoder.encode(opaque: verifierBody)
    encoder.append(encoded: arguments)
    return encoder.bytes
  }
}

/// What came of a call.
public enum RPCOutcome: Hashable, Sendable {
  /// Accepted and executed; the results, in XDR.
  case success([UInt8])
  /// Accepted by the server and not executed.
  case acceptedError(AcceptedError)
  /// Not accepted.
  case denied(Denial)
  /// No reply came in time.
  case timeout

  /// `accept_stat` of RFC 5531 §9, without SUCCESS.
  public enum AcceptedError: Hashable, Sendable {
    case programUnavailable
    case programMismatch(low: UInt32, high: UInt32)
    case procedureUnavailable
    case garbageArguments
    case systemError
  }

  /// `rejected_reply` of RFC 5531 §9.
  public enum Denial: Hashable, Sendable {
    case rpcMismatch(low: UInt32, high: UInt32)
    /// With `auth_stat`.
    case authenticationError(UInt32)
  }
}

extension RPCOutcome: CustomStringConvertible {
  public var description: String {
    switch self {
    case .success(let results): "success, \(results.count) bytes of results"
    case .acceptedError(.programUnavailable): "PROG_UNAVAIL: the server has no such program"
    case .acceptedError(.programMismatch(let low, let high)):
      "PROG_MISMATCH: the server has \(Self.versions(low, high)) of the program"
    case .acceptedError(.procedureUnavailable): "PROC_UNAVAIL: the program has no such procedure"
    case .acceptedError(.garbageArguments): "GARBAGE_ARGS: the procedure takes other arguments"
    case .acceptedError(.systemError): "SYSTEM_ERR: the server failed"
    case .denied(.rpcMismatch(let low, let high)):
      "RPC_MISMATCH: the server speaks \(Self.versions(low, high)) of RPC"
    case .denied(.authenticationError(let status)):
      "AUTH_ERROR: the credentials were refused (auth_stat \(status))"
    case .timeout: "no reply in time"
    }
  }

  private static func versions(_ low: UInt32, _ high: UInt32) -> String {
    low == high ? "version \(low)" : "versions \(low) to \(high)"
  }
}

/// Why bytes are not a reply.
public enum RPCReplyError: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed(XDRError)
  case notAReply(messageType: UInt32)
  case unknownReplyStatus(UInt32)
  case unknownAcceptStatus(UInt32)
  case unknownRejectStatus(UInt32)

  public var description: String {
    switch self {
    case .malformed(let error): "malformed reply: \(error)"
    case .notAReply(let type): "message type \(type) is not REPLY (1)"
    case .unknownReplyStatus(let status): "reply_stat \(status) is unknown"
    case .unknownAcceptStatus(let status): "accept_stat \(status) is unknown"
    case .unknownRejectStatus(let status): "reject_stat \(status) is unknown"
    }
  }
}

/// A reply, decoded.
public struct RPCReply: Hashable, Sendable {
  public let transaction: UInt32
  public let outcome: RPCOutcome

  /// RFC 5531 §9: xid, REPLY, then by reply_stat.
  public init(_ bytes: [UInt8]) throws(RPCReplyError) {
    var decoder = XDRDecoder(bytes)
    transaction = try decoder.word()
    let messageType = try decoder.word()
    guard messageType == 1 else { throw .notAReply(messageType: messageType) }
    switch try decoder.word() {
    case 0:
      // The verifier: flavor and body. We send AUTH_NONE, so there is nothing to verify.
      _ = try decoder.word()
      _ = try decoder.body()
      outcome = try RPCReply.accepted(&decoder)
    case 1: outcome = try RPCReply.denied(&decoder)
    case let status: throw .unknownReplyStatus(status)
    }
  }

  private static func accepted(_ decoder: inout XDRDecoder) throws(RPCReplyError) -> RPCOutcome {
    switch try decoder.word() {
    case 0: .success(decoder.remaining)
    case 1: .acceptedError(.programUnavailable)
    case 2:
      .acceptedError(.programMismatch(low: try decoder.word(), high: try decoder.word()))
    case 3: .acceptedError(.procedureUnavailable)
    case 4: .acceptedError(.garbageArguments)
    case 5: .acceptedError(.systemError)
    case let status: throw .unknownAcceptStatus(status)
    }
  }

  private static func denied(_ decoder: inout XDRDecoder) throws(RPCReplyError) -> RPCOutcome {
    switch try decoder.word() {
    case 0: .denied(.rpcMismatch(low: try decoder.word(), high: try decoder.word()))
    case 1: .denied(.authenticationError(try decoder.word()))
    case let status: throw .unknownRejectStatus(status)
    }
  }
}

extension XDRDecoder {
  fileprivate mutating func word() throws(RPCReplyError) -> UInt32 {
    do { return try decodeUInt32() } catch { throw .malformed(error) }
  }

  /// RFC 5531 §8.2: at most 400 bytes of authentication.
  fileprivate mutating func body() throws(RPCReplyError) -> [UInt8] {
    do { return try decodeOpaque(limit: 400) } catch { throw .malformed(error) }
  }
}
