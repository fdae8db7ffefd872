// What is simulated: the machine, its processes and the policy.

public import Interface
public import Scheduling

public struct MachineSettings: Sendable {
  public struct ServiceSettings: Hashable, Sendable {
    public var weight = Weight.standard
    /// Calls that may wait.
    public var queueLimit = 4096
    /// Calls that would wait longer are rejected; 0: none.
    public var waitLimitNanoseconds: UInt64 = 0
    /// Calls that cannot wait are dropped instead of rejected.
    public var dropsExcess = false
    /// Beside the other services, where they are procedures of one process.
    public var serviceClass = ServiceClass.normal

    public init() {}
  }

  public var cores: Int
  public var services: [ServiceSettings]
  /// All services are procedures of one process, with the first one's limits; else each is a process.
  public var isOneProcess = false
  public var policy: SelectedPolicy
  public var costs = Costs()
  public var stallLimitNanoseconds: UInt64 = 15_000_000

  public init(cores: Int, services: Int, policy: SelectedPolicy) {
    precondition(cores > 0 && cores <= CoreSet.capacity && services > 0)
    self.cores = cores
    self.services = Array(repeating: ServiceSettings(), count: services)
    self.policy = policy
  }

  var processCount: Int { isOneProcess ? 1 : services.count }

  /// From 0.
  func process(ofService service: Int) -> Int { isOneProcess ? 0 : service }

  /// The cores that the policy gives a process to itself, and whether it is held to them.
  func part(ofProcess process: Int) -> (cores: Int, isOwn: Bool) {
    var all = CoreSet.none
    for core in 0..<cores { all.insert(CoreIdentifier(UInt16(core))) }
    let part = policy.partition(place: process, count: processCount, cores: all)
    return (part.count, part.count < cores)
  }
}

/// What came of a run.
public struct Outcome: Sendable {
  /// When the reply of each call left, in the order of arrivals; 0: there was none, `rejected`: an
  /// error was sent.
  public internal(set) var replies: [UInt64] = []
  public static let rejected = UInt64.max

  public internal(set) var warmCalls = 0
  public internal(set) var coldCalls = 0
  public internal(set) var yields = 0
  public internal(set) var preemptions = 0
  public internal(set) var resumes = 0
  public internal(set) var tryAgains = 0
  public internal(set) var coherenceMessages = 0
  /// All cores together.
  public internal(set) var instructions = 0.0
  /// Per look, per service: cores that have one of its threads; and calls that came since.
  public internal(set) var looks: [[Int]] = []
  public internal(set) var nanoseconds: UInt64 = 0
  public internal(set) var events = 0
}

/// The simulation, or what it drives, did something that it must not.
public struct SimulationFault: Error, CustomStringConvertible {
  public let description: String
}
