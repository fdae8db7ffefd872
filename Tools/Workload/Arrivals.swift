// When calls come: an open loop, which waits for no answer (Schroeder et al., NSDI'06, on why).

/// Gaps between calls of all clients together.
public struct Arrivals: Hashable, Sendable {
  public enum Pattern: Hashable, Sendable {
    /// Each call comes for itself.
    case poisson
    /// Calls come in bursts, the bursts as Poisson: sizes are geometric, gaps within are fixed.
    case bursty(meanSize: Double, gapNanoseconds: Double)
  }

  public let pattern: Pattern
  public let callsPerSecond: Double
  private var leftInBurst = 0
  /// The next call, before rounding, so that roundings do not add up.
  private var time = 0.0

  /// - Precondition: the rate is above 0; a burst has one call at least, and bursts of that size
  ///   and gap leave room for the rate.
  public init(_ pattern: Pattern, callsPerSecond: Double) {
    precondition(callsPerSecond > 0)
    if case .bursty(let size, let gap) = pattern {
      precondition(size >= 1 && gap >= 0 && (size - 1) * gap < size * 1e9 / callsPerSecond)
    }
    self.pattern = pattern
    self.callsPerSecond = callsPerSecond
  }

  /// When the next call comes.
  public mutating func next(_ random: inout RandomSource) -> UInt64 {
    switch pattern {
    case .poisson: time += random.nextExponential(mean: 1e9 / callsPerSecond)
    case .bursty(let meanSize, let gap):
      if leftInBurst > 0 {
        leftInBurst -= 1
        time += gap
      } else {
        // What the gaps within bursts do not take is left for the gaps between them.
        time += random.nextExponential(mean: meanSize * 1e9 / callsPerSecond - (meanSize - 1) * gap)
        while random.nextUnit() > 1 / meanSize { leftInBurst += 1 }
      }
    }
    return UInt64(time)
  }
}
