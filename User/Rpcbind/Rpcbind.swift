// rpcbind: tells clients on which port a program is served (RFC 1833).
//
// An ordinary client asks port 111 before its first call, so with this service `rpcinfo` and
// programs that know no port work as they are. Who is registered says the kernel, which has
// registered everybody; so the procedures by which a host's own programs register (SET, UNSET)
// are not here. Nor are those that return a list (DUMP): RFC 1833 makes it a linked one, which
// has no signature (Interface/Signatures/Signature.swift); clients get PROC_UNAVAIL.

import Interface
import SystemInterface
import UserRuntime

@main
enum Rpcbind {
  private static var port: UInt16 { 111 }
  private static var program: UInt32 { 100_000 }

  static func main() {
    servePortMapper()
    serveRpcbind(version: 3)
    serveRpcbind(version: 4)
    Process.log("program 100000 versions 2, 3 and 4 on UDP port 111")
  }

  /// Version 2, the port mapper (RFC 1833 §3).
  private static func servePortMapper() {
    let mapper = Service(port: port, program: program, version: 2)
    serveNull(mapper)

    // PMAPPROC_GETPORT: program, version, protocol, and a port that is ignored. 0: not served.
    mapper.register(
      procedure: 3,
      arguments: Signature {
        $0.unsignedInt()
        $0.unsignedInt()
        $0.unsignedInt()
        $0.unsignedInt()
      },
      results: Signature { $0.unsignedInt() }
    ) { _, program, version, line in
      let call = Call(line)
      // The number of UDP among IP's protocols.
      guard call.argument(2) == 17 else { return call.succeed(with: 0) }
      let found = Process.findService(
        program: UInt32(truncatingIfNeeded: program), version: UInt32(truncatingIfNeeded: version))
      call.succeed(with: found?.port ?? 0)
    }
  }

  /// Versions 3 and 4 (RFC 1833 §2).
  private static func serveRpcbind(version: UInt32) {
    let rpcbind = Service(port: port, program: program, version: version)
    serveNull(rpcbind)

    // RPCBPROC_GETADDR: as GETPORT does, a version that is not served finds another one, so that
    // the client learns from PROG_MISMATCH which there are.
    rpcbind.register(procedure: 3, arguments: query, results: answer) { _, program, version, line in
      let call = Call(line)
      Rpcbind.answerWithAddress(
        call,
        Process.findService(
          program: UInt32(truncatingIfNeeded: program),
          version: UInt32(truncatingIfNeeded: version)))
    }

    // RPCBPROC_GETVERSADDR: of this version only.
    guard version == 4 else { return }
    rpcbind.register(procedure: 9, arguments: query, results: answer) { _, program, version, line in
      let call = Call(line)
      let found = Process.findService(
        program: UInt32(truncatingIfNeeded: program),
        version: UInt32(truncatingIfNeeded: version))
      Rpcbind.answerWithAddress(call, found?.hasVersion == true ? found : nil)
    }
  }

  private static func serveNull(_ service: Service) {
    service.register(procedure: 0, arguments: Signature(), results: Signature()) { _, _, _, line in
      Call(line).succeed()
    }
  }

  /// `rpcb` (RFC 1833 §2.1): program, version, netid, address, owner. The RFC bounds no string;
  /// what is longer here is in no client's interest.
  private static var query: Signature {
    Signature {
      $0.unsignedInt()
      $0.unsignedInt()
      $0.string(max: 255)
      $0.string(max: 255)
      $0.string(max: 255)
    }
  }

  private static var answer: Signature { Signature { $0.string(max: 255) } }

  /// Answers with the universal address, or with the empty string when nobody serves the program.
  ///
  /// The host in it is the one in the query, if there is one: clients put there how they reached
  /// this rpcbind, and they reach the program in the same way. A guest behind a forwarding
  /// emulator could not know that address. The netid of the query does not matter: the one of the
  /// transport by which it came counts (RFC 1833 §2.2.1), and that is UDP.
  private static func answerWithAddress(_ call: consuming Call, _ found: ServiceLocation?) {
    guard let found else {
      var response = call.respond(slots: 1)
      response.appendBytes(slot: 0, count: 0) { _ in }
      return response.send()
    }
    let hint = call.withBytes(of: call.argument(3)) { UniversalAddress($0) }
    let text = UniversalAddress(host: hint?.host ?? found.internetAddress, port: found.port).text
    var response = call.respond(slots: 1)
    response.appendBytes(slot: 0, count: text.count) { bytes in
      for index in 0..<text.count {
        bytes.storeBytes(of: text.bytes[index], toByteOffset: index, as: UInt8.self)
      }
    }
    response.send()
  }
}
