// What the command line of wengen-call asks for, and doing it.

import Foundation
import Harness

/// Why the command ends with a failure: what to print, and the exit status.
struct CommandLineFailure: Error {
  let message: String
  let status: Int32

  /// The command line is wrong (sysexits.h: EX_USAGE).
  static func usage(_ message: String) -> CommandLineFailure {
    CommandLineFailure(message: "\(message)\n\(usageText)", status: 64)
  }

  /// The call did not succeed.
  static func call(_ message: String) -> CommandLineFailure {
    CommandLineFailure(message: message, status: 1)
  }

}

let usageText = """
  usage: wengen-call HOST:PORT PROGRAM VERSION PROCEDURE [ARGUMENT...] [OPTION...]
    numbers are decimal, or hexadecimal with 0x; arguments go into the call in this order:
      --int N         a 32-bit integer
      --hyper N       a 64-bit integer
      --opaque TEXT   bytes of variable length
      --ints N,N,...  an array of 32-bit integers
    --count N         makes the call N times and counts the replies
    --timeout SECONDS waits so long for each reply (2)
  example: wengen-call 127.0.0.1:4002 0x20000102 1 1 --int 40 --int 2
  """

func fail(_ failure: CommandLineFailure) -> Never {
  FileHandle.standardError.write(Data("wengen-call: \(failure.message)\n".utf8))
  exit(failure.status)
}

/// One procedure, with its arguments in XDR.
struct CallCommand {
  private var server = SocketAddress.loopback(port: 0)
  private var target = RPCProcedure(program: 0, version: 0, procedure: 0)
  private var arguments = XDREncoder()
  private var count = 1
  private var timeout = Duration.seconds(2)

  init(parsing words: [String]) throws(CommandLineFailure) {
    guard words.count >= 4 else { throw .usage("HOST:PORT PROGRAM VERSION PROCEDURE are needed") }
    server = try network { () throws(NetworkError) in try SocketAddress(parsing: words[0]) }
    target = RPCProcedure(
      program: try number(words[1], "PROGRAM"), version: try number(words[2], "VERSION"),
      procedure: try number(words[3], "PROCEDURE"))
    var rest = words[4...]
    while let option = rest.popFirst() {
      // The usage lists all options.
      guard usageText.contains("  \(option) ") else { throw .usage("unknown option '\(option)'") }
      guard let value = rest.popFirst() else { throw .usage("\(option): a value is needed") }
      switch option {
      case "--int": arguments.encode(try number(value, option) as Int32)
      case "--hyper": arguments.encode(try number(value, option) as Int64)
      case "--opaque": arguments.encode(opaque: Array(value.utf8))
      case "--ints":
        let values = value.split(separator: ",").map(String.init)
        arguments.encode(UInt32(values.count))
        for value in values { arguments.encode(try number(value, option) as Int32) }
      case "--count":
        count = try number(value, option)
        guard count > 0 else { throw .usage("--count: '\(value)' is not above 0") }
      case "--timeout":
        guard let seconds = Double(value), seconds > 0, seconds < 1e6 else {
          throw .usage("--timeout: '\(value)' is not a number of seconds")
        }
        timeout = .milliseconds(Int(seconds * 1000))
      default: throw .usage("unknown option '\(option)'")
      }
    }
  }

  private var noReply: NoReply {
    let call = RPCCall(transaction: 0, target: target, arguments: arguments.bytes)
    return NoReply(from: [server], within: timeout, datagramBytes: call.bytes.count)
  }

  func run() throws(CommandLineFailure) {
    var client = try network { () throws(NetworkError) in
      try RPCClient(server: server, timeout: timeout)
    }
    var replies = 0
    var losses = 0
    let begin = ContinuousClock.now
    for index in 0..<count {
      let outcome = try network { () throws(NetworkError) in
        try client.call(target, arguments.bytes)
      }
      switch outcome {
      case .success(let results):
        replies += 1
        if index == 0 { print(results.isEmpty ? "success, no results" : dump(results)) }
      case .timeout:
        losses += 1
        if replies == 0, losses == min(count, NoReply.patience) { throw .call("\(noReply)") }
      default: throw .call("\(outcome)")
      }
    }
    guard count > 1 else { return }
    let seconds = begin.duration(to: .now).seconds
    let rate = (Double(count) / seconds).formatted(.number.precision(.fractionLength(0)))
    print("\(replies) replies, \(losses) lost, \(rate) calls per second of this machine's time")
    if losses > 0 { throw .call("\(losses) of \(count) calls had no reply") }
  }
}

/// Results as 32-bit words and as text, four words a line.
private func dump(_ results: [UInt8]) -> String {
  var lines = ["success, \(results.count) bytes of results:"]
  for start in stride(from: 0, to: results.count, by: 16) {
    let row = results[start..<min(start + 16, results.count)]
    let words = stride(from: row.startIndex, to: row.endIndex, by: 4).map { at in
      row[at..<min(at + 4, row.endIndex)].map { hex($0) }.joined()
    }
    let text = row.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
    let column = words.joined(separator: " ")
    lines.append("  " + column + String(repeating: " ", count: 36 - column.count) + text)
  }
  return lines.joined(separator: "\n")
}

private func hex(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}

private func number<Number: FixedWidthInteger>(
  _ text: String, _ name: String
) throws(CommandLineFailure) -> Number {
  let number = text.hasPrefix("0x") ? Number(text.dropFirst(2), radix: 16) : Number(text)
  guard let number else {
    throw .usage("\(name): '\(text)' is not a number of \(Number.bitWidth) bits")
  }
  return number
}

private func network<Value: ~Copyable>(
  _ body: () throws(NetworkError) -> Value
) throws(CommandLineFailure) -> Value {
  do throws(NetworkError) { return try body() } catch { throw .call("\(error)") }
}
