// How many cores do RPC and how many run general threads, from the load (paper §6).
//
// Hiring is quick, since calls wait: what is wanted for a tenth of a millisecond is hired at
// once. Retiring is slow and counts peaks: a core goes only when the most that was wanted over a
// whole window leaves cores over, and only when general threads want them (a core at a held load
// costs nothing). Load that moves up and down within the peak therefore moves no core. When a
// core is hired soon after one was retired, the window was too short to see the peak: it doubles.
// So under steady load moves become rare, whatever the load's pattern.

/// What the load lines say at one time.
public struct LoadSample: Hashable, Sendable {
  public var nowNanoseconds: UInt64
  /// Cores that run handlers.
  public var busyCores: Int
  /// Calls that wait for a core.
  public var callsWaiting: Int
  /// General threads that are ready and have no core.
  public var generalWaiting: Int

  public init(nowNanoseconds: UInt64, busyCores: Int, callsWaiting: Int, generalWaiting: Int) {
    self.nowNanoseconds = nowNanoseconds
    self.busyCores = busyCores
    self.callsWaiting = callsWaiting
    self.generalWaiting = generalWaiting
  }
}

/// Decides on each sample; the kernel carries it out (`RETIRE`, or an interrupt to hire).
public struct CoreAllocation: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    public var minimumCores: Int
    public var maximumCores: Int
    /// How long calls must wait for more cores than there are.
    public var hireDelayNanoseconds: UInt64 = 100_000
    /// The first window.
    public var windowNanoseconds: UInt64 = 10_000_000
    public var maximumWindowNanoseconds: UInt64 = 1_280_000_000
    /// Cores beyond the peak that stay.
    public var spareCores = 1

    public init(minimumCores: Int, maximumCores: Int) {
      precondition(0 <= minimumCores && minimumCores <= maximumCores)
      self.minimumCores = minimumCores
      self.maximumCores = maximumCores
    }
  }

  public enum Change: Hashable, Sendable {
    case keep
    case hire(Int)
    case retire(Int)
  }

  /// Windows without a hire after which the window is halved: the load's pattern has changed.
  private static var calmWindows: Int { 16 }

  public let settings: Settings
  public private(set) var rpcCores: Int
  public private(set) var windowNanoseconds: UInt64
  private var windowStartNanoseconds: UInt64?
  /// The most cores that were wanted in this window.
  private var peak = 0
  private var calm = 0
  /// Since when more cores are wanted than there are.
  private var shortSinceNanoseconds: UInt64?
  private var retiredNanoseconds: UInt64?

  public init(settings: Settings, rpcCores: Int) {
    self.settings = settings
    self.rpcCores = min(max(rpcCores, settings.minimumCores), settings.maximumCores)
    windowNanoseconds = settings.windowNanoseconds
  }

  public mutating func update(_ sample: LoadSample) -> Change {
    let now = sample.nowNanoseconds
    let wanted = min(
      max(sample.busyCores + sample.callsWaiting, settings.minimumCores), settings.maximumCores)
    let start = windowStartNanoseconds ?? now
    windowStartNanoseconds = start
    peak = max(peak, wanted)
    if wanted > rpcCores { return hire(wanted, at: now) }
    shortSinceNanoseconds = nil
    guard now >= start + windowNanoseconds else { return .keep }
    return endWindow(sample)
  }

  /// Samples come again, after nobody has looked for a while: what was wanted meanwhile is not known.
  public mutating func beginSamples() {
    windowStartNanoseconds = nil
    peak = 0
    shortSinceNanoseconds = nil
  }

  /// Retired cores had no thread left, and do RPC again: as if they had been hired.
  public mutating func noteReturn(of cores: Int, at nowNanoseconds: UInt64) {
    guard cores > 0 else { return }
    rpcCores = min(rpcCores + cores, settings.maximumCores)
    noteHire(at: nowNanoseconds)
  }

  /// A core that retired came back: when that was soon, the window was too short.
  private mutating func noteHire(at now: UInt64) {
    if let retired = retiredNanoseconds, now < retired + 4 * windowNanoseconds {
      windowNanoseconds = min(windowNanoseconds * 2, settings.maximumWindowNanoseconds)
    }
    retiredNanoseconds = nil
    calm = 0
    beginWindow(at: now, peak: min(peak, rpcCores))
  }

  private mutating func hire(_ wanted: Int, at now: UInt64) -> Change {
    let since = shortSinceNanoseconds ?? now
    shortSinceNanoseconds = since
    guard now >= since + settings.hireDelayNanoseconds else { return .keep }
    let hired = wanted - rpcCores
    rpcCores = wanted
    shortSinceNanoseconds = nil
    peak = wanted
    noteHire(at: now)
    return .hire(hired)
  }

  private mutating func endWindow(_ sample: LoadSample) -> Change {
    let surplus = rpcCores - max(peak + settings.spareCores, settings.minimumCores)
    beginWindow(
      at: sample.nowNanoseconds, peak: min(sample.busyCores + sample.callsWaiting, rpcCores))
    calm += 1
    if calm >= Self.calmWindows {
      calm = 0
      windowNanoseconds = max(windowNanoseconds / 2, settings.windowNanoseconds)
    }
    guard surplus > 0, sample.generalWaiting > 0 else { return .keep }
    let retired = min(surplus, sample.generalWaiting)
    rpcCores -= retired
    retiredNanoseconds = sample.nowNanoseconds
    return .retire(retired)
  }

  private mutating func beginWindow(at now: UInt64, peak: Int) {
    windowStartNanoseconds = now
    self.peak = peak
  }
}
