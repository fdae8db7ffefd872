// Processes that start on a busy core: they are called as soon as their services are known, before
// they serve.

import Foundation
import Harness
import Testing

/// Calls a service again and again, whatever comes of it.
private final class Caller: @unchecked Sendable {
  private let lock = NSLock()
  private var isStopped = false
  private var successes = 0
  private let finished = DispatchSemaphore(value: 0)

  init(port: UInt16) {
    Thread.detachNewThread { [self] in
      defer { finished.signal() }
      guard
        var client = try? RPCClient(server: .loopback(port: port), timeout: .milliseconds(100))
      else { return }
      while !lock.withLock({ isStopped }) {
        let isAnswered = (try? client.call(EchoService.null)) == .success([])
        if isAnswered { lock.withLock { successes += 1 } }
      }
    }
  }

  var count: Int { lock.withLock { successes } }

  func finish() {
    lock.withLock { isStopped = true }
    finished.wait()
  }
}

extension BootTests {
  @Suite struct StartingTests {
    static let ports: [UInt16] = [4310, 4311, 4312]

    /// The NIC wants cores for calls that wait, and the threads that shall serve them need the same
    /// cores to get that far: neither may keep the other from it (interface §11.5).
    @Test(.timeLimit(.minutes(1)), arguments: [1, 2])
    func processesStartUnderTheirOwnCalls(cores: Int) throws {
      let archive = try ServiceArchive(
        programs: ["echo"],
        manifest: Self.ports.map { "echo name=echo-\($0) argument=\($0)\n" }.joined())
      let guest = try Guest(archive: archive, ports: Self.ports) { $0.coreCount = cores }
      let callers = try Self.ports.map { port in
        try (0..<3).map { _ in Caller(port: try guest.hostPort(ofGuestPort: port)) }
      }
      defer { for caller in callers.joined() { caller.finish() } }
      for round in 0..<8 {
        guest.machine.type(Self.ports.map { "stop echo-\($0)\n" }.joined())
        let end = ContinuousClock.now + .seconds(5)
        while try guest.processes().contains(where: { $0.contains("echo-") }) {
          try #require(ContinuousClock.now < end, "round \(round): they do not end")
        }
        guest.machine.type(Self.ports.map { "start echo-\($0)\n" }.joined())
        // None answers but those that start now.
        for (port, callers) in zip(Self.ports, callers) {
          let before = callers.map(\.count)
          let limit = ContinuousClock.now + .seconds(5)
          while zip(callers, before).contains(where: { $0.count < $1 + 2 }) {
            guard ContinuousClock.now < limit else {
              Issue.record("round \(round): echo-\(port) does not serve")
              return
            }
            Thread.sleep(forTimeInterval: 0.001)
          }
        }
      }
      let statistics = try guest.statistics()
      #expect(statistics["violations"] == nil)
      try guest.expectExit(typing: "exit", status: 0)
    }
  }
}
