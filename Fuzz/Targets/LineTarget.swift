// Accesses of cores that keep to no rule, in a NIC with calls.
//
// A kernel reaches the whole line window, and what it stores there are numbers that the NIC looks
// its tables up by. So a kernel with a defect gets a report of the rule that it broke (R1 to R17),
// and never ends the machine that it runs on.

import Interface
import Model

enum LineTarget {
  /// Input: a byte of flags, then steps of ten bytes: what happens, by whom and where, and a word.
  static func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    guard !input.isEmpty else { return }
    var machine = Machine(flags: input[0])
    var start = 1
    while start + stepBytes <= input.count {
      var word: UInt64 = 0
      for byte in 0..<8 { word |= UInt64(input[start + 2 + byte]) << UInt64(8 * byte) }
      machine.step(input[start], input[start + 1], word)
      start += stepBytes
    }
    try machine.check()
  }

  private static let stepBytes = 10
}

/// Two cores with kernel endpoints 0 and 1, processes 1 and 2 with two workers each.
private struct Machine {
  private var nic: Lauberhorn
  private var now: UInt64 = 1

  private static let cores: UInt64 = 2
  private static let processes: UInt64 = 2
  private static let endpoints: UInt64 = 6

  /// - Parameter flags: bit 0 whether a stored state is seen later, bit 1 whether fetches take time,
  ///   bit 2 whether a preempted core sees the answer first (R10).
  init(flags: UInt8) {
    var configuration = Configuration(
      coreCount: Int(Self.cores), endpointCount: Int(Self.endpoints),
      processCount: Int(Self.processes) + 1, serviceCount: 2, callCount: 8,
      stallLimitNanoseconds: 1_000, ethernetAddress: EthernetAddress(0x0C53_3103_0028),
      internetAddress: InternetAddress(0xC0A8_8028))
    if flags & 1 != 0 { configuration.stateFetchNanoseconds = 100 }
    if flags & 2 != 0 { configuration.fetchNanoseconds = 100 }
    if flags & 4 != 0 { configuration.faults.interruptOrder = .answerFirst }
    guard let nic = Lauberhorn(configuration) else { fatalError("impossible configuration") }
    self.nic = nic
    for core in 0..<Self.cores {
      execute(.installEndpoint, [core, 0, core, 0x1000, 0x2000, 0, 0x3000, 0x4000])
    }
    for process in 1...Self.processes { install(process) }
  }

  private mutating func install(_ process: UInt64) {
    execute(.installProcess, [process, Self.cores, 4])
    for endpoint in 2 * process...2 * process + 1 {
      execute(.installEndpoint, [endpoint, process, 0, 0, 0x1000, 0x2000, 0, 0, 0, 0, 1])
    }
    execute(.installService, [process, 9000 + process, 0x2000_0001, 1, 1, 0x3000])
  }

  /// What fails has no effect.
  private mutating func execute(_ command: Command, _ arguments: [UInt64]) {
    for (index, argument) in arguments.enumerated() {
      nic.writeRegister(
        access(0), offset: Register.commandArguments + UInt64(8 * index), value: argument)
    }
    nic.writeRegister(access(0), offset: Register.command, value: command.rawValue)
  }

  private func access(_ core: UInt64) -> Access {
    Access(nowNanoseconds: now, core: CoreIdentifier(UInt16(core)))
  }

  // MARK: Steps

  mutating func step(_ what: UInt8, _ place: UInt8, _ word: UInt64) {
    let core = UInt64(place & 1)
    let number = UInt64(place >> 1 & 7)
    let process = ProcessIdentifier(UInt16(place >> 1 & 3))
    now += 10
    switch what % 12 {
    case 0:
      store(core, LineWindow.coreStateOffset(of: CoreIdentifier(UInt16(number & 1))), word)
    case 1:
      let line = LineWindow.processStateOffset(of: process)
      store(core, line + UInt64(place >> 3 & 15) * 8, word)
    case 2, 3: load(core, number * UInt64(EndpointLayout.blockBytes) + offset(word))
    case 4:
      store(core, number * UInt64(EndpointLayout.blockBytes) + offset(word), word >> 16)
    case 5: receive(port: 9001 + UInt16(number & 1))
    case 6: advance(by: word & 0xFFFF)
    case 7: load(core, LineWindow.processLoadOffset(of: process))
    case 8: nic.evict(access(core), offset: word % LineWindow.bytes)
    case 9: load(core, word % LineWindow.bytes)
    case 10:
      execute(number < 4 ? .removeProcess : .removeEndpoint, [number])
      if number > 0, number <= Self.processes { install(number) }
    default: execute(.preemptCore, [core])
    }
    while nic.nextOutput() != nil {}
  }

  /// Words of control lines and of overflow lines; the former are what most depends on.
  private func offset(_ word: UInt64) -> UInt64 { word & (word & 0x8000 == 0 ? 0xF8 : 0x1FF8) }

  private mutating func load(_ core: UInt64, _ offset: UInt64) {
    _ = nic.load(access(core), offset: offset & ~7, size: 8)
  }

  private mutating func store(_ core: UInt64, _ offset: UInt64, _ value: UInt64) {
    nic.store(access(core), offset: offset, size: 8, value: value)
  }

  private mutating func advance(by nanoseconds: UInt64) {
    now += nanoseconds
    nic.advance(nowNanoseconds: now)
  }

  /// A null call.
  private mutating func receive(port: UInt16) {
    var frame: [UInt8] = [0x0C, 0x53, 0x31, 0x03, 0, 0x28, 2, 0, 0, 0, 0, 0x99, 8, 0]
    frame += [0x45, 0, 0, 68, 0, 7, 0x40, 0, 64, 17, 0, 0, 192, 168, 128, 1, 192, 168, 128, 40]
    frame += [0x9C, 0x40, UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 0, 48, 0, 0]
    for word in [7, 0, 2, 0x2000_0001, 1, 1, 0, 0, 0, 0] as [UInt32] {
      for shift in [24, 16, 8, 0] as [UInt32] {
        frame.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    Checksums.repair(&frame)
    nic.receive(frame.span, nowNanoseconds: now)
  }

  // MARK: What must hold

  /// R7: every accepted call ended one way, or is in flight; and none is when its process is gone.
  mutating func check() throws(FuzzFailure) {
    try checkCalls()
    for process in 1...Self.processes { execute(.removeProcess, [process]) }
    try checkCalls()
    try FuzzFailure.check(nic.callsInFlight == 0, "\(nic.callsInFlight) calls of no process")
  }

  private func checkCalls() throws(FuzzFailure) {
    let ends: [NICCounter] = [
      .callsReplied, .callsFailedByHandler, .callsFailedMalformedResponse, .callsFailedByKernel,
      .callsFailedProcessRemoved,
    ]
    let accounted = ends.reduce(UInt64(nic.callsInFlight)) { $0 + nic.count(of: $1) }
    let accepted = nic.count(of: .callsAccepted)
    try FuzzFailure.check(
      accepted == accounted, "\(accepted) calls accepted, \(accounted) accounted for")
  }
}
