// A process that computes on cores that RPC does not need: threads without calls beside those with.
//
// Every thread counts primes in ranges of its own; one more waits, and is woken when a thread has
// done some. What each has done, and where, is for the asking, so that a client sees that all run.

import Interface
import Synchronization
import SystemInterface
import UserRuntime

/// What one thread has done.
struct ThreadProgress: ~Copyable {
  let numbers = Atomic<UInt64>(0)
  /// A bit for each core that it was seen on.
  let cores = Atomic<UInt64>(0)
}

@main
enum Batch {
  /// What the process's argument says beside its UDP port.
  private enum Mode {
    /// Threads bind themselves to one core after the other.
    static var wanders: UInt64 { 1 << 16 }
  }

  private static var rangeLength: UInt64 { 1_000 }
  /// Ranges between two wake-ups, and between two changes of core.
  private static var rangesPerReport: UInt64 { 16 }

  private static let primes = Atomic<UInt64>(0)
  private static let next = Atomic<UInt64>(3)
  private static let started = Atomic<Int>(0)
  private static let wakeUps = Atomic<UInt64>(0)
  private static let reports = Atomic<UInt64>(0)
  private static let threads = InlineArray<64, ThreadProgress> { _ in ThreadProgress() }
  private static let listener = Atomic<Int>(0)

  static func main() {
    let port = UInt16(truncatingIfNeeded: Process.argument)
    let service = Service(port: port == 0 ? 4005 : port, program: 0x2000_0105, version: 1)
    service.register(procedure: 0, arguments: Signature(), results: Signature()) {
      _, _, _, line in
      Call(line).succeed()
    }
    let twoNumbers = Signature {
      $0.hyper()
      $0.hyper()
    }
    // PROGRESS: numbers looked at, primes among them.
    service.register(procedure: 1, arguments: Signature(), results: twoNumbers) { _, _, _, line in
      Call(line).succeed(
        with: Batch.next.load(ordering: .relaxed), Batch.primes.load(ordering: .relaxed))
    }
    // THREAD: numbers that it has looked at, cores that it was seen on.
    service.register(procedure: 2, arguments: Signature { $0.int() }, results: twoNumbers) {
      _, index, _, line in
      guard index < UInt64(Batch.threads.count) else { return Call(line).fail(.garbageArguments) }
      let thread = Int(index)
      Call(line).succeed(
        with: Batch.threads[thread].numbers.load(ordering: .relaxed),
        Batch.threads[thread].cores.load(ordering: .relaxed))
    }
    // WAKES: wake-ups that were sent, times that the listener woke.
    service.register(procedure: 3, arguments: Signature(), results: twoNumbers) { _, _, _, line in
      Call(line).succeed(
        with: Batch.wakeUps.load(ordering: .relaxed), Batch.reports.load(ordering: .relaxed))
    }
    if let listener = Process.spawnThread({ Batch.listen() }) {
      Batch.listener.store(listener, ordering: .relaxed)
    }
    while Process.spawnThread({ Batch.compute() }) != nil {}
    service.announce()
  }

  /// For ever: takes a range that nobody else has, and counts its primes.
  private static func compute() -> Never {
    let index = started.add(1, ordering: .relaxed).oldValue % threads.count
    let wanders = Process.argument & Mode.wanders != 0
    var ranges: UInt64 = 0
    while true {
      let first = next.add(rangeLength, ordering: .relaxed).oldValue
      var found: UInt64 = 0
      for number in stride(from: first, to: first + rangeLength, by: 2) where isPrime(number) {
        found += 1
      }
      primes.add(found, ordering: .relaxed)
      threads[index].numbers.add(rangeLength, ordering: .relaxed)
      let place = Process.statistics()
      threads[index].cores.bitwiseOr(1 << place.core, ordering: .relaxed)
      ranges += 1
      guard ranges % rangesPerReport == 0 else { continue }
      wakeUps.add(1, ordering: .relaxed)
      Process.wake(thread: listener.load(ordering: .relaxed))
      if wanders, !Process.setAffinity(1 << (place.core + 1)) { Process.setAffinity(1) }
    }
  }

  /// For ever: waits until somebody reports.
  private static func listen() -> Never {
    while true {
      Process.wait()
      reports.add(1, ordering: .relaxed)
      // Whoever reports meanwhile has done so for the next wait.
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
