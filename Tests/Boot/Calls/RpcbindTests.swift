// Clients find services by program and version: rpcbind in the guest (RFC 1833).

import Harness
import Testing

/// Whether a guest can have the same ports on this machine. Port 111 takes privileges, and a
/// machine may have an rpcbind of its own.
private var portsAreUsable: Bool {
  [RpcbindService.port, EchoService.port, CalculatorService.port].allSatisfy(isUsableLoopbackPort)
}

extension BootTests {
  @Suite struct RpcbindTests {
    /// Debian's rpcinfo, as it is. It asks rpcbind at port 111, although -n names the port.
    @Test(
      .enabled(
        if: portsAreUsable,
        "UDP ports 111, 4001 and 4002 of 127.0.0.1 must be free, and usable by this user"))
    func rpcinfoFindsServicesByThemselves() throws {
      let guest = try Guest(portsAsInGuest: true)
      for (port, program) in [
        (guest.echoPort, EchoService.program), (guest.calculatorPort, CalculatorService.program),
        (guest.rpcbindPort, RpcbindService.program),
      ] {
        let version = program == RpcbindService.program ? "4" : "1"
        let result = try ChildProcess.run(
          "/usr/sbin/rpcinfo",
          ["-n", String(port), "-u", "127.0.0.1", String(program), version])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.output == "program \(program) version \(version) ready and waiting\n")
      }
      // Without a version it calls version 0, and learns from PROG_MISMATCH which there are.
      let result = try ChildProcess.run(
        "/usr/sbin/rpcinfo", ["-u", "127.0.0.1", String(RpcbindService.program)])
      #expect(result.status == .exited(0), "\(result.errors)")
      for version in 2...4 {
        #expect(result.output.contains("version \(version) ready and waiting\n"))
      }
    }

    @Test func portMapperKnowsTheServices() throws {
      let guest = try Guest { $0.coreCount = 1 }
      var client = try guest.rpcbindClient()
      let questions: [(program: UInt32, version: UInt32, protocol: UInt32, port: UInt16)] = [
        (EchoService.program, 1, RpcbindService.protocolUDP, EchoService.port),
        (CalculatorService.program, 1, RpcbindService.protocolUDP, CalculatorService.port),
        (RpcbindService.program, 3, RpcbindService.protocolUDP, RpcbindService.port),
        // A version that is not served finds another one (RFC 1833 §3.2 knows only ports).
        (EchoService.program, 7, RpcbindService.protocolUDP, EchoService.port),
        // TCP, and a program that nobody serves.
        (EchoService.program, 1, 6, 0),
        (EchoService.program + 77, 1, RpcbindService.protocolUDP, 0),
      ]
      for question in questions {
        let outcome = try client.call(
          RpcbindService.getPort,
          RpcbindService.getPortArguments(
            program: question.program, version: question.version, protocol: question.protocol))
        let port = question.port
        #expect(
          outcome == .success([0, 0, UInt8(port >> 8), UInt8(port & 0xff)]), "\(question)")
      }
      #expect(try client.call(RpcbindService.dump) == .acceptedError(.procedureUnavailable))
    }

    @Test(arguments: [3, 4] as [UInt32]) func addressesAreUniversal(version: UInt32) throws {
      let guest = try Guest { $0.coreCount = 1 }
      var client = try guest.rpcbindClient()
      func expect(
        _ procedure: RPCProcedure, _ program: UInt32, _ served: UInt32, hint: String,
        gives address: String
      ) throws {
        let outcome = try client.call(
          procedure,
          RpcbindService.getAddressArguments(program: program, version: served, hint: hint))
        var encoder = XDREncoder()
        encoder.encode(opaque: Array(address.utf8))
        #expect(outcome == .success(encoder.bytes), "\(procedure) of \(program), hint '\(hint)'")
      }
      let getAddress = RpcbindService.getAddress(version: version)
      let echo = EchoService.program
      try expect(getAddress, echo, 1, hint: "127.0.0.1.0.111", gives: "127.0.0.1.15.161")
      try expect(
        getAddress, CalculatorService.program, 1, hint: "192.0.2.255.255.0",
        gives: "192.0.2.255.15.162")
      try expect(getAddress, echo, 2, hint: "127.0.0.1.0.111", gives: "127.0.0.1.15.161")
      try expect(getAddress, echo + 77, 1, hint: "127.0.0.1.0.111", gives: "")
      // No hint, or none that can be understood: the NIC's own address.
      for hint in [
        "", "127.0.0.1", "127.0.0.1.0.", ".127.0.0.1.0", "256.0.0.1.0.111", "::1.0.111",
        "1.2.3.4.5.6.7", "0001.2.3.4.5.6.0000000000", "999999999999999999999999999999",
      ] {
        try expect(getAddress, echo, 1, hint: hint, gives: "10.0.2.15.15.161")
      }
      if version == 4 {
        let exact = RpcbindService.getVersionAddress
        try expect(exact, echo, 1, hint: "127.0.0.1.0.111", gives: "127.0.0.1.15.161")
        try expect(exact, echo, 2, hint: "127.0.0.1.0.111", gives: "")
      }
    }
  }
}
