// A call as bytes, and what its reply must be.

import Harness
import Workload

struct PreparedCall {
  let planned: PlannedCall
  let transaction: UInt32
  let bytes: [UInt8]
  /// The results of a right reply.
  let expected: [UInt8]

  init(_ planned: PlannedCall, transaction: UInt32, instructionsPerMicrosecond: Double) {
    self.planned = planned
    self.transaction = transaction
    if planned.bytes > 0 {
      let data = EchoService.echoArguments(EchoService.pattern(planned.bytes))
      bytes = RPCCall(transaction: transaction, target: EchoService.echo, arguments: data).bytes
      expected = data
      return
    }
    let rounds = UInt64(
      (Double(planned.serviceNanoseconds) / 1000 * instructionsPerMicrosecond
        / SpinService.instructionsPerRound).rounded())
    let seed = UInt64(transaction)
    bytes =
      RPCCall(
        transaction: transaction, target: SpinService.spin,
        arguments: SpinService.spinArguments(seed: seed, rounds: rounds)
      ).bytes
    var results = XDREncoder()
    results.encode(Int64(bitPattern: SpinService.result(seed: seed, rounds: rounds)))
    expected = results.bytes
  }
}
