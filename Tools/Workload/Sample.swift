// What was measured of many calls: percentiles, exactly.

/// Values, all kept: a million takes 8 MB, and no bucket rounds a tail.
public struct Sample: Sendable {
  private var values: [Double] = []
  private var isSorted = true

  public init() {}

  public init(_ values: [Double]) {
    self.values = values
    isSorted = false
  }

  public mutating func add(_ value: Double) {
    values.append(value)
    isSorted = false
  }

  public var count: Int { values.count }

  public var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

  /// The smallest value that the given share of all values does not exceed (nearest rank); nil
  /// when there is none.
  /// - Parameter share: above 0, at most 1: 0.999 is the 99.9th percentile.
  public mutating func percentile(_ share: Double) -> Double? {
    precondition(share > 0 && share <= 1)
    guard !values.isEmpty else { return nil }
    if !isSorted {
      values.sort()
      isSorted = true
    }
    // 0.999 × 1000 is a little more than 999 in binary.
    let rank = Int((share * Double(values.count) - 1e-6).rounded(.up))
    return values[min(max(rank, 1), values.count) - 1]
  }
}
