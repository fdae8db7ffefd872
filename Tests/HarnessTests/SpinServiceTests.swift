// The client's short way to what the spin service computes round by round.

import Harness
import Testing

@Suite struct SpinServiceTests {
  @Test(arguments: [0, 1, 2, 3, 7, 64, 1000, 4095, 4096] as [UInt64])
  func resultIsThatOfSingleRounds(rounds: UInt64) {
    for seed in [0, 1, 0xffff_ffff, .max] as [UInt64] {
      var value = seed
      for _ in 0..<rounds {
        value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      }
      #expect(SpinService.result(seed: seed, rounds: rounds) == value)
    }
  }
}
