// The echo service: what comes, goes, in the lines in which it came.
//
// echo.x is the same interface for clients (rpcgen).

import Interface
import UserRuntime

@main
enum Echo {
  static func main() {
    let echo = Service(
      port: Process.port(standard: 4001), program: 0x2000_0101, version: 1)

    // ECHO_NULL: by custom of RFC 5531 §12 procedure 0 does nothing. The least that an RPC costs.
    echo.register(procedure: 0, arguments: Signature(), results: Signature()) { _, _, _, line in
      Call(line).succeed()
    }

    // ECHO
    let payload = Signature { $0.opaque(max: 4000) }
    echo.register(procedure: 1, arguments: payload, results: payload) { _, payload, _, line in
      Call(line).succeed(withArgumentInPlace: payload)
    }

    echo.announce()
  }
}
