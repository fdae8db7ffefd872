// The calls that `make run` makes, and what it says about each.

import Harness

/// One call of the demonstration: what to send, and how to judge what comes back.
struct DemonstrationCall {
  let name: String
  let target: RPCProcedure
  let arguments: [UInt8]
  /// The result in words; throws what is wrong with it.
  let judge: ([UInt8]) throws(WrongResult) -> String

  /// The service answered with success, and with the wrong result.
  struct WrongResult: Error, CustomStringConvertible {
    let description: String
  }

  /// Every procedure of both services. Twice each where the first call is to a process that no
  /// core serves yet: the first is cold, the second warm.
  static var all: [DemonstrationCall] {
    [null("echo", EchoService.null), null("echo", EchoService.null)]
      + [0, 1, 96, 400, 1024, EchoService.largestUnfragmentedData].map(echo)
      + [
        null("calculator", CalculatorService.null), null("calculator", CalculatorService.null),
        add(40, 2), multiply(3_000_000_000, -3), mean([1, 2, 3, 4, 10]),
      ]
  }

  private static func null(_ service: String, _ target: RPCProcedure) -> DemonstrationCall {
    DemonstrationCall(name: "\(service), null", target: target, arguments: []) {
      results throws(WrongResult) in
      guard results.isEmpty else {
        throw WrongResult(description: "\(results.count) bytes of results, none expected")
      }
      return "answered"
    }
  }

  private static func echo(_ count: Int) -> DemonstrationCall {
    let data = EchoService.pattern(count)
    let arguments = EchoService.echoArguments(data)
    let size = count == 1 ? "1 byte" : "\(count) bytes"
    return DemonstrationCall(
      name: "echo of \(size)", target: EchoService.echo, arguments: arguments
    ) { results throws(WrongResult) in
      guard results == arguments else {
        throw WrongResult(description: "other bytes came back than were sent")
      }
      return "\(size) back"
    }
  }

  private static func add(_ left: Int32, _ right: Int32) -> DemonstrationCall {
    DemonstrationCall(
      name: "add \(left) \(right)", target: CalculatorService.add,
      arguments: CalculatorService.addArguments(left, right)
    ) { results throws(WrongResult) in
      let sum = try decoded { () throws(XDRError) in try CalculatorService.sum(from: results) }
      guard sum == left + right else { throw WrongResult(description: "\(sum) is wrong") }
      return "\(sum)"
    }
  }

  private static func multiply(_ left: Int64, _ right: Int64) -> DemonstrationCall {
    DemonstrationCall(
      name: "multiply \(left) \(right)", target: CalculatorService.multiply,
      arguments: CalculatorService.multiplyArguments(left, right)
    ) { results throws(WrongResult) in
      let product = try decoded { () throws(XDRError) in
        try CalculatorService.product(from: results)
      }
      guard product == left * right else { throw WrongResult(description: "\(product) is wrong") }
      return "\(product)"
    }
  }

  private static func mean(_ values: [Int32]) -> DemonstrationCall {
    DemonstrationCall(
      name: "mean of \(values.count) values", target: CalculatorService.mean,
      arguments: CalculatorService.meanArguments(values)
    ) { results throws(WrongResult) in
      let (sum, count) = try decoded { () throws(XDRError) in
        try CalculatorService.mean(from: results)
      }
      guard sum == values.reduce(0, { $0 + Int64($1) }), count == values.count else {
        throw WrongResult(description: "sum \(sum) of \(count) values is wrong")
      }
      return "sum \(sum) of \(count)"
    }
  }

  private static func decoded<Value>(
    _ body: () throws(XDRError) -> Value
  ) throws(WrongResult) -> Value {
    do throws(XDRError) { return try body() } catch {
      throw WrongResult(description: "malformed results: \(error)")
    }
  }
}
