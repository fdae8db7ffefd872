// A process that computes on cores that RPC does not need: threads without calls beside those with.
//
// Every thread counts primes in a range of its own, sleeps, and goes on. PROGRESS tells how far
// all of them are, so that a client sees that they run.

import Interface
import Synchronization
import UserRuntime

@main
enum Batch {
  private static let primes = Atomic<UInt64>(0)
  private static let next = Atomic<UInt64>(3)

  static func main() {
    let service = Service(port: Process.port(standard: 4005), program: 0x2000_0105, version: 1)
    service.register(procedure: 0, arguments: Signature(), results: Signature()) {
      _, _, _, line in
      Call(line).succeed()
    }
    // PROGRESS: numbers looked at, primes among them.
    service.register(
      procedure: 1, arguments: Signature(),
      results: Signature {
        $0.hyper()
        $0.hyper()
      }
    ) { _, _, _, line in
      Call(line).succeed(
        with: Batch.next.load(ordering: .relaxed), Batch.primes.load(ordering: .relaxed))
    }
    while Process.spawnThread({ Batch.compute() }) != nil {}
    service.announce()
  }

  /// For ever: takes a range that nobody else has, and counts its primes.
  private static func compute() -> Never {
    while true {
      let first = next.add(1_000, ordering: .relaxed).oldValue
      var found: UInt64 = 0
      for number in stride(from: first, to: first + 1_000, by: 2) where isPrime(number) {
        found += 1
      }
      primes.add(found, ordering: .relaxed)
      Process.sleep(nanoseconds: 100_000)
    }
  }

  private static func isPrime(_ number: UInt64) -> Bool {
    var divisor: UInt64 = 3
    while divisor * divisor <= number {
      if number % divisor == 0 { return false }
      divisor += 2
    }
    return true
  }
}
