// A frame from the wire into a NIC with a waiting worker.

import Interface
import Model

enum FrameTarget {
  /// Input byte 0, bit 0: the checksums are set right before the frame goes in, so that the
  /// search is not stopped by them.
  static func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    guard !input.isEmpty else { return }
    var frame = Array(input.extracting(1..<input.count))
    if input[0] & 1 != 0 { Checksums.repair(&frame) }
    var nic = base
    let before = Tally(nic)
    nic.receive(frame.span)
    try checkOutputs(of: &nic, to: frame)
    let after = Tally(nic)
    // R7: the frame ended in exactly one way.
    try FuzzFailure.check(
      after.decided - before.decided == 1, "\(after.decided - before.decided) ends of one frame")
    guard after.accepted > before.accepted else { return }
    try serve(&nic)
    try checkOutputs(of: &nic, to: frame)
    try FuzzFailure.check(nic.callsInFlight == 0, "the call was served but is in flight")
  }

  // MARK: The NIC

  private static let worker = EndpointIdentifier(1)
  private static let process = ProcessIdentifier(1)
  private static let access = Access(nowNanoseconds: 1, core: CoreIdentifier(0))

  /// One core, on which the worker waits at its held load, and a service for each argument
  /// signature at port 9000, program 0x20000001, version 1.
  private static let base: Lauberhorn = {
    guard
      var nic = Lauberhorn(
        Configuration(
          coreCount: 1, endpointCount: 2, processCount: 2, serviceCount: 8, callCount: 2,
          ethernetAddress: EthernetAddress(0x0C53_3103_0028),
          internetAddress: InternetAddress(0xC0A8_8028)))
    else { fatalError("impossible configuration") }
    execute(.installProcess, [1, 1, 1], on: &nic)
    execute(.installEndpoint, [1, 1, 0, 0, 0x1000, 0x2000], on: &nic)
    let signatures = [
      Signature(),
      Signature { $0.int() },
      Signature { $0.opaque(max: 4000) },
      Signature {
        $0.string(max: 64)
        $0.array(max: 16) {
          $0.hyper()
          $0.optional { $0.bool() }
        }
        $0.union(on: .enumeration) {
          $0.arm([1, 2]) { $0.quadruple() }
          $0.defaultArm { $0.fixedOpaque(bytes: 7) }
        }
      },
    ]
    for (procedure, signature) in signatures.enumerated() {
      let bytes = signature.withBytes { Array($0) }
      var words: [UInt64] = [1, 9000, 0x2000_0001, 1, UInt64(procedure), 0x3000, 0]
      words += [UInt64(bytes.count), UInt64(bytes.count)]
      let both = bytes + bytes
      for start in stride(from: 0, to: both.count, by: 8) {
        words.append(
          both[start...].prefix(8).enumerated().reduce(0) { $0 | UInt64($1.1) << (8 * $1.0) })
      }
      execute(.installService, words, on: &nic)
    }
    let state = CoreState(mode: .user, process: process, endpoint: worker)
    nic.store(
      access, offset: LineWindow.coreStateOffset(of: CoreIdentifier(0)), size: 8,
      value: state.word)
    guard nic.load(access, offset: LineWindow.offset(of: worker), size: 8) == .held else {
      fatalError("the worker's load is not held")
    }
    while nic.nextOutput() != nil {}
    return nic
  }()

  private static func execute(_ command: Command, _ arguments: [UInt64], on nic: inout Lauberhorn) {
    for (index, argument) in arguments.enumerated() {
      nic.writeRegister(
        access, offset: Register.commandArguments + UInt64(8 * index), value: argument)
    }
    nic.writeRegister(access, offset: Register.command, value: command.rawValue)
    let result = nic.readRegister(access, offset: Register.commandResult)
    guard result == CommandResult.done.rawValue else { fatalError("\(command): \(result)") }
  }

  /// The worker returns its arguments as results: every signature is the same both ways.
  private static func serve(_ nic: inout Lauberhorn) throws(FuzzFailure) {
    let line = LineWindow.offset(of: worker)
    let tailOffset = line + UInt64(ControlLineWord.tail * LineGeometry.wordBytes)
    guard case .value = nic.load(access, offset: line, size: 8),
      case .value(let word) = nic.load(access, offset: tailOffset, size: 8),
      let tail = MessageTail(word: word), tail.kind == .call
    else { throw FuzzFailure(description: "accepted, but no CALL is in the worker's line") }
    let head = ResponseHead(status: .success, overflowLineCount: tail.overflowLineCount)
    nic.store(access, offset: tailOffset, size: 8, value: head.word)
    _ = nic.load(access, offset: line + UInt64(EndpointLayout.pairFlip), size: 8)
    try FuzzFailure.check(
      nic.count(of: .callsReplied) == 1, "arguments are no results of the same signature")
  }

  // MARK: What came out

  private struct Tally {
    var decided: UInt64 = 0
    let accepted: UInt64

    init(_ nic: Lauberhorn) {
      for counter in ends { decided += nic.count(of: counter) }
      accepted = nic.count(of: .callsAccepted)
    }
  }

  /// The counters of which each frame increases exactly one.
  private static let ends: [NICCounter] = NICCounter.allCases.filter { counter in
    let name = "\(counter)"
    return name.hasPrefix("drop") || name.hasPrefix("rejected") || counter == .arpAnswered
      || counter == .callsAccepted || counter == .framesForKernel
  }

  /// Whatever is sent goes back to where the frame came from, with right checksums.
  private static func checkOutputs(
    of nic: inout Lauberhorn, to frame: [UInt8]
  ) throws(FuzzFailure) {
    while let output = nic.nextOutput() {
      switch output {
      case .transmit(let reference):
        var sent = [UInt8](repeating: 0, count: Lauberhorn.maximumFrameBytes)
        var bytes = sent.mutableSpan
        guard let length = nic.copyFrame(reference, into: &bytes) else {
          throw FuzzFailure(description: "a frame longer than any")
        }
        sent.removeSubrange(length...)
        try FuzzFailure.check(length >= 60, "a frame of \(length) bytes")
        // Who asks by ARP says in the packet where the answer shall go (RFC 826).
        let isAddressReply = sent[12] == 8 && sent[13] == 6
        let asker = isAddressReply ? frame[22..<28] : frame[6..<12]
        try FuzzFailure.check(
          sent[0..<6].elementsEqual(asker), "a frame to somebody who did not send")
        var repaired = sent
        Checksums.repair(&repaired)
        try FuzzFailure.check(repaired == sent, "a wrong checksum")
      case .violation(let violation):
        throw FuzzFailure(description: "a frame made a core break a rule: \(violation)")
      case .wake, .interrupt, .call, .event: break
      }
    }
  }
}
