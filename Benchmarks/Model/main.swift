// How many calls a second the model decodes, dispatches and answers, on one core of this machine.
//
// Each call is a whole warm one, as `Lauberhorn` sees it: the frame, the worker's loads and stores,
// the reply frame. Not a timed test: the numbers depend on the machine and on what else it does,
// so the best of several short rounds is printed. `make benchmark`, or
//
//     wengen-benchmark [part of a shape's name [calls in one round, and only one]]
//
// so that a profiler can count the instructions of a call as the difference of two runs.

import Allocations
import Interface
import Model

/// A NIC with one waiting worker and many services, of which the last is called.
struct WarmCalls {
  private static let access = Access(nowNanoseconds: 1, core: CoreIdentifier(0))
  private static let worker = EndpointIdentifier(1)
  private var nic: Lauberhorn
  private var line = LineWindow.offset(of: worker)
  private let overflowLines: Int
  private let response: UInt64

  init(_ shape: Shape) {
    overflowLines = shape.overflowLines
    response = ResponseHead(status: .success, overflowLineCount: UInt8(overflowLines)).word
    guard
      let nic = Lauberhorn(
        Configuration(
          coreCount: 1, endpointCount: 2, processCount: 2, serviceCount: shape.services,
          callCount: 64,
          ethernetAddress: EthernetAddress(0x0C53_3103_0028),
          internetAddress: InternetAddress(0xC0A8_8028)))
    else { fatalError("impossible configuration") }
    self.nic = nic
    execute(.installProcess, [1, 1, 1])
    execute(.installEndpoint, [1, 1, 0, 0, 0x1000, 0x2000])
    let bytes = shape.signature + shape.signature
    let packed = stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start...].prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.1) << (8 * $1.0) }
    }
    let length = UInt64(shape.signature.count)
    for procedure in 0..<shape.services {
      execute(
        .installService,
        [1, 9000, 0x2000_0001, 1, UInt64(procedure), 0x3000, 0, length, length] + packed)
    }
    let state = CoreState(
      mode: .user, process: ProcessIdentifier(1), endpoint: WarmCalls.worker)
    self.nic.store(
      WarmCalls.access, offset: LineWindow.coreStateOffset(of: CoreIdentifier(0)), size: 8,
      value: state.word)
    guard self.nic.load(WarmCalls.access, offset: line, size: 8) == .held else {
      fatalError("the worker's load is not held")
    }
    drain()
  }

  /// One call, from frame to frame.
  mutating func run(_ frame: Span<UInt8>) {
    nic.receive(frame)
    drain()
    for word in 0..<4 {
      _ = nic.load(WarmCalls.access, offset: line + UInt64(word * 8), size: 8)
    }
    for overflow in 0..<overflowLines {
      _ = nic.load(
        WarmCalls.access,
        offset: LineWindow.offset(of: WarmCalls.worker)
          + UInt64(EndpointLayout.receiveOverflowOffset + overflow * LineGeometry.lineBytes),
        size: 8)
    }
    // Results are the arguments, which stand there.
    nic.store(
      WarmCalls.access, offset: line + UInt64(ControlLineWord.tail * 8), size: 8, value: response)
    line ^= UInt64(EndpointLayout.pairFlip)
    _ = nic.load(WarmCalls.access, offset: line, size: 8)
    drain()
  }

  var replies: UInt64 { nic.count(of: .callsReplied) }

  private mutating func drain() { while nic.nextOutput() != nil {} }

  private mutating func execute(_ command: Command, _ arguments: [UInt64]) {
    for (index, argument) in arguments.enumerated() {
      nic.writeRegister(
        WarmCalls.access, offset: Register.commandArguments + UInt64(8 * index), value: argument)
    }
    nic.writeRegister(WarmCalls.access, offset: Register.command, value: command.rawValue)
    let result = nic.readRegister(WarmCalls.access, offset: Register.commandResult)
    guard result == CommandResult.done.rawValue else { fatalError("\(command): \(result)") }
  }

  /// A call from 192.168.128.1 without UDP checksum.
  static func frame(procedure: UInt32, arguments: [UInt8]) -> [UInt8] {
    var message: [UInt8] = []
    for word in [1, 0, 2, 0x2000_0001, 1, procedure, 0, 0, 0, 0] as [UInt32] {
      message += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
    message += arguments
    let total = 28 + message.count
    var header: [UInt8] = [
      0x45, 0, UInt8(total >> 8), UInt8(total & 0xFF), 0, 1, 0x40, 0, 64, 17, 0, 0,
    ]
    header += [192, 168, 128, 1, 192, 168, 128, 40]
    var sum = stride(from: 0, to: 20, by: 2).reduce(0) {
      $0 + Int(header[$1]) << 8 + Int(header[$1 + 1])
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    header[10] = UInt8(~sum >> 8 & 0xFF)
    header[11] = UInt8(~sum & 0xFF)
    let length = total - 20
    let udp: [UInt8] = [0x9C, 0x40, 0x23, 0x28, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0]
    return [0x0C, 0x53, 0x31, 0x03, 0, 0x28, 2, 0, 0, 0, 0, 0x99, 8, 0] + header + udp + message
  }
}

let arguments = CommandLine.arguments.dropFirst()
let part = arguments.first ?? ""
let onlyRound = arguments.dropFirst().first.flatMap { Int($0) }
let rounds = onlyRound == nil ? 20 : 1
let calls = onlyRound ?? 50_000

for shape in Shape.all where part.isEmpty || shape.name.contains(part) {
  var bench = WarmCalls(shape)
  let frame = WarmCalls.frame(
    procedure: UInt32(shape.services - 1), arguments: shape.arguments)
  // Memory that is kept has its size after these.
  let warmUp = min(1000, calls)
  for _ in 0..<warmUp { bench.run(frame.span) }
  let before = allocation_count()
  var best = Duration.seconds(Int64.max)
  for _ in 0..<rounds {
    let begin = ContinuousClock.now
    for _ in 0..<calls { bench.run(frame.span) }
    best = min(best, begin.duration(to: .now))
  }
  let allocations = allocation_count() - before
  guard bench.replies == UInt64(rounds * calls + warmUp) else { fatalError("calls without reply") }
  let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) / 1e18
  print(
    "\(shape.name): \(Int(Double(calls) / seconds)) calls/s, "
      + "\(Int(seconds / Double(calls) * 1e9)) ns a call (the best of \(rounds) rounds), "
      + "\(allocations) allocations in \(rounds * calls) calls")
}
