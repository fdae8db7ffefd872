// Random numbers that a seed repeats: the same run on every machine, now and later.

import Foundation

/// xoshiro256** (Blackman and Vigna, ACM TOMS 2021), its state filled by splitmix64 as its authors
/// advise, so that neighbouring seeds have nothing in common.
public struct RandomSource: RandomNumberGenerator, Hashable, Sendable {
  private var first: UInt64
  private var second: UInt64
  private var third: UInt64
  private var fourth: UInt64

  public init(seed: UInt64) {
    var mixer = seed
    func next() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var value = mixer
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
    first = next()
    second = next()
    third = next()
    fourth = next()
  }

  public mutating func next() -> UInt64 {
    let scrambled = second &* 5
    let result = (scrambled << 7 | scrambled >> 57) &* 9
    let shifted = second << 17
    third ^= first
    fourth ^= second
    second ^= third
    first ^= fourth
    third ^= shifted
    fourth = fourth << 45 | fourth >> 19
    return result
  }

  /// Above 0 and at most 1, so that its logarithm exists.
  public mutating func nextUnit() -> Double { Double(next() >> 11 &+ 1) * 0x1p-53 }

  /// Exponentially distributed.
  public mutating func nextExponential(mean: Double) -> Double { -log(nextUnit()) * mean }
}
