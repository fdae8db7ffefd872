// Calls that are none: each gets the error of RFC 5531 or silence, and nobody else notices.

import Harness
import Testing

/// A datagram for one of the services, and what must come back.
struct BadDatagram: Sendable {
  let name: String
  let bytes: [UInt8]
  /// Nil is silence.
  let answer: RPCOutcome?

  /// A call of ADD with something wrong about it; 7 is its transaction identifier.
  static func call(
    _ name: String, _ answer: RPCOutcome?, target: RPCProcedure = CalculatorService.add,
    arguments: [UInt8] = CalculatorService.addArguments(1, 2),
    _ change: (inout RPCCall) -> Void = { _ in }
  ) -> BadDatagram {
    var call = RPCCall(transaction: 7, target: target, arguments: arguments)
    change(&call)
    return BadDatagram(name: name, bytes: call.bytes, answer: answer)
  }

  private static func target(
    program: UInt32 = CalculatorService.program, version: UInt32 = 1, procedure: UInt32 = 1
  ) -> RPCProcedure {
    RPCProcedure(program: program, version: version, procedure: procedure)
  }

  /// Headers that are wrong (RFC 5531 §9).
  static let headers: [BadDatagram] =
    [0, 1, 3, .max].map { version in
      call("RPC version \(version)", .denied(.rpcMismatch(low: 2, high: 2))) {
        $0.rpcVersion = version
      }
    }
    + [1, 2, .max].map { type in call("message type \(type)", nil) { $0.messageType = type } }
    + [0, 1, EchoService.program, .max].map { program in
      call(
        "program \(program)", .acceptedError(.programUnavailable),
        target: target(program: program))
    }
    + [0, 2, .max].map { version in
      call(
        "version \(version)", .acceptedError(.programMismatch(low: 1, high: 1)),
        target: target(version: version))
    }
    + [4, 99, .max].map { procedure in
      call(
        "procedure \(procedure)", .acceptedError(.procedureUnavailable),
        target: target(procedure: procedure))
    }

  /// Credentials and verifiers that no server takes: `auth_stat` 1 is AUTH_BADCRED, 2
  /// AUTH_REJECTEDCRED, 3 AUTH_BADVERF.
  static let authentication: [BadDatagram] = [
    call("unknown flavor of credential", .denied(.authenticationError(2))) {
      $0.credentialFlavor = 99
    },
    call("AUTH_SYS without a body", .denied(.authenticationError(1))) {
      $0.credentialFlavor = 1
    },
    call("credential above 400 bytes", .denied(.authenticationError(1))) {
      $0.credentialBody = [UInt8](repeating: 0, count: 404)
    },
    call("unknown flavor of verifier", .denied(.authenticationError(3))) { $0.verifierFlavor = 99 },
  ]

  /// Arguments that are not the procedure's.
  static let arguments: [BadDatagram] =
    (0..<8).map { length in
      call(
        "ADD with \(length) bytes", .acceptedError(.garbageArguments),
        arguments: Array(CalculatorService.addArguments(1, 2)[..<length]))
    }
    + [1, 4, 400].map { more in
      call(
        "ADD with \(more) bytes more", .acceptedError(.garbageArguments),
        arguments: CalculatorService.addArguments(1, 2) + [UInt8](repeating: 0, count: more))
    }
    + [
      call(
        "NULL with arguments", .acceptedError(.garbageArguments),
        target: CalculatorService.null, arguments: [0, 0, 0, 0]),
      call(
        "MEAN of 257 values", .acceptedError(.garbageArguments), target: CalculatorService.mean,
        arguments: CalculatorService.meanArguments([Int32](repeating: 1, count: 257))),
      call(
        "MEAN of 4294967295 values", .acceptedError(.garbageArguments),
        target: CalculatorService.mean, arguments: [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]),
    ]

  /// The header, cut at every length.
  static let cutHeaders: [BadDatagram] = (0..<40).map { length in
    let call = RPCCall(transaction: 7, target: CalculatorService.null)
    return BadDatagram(
      name: "header cut to \(length) bytes", bytes: Array(call.bytes[..<length]), answer: nil)
  }

  /// ECHO of 20 bytes, cut at every length after the header. For the echo service.
  static let cutEcho: [BadDatagram] = {
    let arguments = EchoService.echoArguments(EchoService.pattern(20))
    return (0..<arguments.count).map { length in
      call(
        "ECHO cut to \(length) bytes of arguments", .acceptedError(.garbageArguments),
        target: EchoService.echo, arguments: Array(arguments[..<length]))
    } + [
      call(
        "ECHO of 4001 bytes that are not there", .acceptedError(.garbageArguments),
        target: EchoService.echo, arguments: [0, 0, 0x0f, 0xa1, 1, 2, 3, 4]),
      call(
        "ECHO with length 4294967295", .acceptedError(.garbageArguments),
        target: EchoService.echo, arguments: [0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
    ]
  }()
}

extension BootTests {
  @Suite struct BadInputTests {
    /// Sends each datagram, and after it a good call: what comes before the good call's reply is
    /// the answer to the bad one, and silence needs no wait.
    private func expectAnswers(
      to datagrams: [BadDatagram], port: UInt16, good: RPCProcedure
    ) throws {
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      let goodTransaction: UInt32 = 0x600d
      let goodCall = RPCCall(transaction: goodTransaction, target: good)
      for datagram in datagrams {
        try socket.send(datagram.bytes, to: .loopback(port: port))
        try socket.send(goodCall.bytes, to: .loopback(port: port))
        var answers: [RPCReply] = []
        while let (bytes, _) = try socket.receive(within: .seconds(5)) {
          answers.append(try RPCReply(bytes))
          if answers.last?.transaction == goodTransaction { break }
        }
        let goodReply = answers.popLast()
        #expect(goodReply?.outcome == .success([]), "good call after: \(datagram.name)")
        #expect(answers.map(\.outcome) == [datagram.answer].compactMap(\.self), "\(datagram.name)")
        #expect(answers.allSatisfy { $0.transaction == 7 }, "\(datagram.name)")
      }
    }

    @Test(arguments: [1, 4]) func badCallsGetTheirErrorOrSilence(cores: Int) throws {
      let guest = try Guest { $0.coreCount = cores }
      try expectAnswers(
        to: BadDatagram.headers + BadDatagram.authentication + BadDatagram.arguments
          + BadDatagram.cutHeaders,
        port: guest.calculatorPort, good: CalculatorService.null)
      try expectAnswers(
        to: BadDatagram.cutEcho, port: guest.echoPort, good: EchoService.null)
      try guest.expectBothServicesAnswer("after bad input")
      #expect(guest.machine.exitStatus == nil)
      let statistics = try guest.statistics()
      #expect(statistics["violations"] == nil)
      #expect(statistics["faults", default: 0] == 0)
      try guest.expectExit(typing: "exit", status: 0)
    }

    /// QEMU's network sends a datagram above 1,472 bytes in IP fragments, which the NIC drops.
    @Test func fragmentsAreDroppedAndCounted() throws {
      let guest = try Guest { $0.coreCount = 1 }
      let socket = try UDPSocket(boundTo: .loopback(port: 0))
      let large = RPCCall(
        transaction: 7, target: EchoService.echo,
        arguments: EchoService.echoArguments(EchoService.pattern(4000)))
      let good = RPCCall(transaction: 8, target: EchoService.null)
      for call in [large, good] { try socket.send(call.bytes, to: .loopback(port: guest.echoPort)) }
      let received = try socket.receive(within: .seconds(5))
      let reply = try RPCReply(try #require(received).datagram)
      #expect(reply.transaction == 8)
      #expect(try guest.statistics()["dropIPv4Fragment", default: 0] >= 2)
      try guest.expectBothServicesAnswer("after fragments")
    }
  }
}
