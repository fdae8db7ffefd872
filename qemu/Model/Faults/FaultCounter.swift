// How often each fault happened: a simulator's counters, since no NIC could know them.

public enum FaultCounter: UInt16, Hashable, Sendable, CaseIterable {
  case faultReceivedDropped
  case faultReceivedCorrupted
  case faultReceivedReordered
  case faultReceivedDuplicated
  case faultSentDropped
  case faultSentCorrupted
  case faultSentReordered
  case faultSentDuplicated
  case faultEvictions
  case faultEarlyTryAgains
  case faultDelayedRequests
  case faultAnswersFirst
  /// Loads that hit a line that was being fetched, and so found its mark (R17).
  case faultMarkedLoads
}

struct FaultCounters: Hashable {
  private var values = [UInt64](repeating: 0, count: FaultCounter.allCases.count)

  subscript(_ counter: FaultCounter) -> UInt64 { values[Int(counter.rawValue)] }

  mutating func count(_ counter: FaultCounter) { values[Int(counter.rawValue)] += 1 }
}
