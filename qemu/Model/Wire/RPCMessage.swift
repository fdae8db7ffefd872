// ONC RPC version 2 (RFC 5531): the call's header and what the NIC says when it will not do.

import Interface

/// Why a call gets no results (RFC 5531 §9: `accept_stat`, `reject_stat`, `auth_stat`).
enum RPCRejection: Hashable {
  case rpcMismatch
  case authentication(AuthenticationStatus)
  case programUnavailable
  case programMismatch(lowest: UInt32, highest: UInt32)
  case procedureUnavailable
  case garbageArguments
  case systemError

  /// `auth_stat` values that the NIC sends.
  enum AuthenticationStatus: UInt32, Hashable {
    case badCredential = 1
    /// Of a flavour that nobody here knows; the client may begin anew with another.
    case rejectedCredential = 2
    case badVerifier = 3
  }
}

/// What names a procedure on the wire.
struct ProcedureKey: Hashable {
  let port: UInt16
  let program: UInt32
  let version: UInt32
  let procedure: UInt32
}

/// The header of a call.
struct RPCCall: Hashable {
  let transaction: UInt32
  let procedure: ProcedureKey
  /// Where in the frame the arguments lie.
  let arguments: Range<Int>
}

enum RPCMessage {
  enum Outcome: Hashable {
    case drop(NICCounter)
    case reject(transaction: UInt32, RPCRejection)
    case call(RPCCall)
  }

  static var version: UInt32 { 2 }
  static var typeCall: UInt32 { 0 }
  static var typeReply: UInt32 { 1 }
  static var flavourNone: UInt32 { 0 }
  static var flavourSystem: UInt32 { 1 }
  /// Bodies of credentials and verifiers are no longer (RFC 5531 §8.2).
  static var maximumAuthenticationBytes: Int { 400 }

  // From the start of the message.
  private static var transactionOffset: Int { 0 }
  private static var typeOffset: Int { 4 }
  private static var versionOffset: Int { 8 }
  private static var programOffset: Int { 12 }
  private static var programVersionOffset: Int { 16 }
  private static var procedureOffset: Int { 20 }
  private static var credentialOffset: Int { 24 }

  /// - Parameter message: where in `frame` the datagram's data lie.
  static func decode(_ frame: Span<UInt8>, message: Range<Int>, port: UInt16) -> Outcome {
    let start = message.lowerBound
    guard message.count >= versionOffset else { return .drop(.dropRPCTooShort) }
    let transaction = frame.bigEndian32(at: start + transactionOffset)
    switch frame.bigEndian32(at: start + typeOffset) {
    case typeCall: break
    case typeReply: return .drop(.dropRPCReply)
    default: return .drop(.dropRPCUnknownMessageType)
    }
    // The fields after the version may look different in another version, so it comes first.
    guard message.count >= programOffset else { return .drop(.dropRPCTooShort) }
    guard frame.bigEndian32(at: start + versionOffset) == version else {
      return .reject(transaction: transaction, .rpcMismatch)
    }
    guard message.count >= credentialOffset else { return .drop(.dropRPCTooShort) }

    let credential: Authentication
    switch Authentication.decode(frame, start + credentialOffset..<message.upperBound) {
    case .cut: return .drop(.dropRPCTooShort)
    case .tooLong: return .reject(transaction: transaction, .authentication(.badCredential))
    case .pastEnd: return .drop(.dropRPCMalformedAuthentication)
    case .found(let found): credential = found
    }
    if let fault = credential.credentialFault(frame) {
      return .reject(transaction: transaction, .authentication(fault))
    }
    let verifier: Authentication
    switch Authentication.decode(frame, credential.end..<message.upperBound) {
    case .cut: return .drop(.dropRPCTooShort)
    case .tooLong: return .reject(transaction: transaction, .authentication(.badVerifier))
    case .pastEnd: return .drop(.dropRPCMalformedAuthentication)
    case .found(let found): verifier = found
    }
    guard verifier.flavour == flavourNone else {
      return .reject(transaction: transaction, .authentication(.badVerifier))
    }
    return .call(
      RPCCall(
        transaction: transaction,
        procedure: ProcedureKey(
          port: port, program: frame.bigEndian32(at: start + programOffset),
          version: frame.bigEndian32(at: start + programVersionOffset),
          procedure: frame.bigEndian32(at: start + procedureOffset)),
        arguments: verifier.end..<message.upperBound))
  }
}

/// An `opaque_auth`: flavour, length, body padded to four bytes.
private struct Authentication {
  let flavour: UInt32
  let body: Range<Int>

  /// Where the next field begins.
  var end: Int { body.lowerBound + Authentication.padded(body.count) }

  enum Outcome {
    /// The message ends before flavour and length.
    case cut
    case tooLong
    /// The body reaches past the end of the message.
    case pastEnd
    case found(Authentication)
  }

  static func padded(_ bytes: Int) -> Int { (bytes + 3) & ~3 }

  static func decode(_ frame: Span<UInt8>, _ range: Range<Int>) -> Outcome {
    guard range.count >= 8 else { return .cut }
    let bytes = Int(frame.bigEndian32(at: range.lowerBound + 4))
    guard bytes <= RPCMessage.maximumAuthenticationBytes else { return .tooLong }
    let start = range.lowerBound + 8
    guard start + padded(bytes) <= range.upperBound else { return .pastEnd }
    return .found(
      Authentication(
        flavour: frame.bigEndian32(at: range.lowerBound), body: start..<start + bytes))
  }

  /// AUTH_NONE with any body (RFC 5531 §10.1 recommends, not demands, an empty one), or a
  /// well-formed AUTH_SYS. The NIC checks form only; who may call is the service's business.
  func credentialFault(_ frame: Span<UInt8>) -> RPCRejection.AuthenticationStatus? {
    switch flavour {
    case RPCMessage.flavourNone: nil
    case RPCMessage.flavourSystem: isWellFormedSystemCredential(frame) ? nil : .badCredential
    default: .rejectedCredential
    }
  }

  /// `authsys_parms` (RFC 5531 appendix A): stamp, machine name of at most 255 bytes, user,
  /// group, at most 16 further groups, and nothing after them.
  private func isWellFormedSystemCredential(_ frame: Span<UInt8>) -> Bool {
    guard body.count >= 8 else { return false }
    let nameBytes = Int(frame.bigEndian32(at: body.lowerBound + 4))
    guard nameBytes <= 255 else { return false }
    let groupCountOffset = body.lowerBound + 8 + Authentication.padded(nameBytes) + 8
    guard groupCountOffset + 4 <= body.upperBound else { return false }
    let groupCount = Int(frame.bigEndian32(at: groupCountOffset))
    return groupCount <= 16 && groupCountOffset + 4 + groupCount * 4 == body.upperBound
  }
}
