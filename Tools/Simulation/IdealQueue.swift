// The yardstick: one queue for all cores, first come, first served, nothing costs anything.
//
// No machine can do this, since a call's way to a core takes time; no policy without preemption can
// beat it while times of handlers are not known beforehand (c-FCFS in the literature).

public import Workload

public struct IdealQueue: Sendable {
  /// How long a call keeps its core besides its handler; 0 is the ideal.
  public var overheadNanoseconds: UInt64
  /// When each core is free, as a heap.
  private var free: [UInt64]

  public init(cores: Int, overheadNanoseconds: UInt64 = 0) {
    precondition(cores > 0)
    self.overheadNanoseconds = overheadNanoseconds
    free = Array(repeating: 0, count: cores)
  }

  /// When the call ends. Calls are to be given in the order of their arrivals.
  public mutating func serve(_ call: PlannedCall) -> UInt64 {
    let end =
      max(call.arrivalNanoseconds, free[0]) + call.serviceNanoseconds + overheadNanoseconds
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < free.count else { break }
      if child + 1 < free.count, free[child + 1] < free[child] { child += 1 }
      guard free[child] < end else { break }
      free[place] = free[child]
      place = child
    }
    free[place] = end
    return end
  }
}
