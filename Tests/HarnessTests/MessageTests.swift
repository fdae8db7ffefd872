// XDR (RFC 4506) and ONC RPC messages (RFC 5531): bytes as the standards give them.

import Testing

@testable import Harness

@Suite struct XDRTests {
  @Test func encodesBigEndianInUnitsOfFour() {
    var encoder = XDREncoder()
    encoder.encode(UInt32(0x0102_0304))
    encoder.encode(Int32(-2))
    encoder.encode(Int64(-3))
    encoder.encode(opaque: [0xaa, 0xbb, 0xcc, 0xdd, 0xee])
    #expect(
      encoder.bytes == [
        1, 2, 3, 4, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd,
        0, 0, 0, 5, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0, 0, 0,
      ])
  }

  @Test(arguments: 0...9) func opaqueComesBack(length: Int) throws {
    var encoder = XDREncoder()
    encoder.encode(opaque: EchoService.pattern(length))
    #expect(encoder.bytes.count % 4 == 0)
    var decoder = XDRDecoder(encoder.bytes)
    #expect(try decoder.decodeOpaque(limit: 9) == EchoService.pattern(length))
    try decoder.finish()
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(throws: XDRError.tooShort(needed: 4, left: 3)) {
      var decoder = XDRDecoder([0, 0, 0])
      return try decoder.decodeUInt32()
    }
    #expect(throws: XDRError.lengthAboveLimit(5, limit: 4)) {
      var decoder = XDRDecoder([0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0])
      return try decoder.decodeOpaque(limit: 4)
    }
    #expect(throws: XDRError.paddingNotZero) {
      var decoder = XDRDecoder([0, 0, 0, 1, 7, 0, 1, 0])
      return try decoder.decodeOpaque(limit: 4)
    }
    #expect(throws: XDRError.tooLong(left: 1)) { try XDRDecoder([9]).finish() }
  }
}

@Suite struct RPCMessageTests {
  @Test func callIsAsTheStandardHasIt() {
    let call = RPCCall(
      transaction: 0x1122_3344,
      target: RPCProcedure(program: 0x2000_0101, version: 1, procedure: 7),
      arguments: [9, 8, 7, 6])
    #expect(
      call.bytes == [
        0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 0, 0, 0, 2, 0x20, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 7,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6,
      ])
  }

  /// Words after the transaction identifier, and what they mean.
  static let replies: [(words: [UInt32], outcome: RPCOutcome)] = [
    ([1, 0, 0, 0, 0], .success([])),
    ([1, 0, 0, 0, 0, 42], .success([0, 0, 0, 42])),
    ([1, 0, 1, 4, 99, 0, 42], .success([0, 0, 0, 42])),
    ([1, 0, 0, 0, 1], .acceptedError(.programUnavailable)),
    ([1, 0, 0, 0, 2, 1, 3], .acceptedError(.programMismatch(low: 1, high: 3))),
    ([1, 0, 0, 0, 3], .acceptedError(.procedureUnavailable)),
    ([1, 0, 0, 0, 4], .acceptedError(.garbageArguments)),
    ([1, 0, 0, 0, 5], .acceptedError(.systemError)),
    ([1, 1, 0, 2, 2], .denied(.rpcMismatch(low: 2, high: 2))),
    ([1, 1, 1, 5], .denied(.authenticationError(5))),
  ]

  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    var encoder = XDREncoder()
    for word in words { encoder.encode(word) }
    return encoder.bytes
  }

  @Test(arguments: replies) func decodesReply(words: [UInt32], outcome: RPCOutcome) throws {
    let reply = try RPCReply(Self.bytes([77] + words))
    #expect(reply.transaction == 77)
    #expect(reply.outcome == outcome)
  }

  @Test(arguments: replies) func refusesReplyCutAnywhere(
    words: [UInt32], outcome: RPCOutcome
  ) throws {
    let whole = Self.bytes([77] + words)
    var resultCount = 0
    if case .success(let results) = outcome { resultCount = results.count }
    for length in 0..<whole.count - resultCount {
      #expect(throws: RPCReplyError.self, "cut to \(length) bytes") {
        try RPCReply(Array(whole[..<length]))
      }
    }
  }

  static let malformed: [(words: [UInt32], error: RPCReplyError)] = [
    ([0, 2, 3, 4, 5, 0, 0], .notAReply(messageType: 0)),
    ([1, 2], .unknownReplyStatus(2)),
    ([1, 0, 0, 0, 6], .unknownAcceptStatus(6)),
    ([1, 1, 2], .unknownRejectStatus(2)),
    ([1, 0, 0, 401], .malformed(.lengthAboveLimit(401, limit: 400))),
  ]

  @Test(arguments: malformed) func refusesUnknownReply(words: [UInt32], error: RPCReplyError) {
    #expect(throws: error) { try RPCReply(Self.bytes([77] + words)) }
  }
}
