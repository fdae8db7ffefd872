// A process's load line as one value, and how to read it whole.

/// How a reader reaches one process's load line.
public protocol LoadLineAccess {
  /// Loads one word (`ProcessLoadWord`) of the line.
  mutating func load(word: Int) -> UInt64

  /// Orders all earlier loads before all later ones.
  mutating func orderLoads()
}

/// What the NIC says of a process. Counts begin at 0 when it is installed.
///
/// A copy of the line stays in the reader's cache until the NIC takes it back (interface §7.3),
/// so reading a load that did not change costs six hits and nothing on the link.
public struct ProcessLoad: Hashable, Sendable {
  public var demand: ProcessDemand
  public var arrivals: UInt64
  public var deliveries: UInt64
  /// Of all delivered calls together.
  public var waitingNanoseconds: UInt64
  public var rejections: UInt64

  /// How long a copy in a cache may say what is not true any more.
  @inlinable public static var intervalNanoseconds: UInt64 { 100_000 }

  @inlinable
  public init(
    demand: ProcessDemand = ProcessDemand(), arrivals: UInt64 = 0, deliveries: UInt64 = 0,
    waitingNanoseconds: UInt64 = 0, rejections: UInt64 = 0
  ) {
    self.demand = demand
    self.arrivals = arrivals
    self.deliveries = deliveries
    self.waitingNanoseconds = waitingNanoseconds
    self.rejections = rejections
  }

  /// Reads all words of one update: the line may be taken back and given again between two loads.
  @inlinable
  public init(reading line: inout some LoadLineAccess) {
    var update = line.load(word: ProcessLoadWord.update)
    while true {
      line.orderLoads()
      self.init(
        demand: ProcessDemand(word: line.load(word: ProcessLoadWord.demand)),
        arrivals: line.load(word: ProcessLoadWord.arrivals),
        deliveries: line.load(word: ProcessLoadWord.deliveries),
        waitingNanoseconds: line.load(word: ProcessLoadWord.waitingNanoseconds),
        rejections: line.load(word: ProcessLoadWord.rejections))
      line.orderLoads()
      let after = line.load(word: ProcessLoadWord.update)
      guard after != update else { return }
      update = after
    }
  }
}
