// The service that User/README.md shows.

import Harness
import Testing

extension BootTests {
  @Suite struct ExampleTests {
    @Test func theGreeterCountsBytes() throws {
      let archive = try ServiceArchive(programs: ["greeter"], manifest: "greeter\n")
      let guest = try Guest(archive: archive, ports: [4003]) { $0.coreCount = 1 }
      var client = try guest.client(ofGuestPort: 4003)
      let length = RPCProcedure(program: 0x2000_0103, version: 1, procedure: 1)
      for count in [1, 4, 99, 100] {
        var name = XDREncoder()
        name.encode(opaque: [UInt8](repeating: 0x61, count: count))
        #expect(try client.call(length, name.bytes) == .success([0, 0, 0, UInt8(count)]))
      }
      // The handler refuses the one, the NIC the other.
      for count in [0, 101] {
        var name = XDREncoder()
        name.encode(opaque: [UInt8](repeating: 0x61, count: count))
        #expect(try client.call(length, name.bytes) == .acceptedError(.garbageArguments))
      }
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
