// An open loop in the guest's time: the calls are written down before, and the machine replays them.
//
// The device hands each call's frame to the NIC at its virtual nanosecond (qemu/Device/replay.c) and
// ends QEMU at the end. What the guest sent is then read from a capture, and when it sent that from
// the NIC's own events. Nothing of it depends on this machine: the same options give the same result.

import Foundation
import Harness
import Workload

struct ReplayedRun {
  /// Transactions of call n are first + n.
  static let firstTransaction: UInt32 = 1
  /// A client that nobody else is: its frames and the replies to it exist in files only.
  private static let client = UDPEnd(
    ethernet: 0x0200_0000_0099, socket: SocketAddress(address: 0x0a00_0202, port: 40000))

  private let options: LoadOptions
  private let files: LoadFiles
  private let calls: [PreparedCall]
  private let servers: [UDPEnd]

  init(_ options: LoadOptions) throws {
    self.options = options
    files = try LoadFiles(options)
    servers = files.ports.map { MachineConfiguration.Replay.server(port: $0) }
    calls = options.workload.calls.prefix(options.calls).enumerated().map { index, call in
      PreparedCall(
        call, transaction: Self.firstTransaction + UInt32(index),
        instructionsPerMicrosecond: options.instructionsPerMicrosecond)
    }
  }

  private var timeoutNanoseconds: UInt64 { UInt64(options.timeout.seconds * 1e9) }

  /// The virtual time of a call.
  private func arrival(_ call: PreparedCall) -> UInt64 {
    options.startNanoseconds + call.planned.arrivalNanoseconds
  }

  func run() throws -> LoadResult {
    let packets = calls.map { call in
      PacketCapture.Packet(
        nanoseconds: arrival(call),
        frame: UDPFrame(
          from: Self.client, to: servers[call.planned.service], payload: call.bytes
        ).bytes)
    }
    try Data(PacketCapture(packets).bytes).write(to: URL(fileURLWithPath: files.calls))
    // Later than any reply that counts, to the nanosecond.
    let end = (calls.last.map(arrival) ?? options.startNanoseconds) + timeoutNanoseconds + 1
    try replay(until: end)
    return try result()
  }

  private func replay(until end: UInt64) throws {
    var configuration = files.configuration(options)
    configuration.replay = .init(file: files.calls, endNanoseconds: end)
    configuration.packetCapture = files.replies
    let machine = try Machine(configuration)
    let line = try machine.expectLine(containing: "ready:", within: .seconds(60))
    guard let ready = Self.time(ofLogLine: line) else {
      throw LoadFailure.run("no time in '\(line)'")
    }
    guard ready < Double(options.startNanoseconds) else {
      throw LoadFailure.run(
        String(
          format: "the guest was ready at %.1f ms of its time, the first calls came after %.1f ms;"
            + " a later --start is needed", ready / 1e6, Double(options.startNanoseconds) / 1e6))
    }
    // Emulation of a busy second takes a few seconds, of an idle one nearly nothing.
    let limit = Duration.seconds(60 + 30 * Int(end / 1_000_000_000))
    let status = try machine.waitForExit(within: limit)
    guard status.succeeded else {
      throw LoadFailure.run("the guest ended with \(status)\n\(machine.console.text)")
    }
  }

  /// In nanoseconds, of `[    0.123456] core …`.
  private static func time(ofLogLine line: String) -> Double? {
    guard let match = line.firstMatch(of: /^\[ *([0-9]+\.[0-9]+)\]/) else { return nil }
    return Double(match.1).map { $0 * 1e9 }
  }

  private func result() throws -> LoadResult {
    var result = LoadResult(callCount: calls.count)
    result.calls = calls.map(\.planned)
    let times = try GuestClock.times(inFile: files.events)
    guard let data = FileManager.default.contents(atPath: files.replies) else {
      throw LoadFailure.run("\(files.replies): cannot be read")
    }
    var isOpen = Array(repeating: true, count: calls.count)
    var last = 0.0
    for packet in try PacketCapture(parsing: [UInt8](data)).packets {
      guard let frame = UDPFrame(packet.frame), frame.destination == Self.client,
        let reply = try? RPCReply(frame.payload),
        case let index = Int(reply.transaction) - Int(Self.firstTransaction),
        isOpen.indices.contains(index), isOpen[index],
        frame.source == servers[calls[index].planned.service]
      else {
        result.strayDatagrams += 1
        continue
      }
      // The NIC has events of calls that it took; those that it refuses it refuses at once.
      var latency = 0.0
      if let sent = times[reply.transaction]?.end {
        latency = sent - Double(arrival(calls[index]))
        // QEMU does not end in the very nanosecond; who waits does.
        guard latency <= Double(timeoutNanoseconds) else { continue }
        last = max(last, sent)
      } else if case .success = reply.outcome {
        throw LoadFailure.run("\(files.events): nothing of answered call \(reply.transaction)")
      }
      isOpen[index] = false
      result.judge(
        reply.outcome, to: calls[index], index: index, latencyNanoseconds: latency)
    }
    result.lost = isOpen.count { $0 }
    result.seconds = max(0, last - Double(options.startNanoseconds)) / 1e9
    return result
  }
}
