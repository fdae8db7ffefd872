// The NIC's registers: discovery and table changes, under a lock, never on the way of a call.

internal import ArchAArch64
internal import Boot
internal import Interface

/// The NIC, found and checked.
struct NIC: Sendable {
  enum Failure: Error {
    /// The first access aborted: the link to the FPGA is not up.
    case noAnswer(syndrome: UInt64)
    case wrongMagic(UInt64)
    case wrongVersion(UInt64)
    /// The NIC refused a command; the value says more for some results.
    case refused(CommandResult, value: UInt64)
    case tooFewEndpoints
    /// The NIC answered with a result that this kernel does not know.
    case unknownResult(UInt64)
  }

  let registers: DeviceRegisters
  /// Where the line window is mapped.
  let lines: UInt
  let features: Features

  /// - Throws: when the window does not answer like version 1 of the interface.
  init(registers: DeviceRegisters, lines: UInt) throws(Failure) {
    self.registers = registers
    self.lines = lines
    // The first touch of the FPGA; when this one works, the link is up.
    var magic: UInt64 = 0
    let syndrome = unsafe guarded_load64(
      UInt64(registers.base + UInt(Register.magic)), &magic)
    guard syndrome == 0 else { throw .noAnswer(syndrome: syndrome) }
    guard magic == Register.magicValue else { throw .wrongMagic(magic) }
    let version = registers.read64(UInt(Register.version))
    guard version >> 32 == Register.versionValue >> 32 else { throw .wrongVersion(version) }
    features = Features(rawValue: registers.read64(UInt(Register.features)))
  }

  var majorVersion: UInt64 { registers.read64(UInt(Register.version)) >> 32 }
  var minorVersion: UInt64 { registers.read64(UInt(Register.version)) & 0xffff_ffff }
  var endpointCapacity: Int { Int(registers.read64(UInt(Register.capacity)) >> 16 & 0xffff) }
  var ethernetAddress: UInt64 { registers.read64(UInt(Register.ethernetAddress)) }
  var internetAddress: UInt32 {
    UInt32(truncatingIfNeeded: registers.read64(UInt(Register.internetAddress)))
  }

  /// Where an endpoint's block is mapped for the kernel.
  func blockAddress(of endpoint: EndpointIdentifier) -> UInt {
    lines + UInt(LineWindow.offset(of: endpoint))
  }

  /// Where a core's state line is mapped.
  func stateLine(of core: CoreIdentifier) -> UInt {
    lines + UInt(LineWindow.coreStateOffset(of: core))
  }

  /// Where the lines of a process are mapped; nil when this NIC has none.
  func stateLine(of process: ProcessIdentifier) -> UInt? {
    guard features.contains(.processLines) else { return nil }
    return lines + UInt(LineWindow.processStateOffset(of: process))
  }

  func loadLine(of process: ProcessIdentifier) -> UInt? {
    guard features.contains(.processLines) else { return nil }
    return lines + UInt(LineWindow.processLoadOffset(of: process))
  }

  // MARK: Commands. The caller holds the kernel's lock: arguments, command and result are one.

  func installProcess(
    _ process: ProcessIdentifier, queueLimit: UInt32, waitLimitNanoseconds: UInt64,
    dropsRefused: Bool, limits: CoreLimits, quantumNanoseconds: UInt64, patienceNanoseconds: UInt64
  ) throws(Failure) {
    setArgument(0, UInt64(process.number))
    setArgument(1, UInt64(limits.maximum))
    setArgument(2, UInt64(queueLimit))
    setArgument(3, UInt64(limits.weight))
    setArgument(4, quantumNanoseconds)
    setArgument(5, UInt64(limits.minimum))
    setArgument(6, waitLimitNanoseconds)
    setArgument(7, dropsRefused ? 1 : 0)
    setArgument(8, patienceNanoseconds)
    try execute(.installProcess)
  }

  func removeProcess(_ process: ProcessIdentifier) throws(Failure) {
    setArgument(0, UInt64(process.number))
    try execute(.removeProcess)
  }

  /// Where the messages of an endpoint jump to.
  struct Stubs {
    var call: UInt64 = 0
    var tryAgain: UInt64 = 0
    var yieldNow: UInt64 = 0
    var retire: UInt64 = 0
    var resume: UInt64 = 0
    var frame: UInt64 = 0
    var data: UInt64 = 0
  }

  /// - Parameter marksLines: its consumer does what R17 asks for.
  func installEndpoint(
    _ endpoint: EndpointIdentifier, process: ProcessIdentifier, core: CoreIdentifier, stubs: Stubs,
    marksLines: Bool = false
  ) throws(Failure) {
    setArgument(0, UInt64(endpoint.number))
    setArgument(1, UInt64(process.number))
    setArgument(2, UInt64(core.number))
    setArgument(3, stubs.call)
    setArgument(4, stubs.tryAgain)
    setArgument(5, stubs.yieldNow)
    setArgument(6, stubs.retire)
    setArgument(7, stubs.resume)
    setArgument(8, stubs.frame)
    setArgument(9, stubs.data)
    setArgument(10, marksLines ? 1 : 0)
    try execute(.installEndpoint)
  }

  /// A procedure that a process serves.
  struct Service {
    var process: ProcessIdentifier
    var port: UInt64
    var program: UInt64
    var version: UInt64
    var procedure: UInt64
    var code: UInt64
    var data: UInt64
    var serviceClass: ServiceClass
  }

  /// - Parameter signatures: argument signature, then result signature.
  func installService(
    _ service: Service, signatures: RawSpan, argumentBytes: Int
  ) throws(Failure) {
    setArgument(0, UInt64(service.process.number))
    setArgument(1, service.port)
    setArgument(2, service.program)
    setArgument(3, service.version)
    setArgument(4, service.procedure)
    setArgument(5, service.code)
    setArgument(6, service.data)
    setArgument(7, UInt64(argumentBytes))
    setArgument(8, UInt64(signatures.byteCount - argumentBytes))
    var index = 0
    while index < signatures.byteCount {
      var word: UInt64 = 0
      for byte in 0..<min(8, signatures.byteCount - index) {
        // Safety: the index stays below byteCount.
        let value = unsafe signatures.unsafeLoad(fromByteOffset: index + byte, as: UInt8.self)
        word |= UInt64(value) << UInt64(8 * byte)
      }
      setArgument(9 + index / 8, word)
      index += 8
    }
    setArgument(ServiceClass.argumentWord, UInt64(service.serviceClass.rawValue))
    try execute(.installService)
  }

  /// R9, from the kernel.
  func preempt(_ core: CoreIdentifier) throws(Failure) {
    setArgument(0, UInt64(core.number))
    try execute(.preemptCore)
  }

  func counter(_ counter: NICCounter) throws(Failure) -> UInt64 {
    setArgument(0, UInt64(counter.rawValue))
    try execute(.readCounter)
    return registers.read64(UInt(Register.commandValue))
  }

  private func setArgument(_ index: Int, _ value: UInt64) {
    registers.write64(value, UInt(Register.commandArguments) + UInt(index) * 8)
  }

  private func execute(_ command: Command) throws(Failure) {
    registers.write64(command.rawValue, UInt(Register.command))
    let word = registers.read64(UInt(Register.commandResult))
    guard let result = CommandResult(rawValue: word) else { throw .unknownResult(word) }
    guard result == .done else {
      throw .refused(result, value: registers.read64(UInt(Register.commandValue)))
    }
  }
}
