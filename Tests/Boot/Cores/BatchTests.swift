// Threads without calls beside threads with them.

import Harness
import Testing

extension BootTests {
  @Suite struct BatchTests {
    /// The batch process gets on while every call of the echo service is answered, also on one core.
    @Test(arguments: [1, 4]) func computesBesideCalls(cores: Int) throws {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "batch"],
        manifest: "echo\ncalculator\nbatch argument=4300 threads=3\n")
      let guest = try Guest(archive: archive, ports: [4300]) { $0.coreCount = cores }
      var batch = try guest.client(ofGuestPort: 4300)
      let progress = RPCProcedure(program: 0x2000_0105, version: 1, procedure: 1)
      func numbers() throws -> Int64 {
        guard case .success(let results) = try batch.call(progress) else {
          Issue.record("no progress")
          return 0
        }
        var decoder = XDRDecoder(results)
        let (numbers, primes) = (try decoder.decodeInt64(), try decoder.decodeInt64())
        #expect(primes <= numbers)
        return numbers
      }
      let before = try numbers()
      var echo = try guest.echoClient()
      for _ in 0..<500 { #expect(try echo.call(EchoService.null) == .success([])) }
      // The emulator's cores share the host's, so the calls may be over before a batch thread
      // has had a turn. It must get one while calls go on.
      let limit = ContinuousClock.now + .seconds(10)
      var after = try numbers()
      while after <= before, ContinuousClock.now < limit {
        #expect(try echo.call(EchoService.null) == .success([]))
        after = try numbers()
      }
      #expect(after > before)
      try guest.expectBothServicesAnswer("beside batch threads")
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
