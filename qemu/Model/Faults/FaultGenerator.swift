// Chance, from a seed: one generator for all faults, part of the model's value.

/// Vigna's SplitMix64: one word of state, so a copied model goes on the same way.
struct FaultGenerator: Hashable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// Draws nothing for what never happens, so a fault that is off leaves the others as they are.
  mutating func happens(_ perMillion: UInt32) -> Bool {
    perMillion > 0 && next() % 1_000_000 < UInt64(perMillion)
  }

  /// 0 ..< `bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
