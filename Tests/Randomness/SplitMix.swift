// Random numbers that a seed gives again, for all tests.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one word of state, the same numbers everywhere.
public struct SplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// A fresh seed, printed so that a failure can be repeated.
  public init(test: StaticString) {
    let seed = UInt64.random(in: 0 ... .max)
    print("\(test): seed \(seed)")
    self.init(seed: seed)
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
