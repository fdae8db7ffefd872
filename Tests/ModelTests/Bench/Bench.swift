// A NIC on a bench: everything that goes in and comes out, in the order in which it happens.

import Interface
import Testing

@testable import Model

/// Addresses of the stubs that the bench registers, all different.
enum Stub {
  static let kernelCall: UInt64 = 0xFFFF_0000_0000_1000
  static let kernelTryAgain: UInt64 = 0xFFFF_0000_0000_2000
  static let kernelRetire: UInt64 = 0xFFFF_0000_0000_3000
  static let kernelResume: UInt64 = 0xFFFF_0000_0000_4000
  static let kernelFrame: UInt64 = 0xFFFF_0000_0000_5000
  static let tryAgain: UInt64 = 0x40_1000
  static let yieldNow: UInt64 = 0x40_2000
  static let handler: UInt64 = 0x40_3000
  static let data: UInt64 = 0x50_0000
}

/// Owner of the model in a test; cores and wire share it.
final class Bench {
  var nic: Lauberhorn
  var now: UInt64 = 1_000
  private(set) var frames: [[UInt8]] = []
  private(set) var wakes: [CoreIdentifier] = []
  private(set) var interrupts: [CoreIdentifier] = []
  /// Wakes and interrupts in the order in which they came.
  var order: [String] = []
  private(set) var records: [CallRecord] = []
  private(set) var violations: [Violation.Rule] = []
  private(set) var events: [NICEvent] = []
  /// Instructions of each core; every access is one.
  private(set) var instructions: [UInt64]
  var kernelEntries: [UInt64]

  static let stallLimit: UInt64 = 15_000_000
  /// One int.
  static let int: [UInt8] = [SignatureCode.int.rawValue]

  /// - Parameter takesFrames: the kernel has registered a stub for FRAME.
  init(
    cores: Int = 2, endpoints: Int = 16, services: Int = 16, calls: Int = 64,
    takesFrames: Bool = false,
    configure: (inout Configuration) -> Void = { _ in }
  ) throws {
    var configuration = Configuration(
      coreCount: cores, endpointCount: endpoints, processCount: 8, serviceCount: services,
      callCount: calls, stallLimitNanoseconds: Bench.stallLimit,
      ethernetAddress: EthernetAddress(0x0C53_3103_0028),
      internetAddress: InternetAddress(0xC0A8_8028))
    configure(&configuration)
    nic = try #require(Lauberhorn(configuration))
    instructions = Array(repeating: 0, count: cores)
    kernelEntries = Array(repeating: 0, count: cores)
    // Kernel endpoints are the first ones: core c has endpoint c.
    for core in 0..<UInt64(cores) {
      try #require(
        command(
          .installEndpoint,
          [
            core, 0, core, Stub.kernelCall, Stub.kernelTryAgain, 0, Stub.kernelRetire,
            Stub.kernelResume, takesFrames ? Stub.kernelFrame : 0, 0xDA7A,
          ]) == .done)
    }
  }

  // MARK: - Set-up

  func command(_ command: Command, _ arguments: [UInt64]) -> CommandResult? {
    for (index, argument) in arguments.enumerated() {
      write(Register.commandArguments + UInt64(index) * 8, argument)
    }
    write(Register.command, command.rawValue)
    return CommandResult(rawValue: read(Register.commandResult))
  }

  func install(
    process: UInt64, maximumCores: UInt64 = 4, queueLimit: UInt64 = 16, weight: UInt64 = 1,
    quantumNanoseconds: UInt64 = 0, minimumCores: UInt64 = 0, waitLimitNanoseconds: UInt64 = 0,
    dropsExcess: Bool = false, patienceNanoseconds: UInt64 = 0, endpoints: [UInt64],
    marksLines: Bool = false
  ) throws {
    try #require(
      command(
        .installProcess,
        [
          process, maximumCores, queueLimit, weight, quantumNanoseconds, minimumCores,
          waitLimitNanoseconds, dropsExcess ? 1 : 0, patienceNanoseconds,
        ]) == .done)
    for endpoint in endpoints {
      let addresses: [UInt64] = [
        0, Stub.tryAgain, Stub.yieldNow, 0, 0, 0, Stub.data, marksLines ? 1 : 0,
      ]
      try #require(command(.installEndpoint, [endpoint, process, 0] + addresses) == .done)
    }
  }

  func installService(
    process: UInt64, port: UInt64 = 9000, program: UInt64 = 0x2000_0001, version: UInt64 = 1,
    procedure: UInt64 = 1, arguments: [UInt8] = Bench.int, results: [UInt8] = Bench.int,
    code: UInt64 = Stub.handler, serviceClass: UInt64 = 0
  ) -> CommandResult? {
    var words: [UInt64] = [process, port, program, version, procedure, code, Stub.data]
    words += [UInt64(arguments.count), UInt64(results.count)]
    let signatures = arguments + results
    for start in stride(from: 0, to: signatures.count, by: 8) {
      var word: UInt64 = 0
      for (index, byte) in signatures[start...].prefix(8).enumerated() {
        word |= UInt64(byte) << UInt64(8 * index)
      }
      words.append(word)
    }
    words += Array(repeating: 0, count: ServiceClass.argumentWord - words.count)
    return command(.installService, words + [serviceClass])
  }

  // MARK: - What happens

  func access(_ core: Int) -> Access {
    Access(
      nowNanoseconds: now,
      instructions: instructions.indices.contains(core) ? instructions[core] : 0,
      kernelEntries: kernelEntries.indices.contains(core) ? kernelEntries[core] : 0,
      core: CoreIdentifier(UInt16(core)))
  }

  func execute(_ core: Int, instructions count: UInt64) { instructions[core] += count }

  func load(_ core: Int, _ offset: UInt64, size: Int = 8) -> LoadAnswer {
    if instructions.indices.contains(core) { instructions[core] += 1 }
    defer { drain() }
    return nic.load(access(core), offset: offset, size: size)
  }

  func load(_ access: Access, _ offset: UInt64) -> LoadAnswer {
    defer { drain() }
    return nic.load(access, offset: offset, size: 8)
  }

  func store(_ core: Int, _ offset: UInt64, _ value: UInt64, size: Int = 8) {
    if instructions.indices.contains(core) { instructions[core] += 1 }
    nic.store(access(core), offset: offset, size: size, value: value)
    drain()
  }

  func read(_ register: UInt64) -> UInt64 {
    defer { drain() }
    return nic.readRegister(access(0), offset: register)
  }

  func write(_ register: UInt64, _ value: UInt64) {
    nic.writeRegister(access(0), offset: register, value: value)
    drain()
  }

  func receive(_ frame: [UInt8]) {
    nic.receive(frame.span, nowNanoseconds: now)
    drain()
  }

  func receive(_ frame: CallFrame) { receive(frame.bytes) }

  func advance(by nanoseconds: UInt64) {
    now += nanoseconds
    nic.advance(nowNanoseconds: now)
    drain()
  }

  /// False: the core's cache does not have the line.
  func evict(_ core: Int, _ offset: UInt64) -> Bool {
    defer { drain() }
    return nic.evict(access(core), offset: offset)
  }

  func publish(_ core: Int, _ state: CoreState) {
    store(core, LineWindow.coreStateOffset(of: CoreIdentifier(UInt16(core))), state.word)
  }

  private func drain() {
    while let output = nic.nextOutput() {
      switch output {
      case .transmit(let frame):
        var bytes = [UInt8](repeating: 0xEE, count: frame.length)
        var span = bytes.mutableSpan
        let length = nic.copyFrame(frame, into: &span)
        #expect(length == frame.length)
        frames.append(bytes)
      case .wake(let core):
        wakes.append(core)
        order.append("wake \(core.number)")
      case .interrupt(let core, let number):
        #expect(number == 8)
        interrupts.append(core)
        order.append("interrupt \(core.number)")
      case .call(let record): records.append(record)
      case .event(let event): events.append(event)
      case .violation(let violation): violations.append(violation.rule)
      }
    }
  }

  // MARK: - What came out

  func count(_ counter: NICCounter) -> UInt64 { nic.count(of: counter) }

  func takeFrames() -> [[UInt8]] {
    defer { frames = [] }
    return frames
  }

  func takeWakes() -> [Int] {
    defer { wakes = [] }
    return wakes.map(\.index)
  }

  func takeInterrupts() -> [Int] {
    defer { interrupts = [] }
    return interrupts.map(\.index)
  }

  func takeRecords() -> [CallRecord] {
    defer { records = [] }
    return records
  }

  func takeViolations() -> [Violation.Rule] {
    defer { violations = [] }
    return violations
  }

  /// R7: every accepted call ended one way, or is in flight.
  var isConserved: Bool {
    let ends: [NICCounter] = [
      .callsReplied, .callsFailedByHandler, .callsFailedMalformedResponse, .callsFailedByKernel,
      .callsFailedProcessRemoved,
    ]
    return count(.callsAccepted)
      == ends.reduce(UInt64(nic.callsInFlight)) { $0 + count($1) }
  }
}
