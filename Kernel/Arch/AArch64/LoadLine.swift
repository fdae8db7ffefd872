// A process's load line as the kernel reads it (interface §7.3).

internal import Boot
public import Interface

/// Loads that hit the core's cache while the NIC has nothing new to say.
public struct LoadLine: LoadLineAccess {
  private let address: UInt

  /// - Parameter address: where the line is mapped.
  public init(address: UInt) { self.address = address }

  @inline(__always)
  public mutating func load(word: Int) -> UInt64 {
    line_load(UInt64(address) + UInt64(word * LineGeometry.wordBytes))
  }

  @inline(__always)
  public mutating func orderLoads() { barrier_loads() }
}
