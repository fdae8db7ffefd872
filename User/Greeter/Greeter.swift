// The service of User/README.md, to copy from: `make run PROGRAMS=greeter PORTS=4003`.

import Interface
import UserRuntime

@main
enum Greeter {
  static func main() {
    let greeter = Service(port: 4003, program: 0x2000_0103, version: 1)
    // int LENGTH(string<100>) = 1;
    greeter.register(
      procedure: 1, arguments: Signature { $0.string(max: 100) }, results: Signature { $0.int() }
    ) { _, name, _, line in
      let call = Call(line)
      let length = call.withBytes(of: name) { bytes in bytes.byteCount }
      if length == 0 {
        call.fail(.garbageArguments)
      } else {
        call.succeed(with: length)
      }
    }
    greeter.announce()
  }
}
