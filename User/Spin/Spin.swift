// The spin service: a handler that computes for as long as its client says.
//
// Load generators need calls of known length (Tools/Load). A round is three instructions (MADD, SUBS,
// B.NE); its result depends on all rounds before it, so neither compiler nor core can leave one out,
// and a client that computes the same knows that they were made.

import Interface
import UserRuntime

@main
enum Spin {
  /// A call that keeps a core for longer than this would be taken for stuck (Kernel/Scheduling/
  /// CallWatch.swift).
  private static let largestRounds: UInt64 = 100_000_000

  /// Of a call that shall not wait behind others.
  private static let largestShortRounds: UInt64 = 10_000

  private static func answer(
    _ call: consuming Call, seed: UInt64, rounds: UInt64, limit: UInt64
  ) {
    guard rounds <= limit else {
      call.fail(.garbageArguments)
      return
    }
    var value = seed
    var left = rounds
    while left > 0 {
      // Knuth's linear congruential generator MMIX.
      value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      left &-= 1
    }
    call.succeed(with: value)
  }

  /// Eight logistic maps at their most chaotic, side by side in registers: one wrong bit in one of
  /// them, at any time, and the result is another.
  private static func realResult(seed: Double, rounds: UInt64) -> Double {
    var values = SIMD8<Double>(repeating: seed)
    for index in values.indices { values[index] /= Double(index + 1) }
    var left = rounds
    while left > 0 {
      values = 4 * values * (1 - values)
      left &-= 1
    }
    var sum = 0.0
    for index in values.indices { sum += values[index] }
    return sum
  }

  static func main() {
    let service = Service(port: Process.port(standard: 4006), program: 0x2000_0106, version: 1)

    // SPIN_NULL
    service.register(procedure: 0, arguments: Signature(), results: Signature()) {
      _, _, _, line in
      Call(line).succeed()
    }

    let arguments = Signature {
      $0.hyper()
      $0.hyper()
    }
    let results = Signature { $0.hyper() }

    // SPIN: seed and rounds.
    service.register(procedure: 1, arguments: arguments, results: results, class: .bulk) {
      _, seed, rounds, line in
      Spin.answer(Call(line), seed: seed, rounds: rounds, limit: Spin.largestRounds)
    }

    // SPIN_SHORT: the same, but few rounds, and before the others.
    service.register(procedure: 2, arguments: arguments, results: results, class: .urgent) {
      _, seed, rounds, line in
      Spin.answer(Call(line), seed: seed, rounds: rounds, limit: Spin.largestShortRounds)
    }

    // SPIN_REAL: seed and rounds, in floating point.
    service.register(
      procedure: 3,
      arguments: Signature {
        $0.double()
        $0.hyper()
      },
      results: Signature { $0.double() }, class: .bulk
    ) { _, seed, rounds, line in
      let call = Call(line)
      guard rounds <= Spin.largestRounds else {
        call.fail(.garbageArguments)
        return
      }
      call.succeed(with: Spin.realResult(seed: Double(bitPattern: seed), rounds: rounds))
    }

    // As many calls at a time as it may have threads.
    while Process.spawnThread() != nil {}
    service.announce()
  }
}
