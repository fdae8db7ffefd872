// What came of the calls.

import Harness
import Workload

struct LoadResult {
  /// Of each call: from its planned sending to its reply, in nanoseconds; nil: no right one came. An
  /// open loop counts from the plan, so that a late client hides no waiting.
  var latencies: [Double?]
  var calls: [PlannedCall] = []
  /// Answered with an RPC error, by what it says.
  var errors: [String: Int] = [:]
  /// Answered with other results than the right ones.
  var wrongResults = 0
  var lost = 0
  var strayDatagrams = 0
  var seconds = 0.0
  /// How late the last call was sent; an open loop of this machine only.
  var latestNanoseconds = 0.0

  init(callCount: Int) { latencies = Array(repeating: nil, count: callCount) }

  /// Takes the reply to a call.
  mutating func judge(
    _ outcome: RPCOutcome, to call: PreparedCall, index: Int, latencyNanoseconds: Double
  ) {
    switch outcome {
    case .success(let results) where results == call.expected:
      latencies[index] = latencyNanoseconds
    case .success: wrongResults += 1
    default: errors["\(outcome)", default: 0] += 1
    }
  }
}
