// Registers and commands: how the kernel sets the NIC up (R15: never on the way of a call).

import Interface
import Marshalling

struct CommandRegisters: Hashable {
  var arguments = [UInt64](repeating: 0, count: Register.commandArgumentWords)
  var result = CommandResult.done
  var value: UInt64 = 0

  mutating func clearArguments() {
    for word in arguments.indices { arguments[word] = 0 }
  }
}

extension Lauberhorn {
  /// Reads a 64-bit register; an unknown one is reported and reads as zero.
  public mutating func readRegister(_ access: Access, offset: UInt64) -> UInt64 {
    outputs.reclaim()
    switch offset {
    case Register.magic: return Register.magicValue
    case Register.version: return Register.versionValue
    case Register.features:
      var features: Features = [.processLines, .classes]
      if heldLoadLimit > 0 { features.insert(.colours) }
      if configuration.answersDuringFetch { features.insert(.answersDuringFetch) }
      return features.rawValue
    case Register.heldLoadLimit: return UInt64(heldLoadLimit)
    case Register.capacity:
      return UInt64(cores.count) | UInt64(endpoints.count) << 16
        | UInt64(processes.capacity) << 32
    case Register.serviceCapacity: return UInt64(services.services.count)
    case Register.stallLimitNanoseconds: return stallLimitNanoseconds
    case Register.ethernetAddress: return own.ethernet.value
    case Register.internetAddress: return UInt64(own.internet.value)
    case Register.command: return 0
    case Register.commandResult: return commandRegisters.result.rawValue
    case Register.commandValue: return commandRegisters.value
    default:
      guard let word = argumentWord(at: offset) else {
        reportRegister(access, offset)
        return 0
      }
      return commandRegisters.arguments[word]
    }
  }

  public mutating func writeRegister(_ access: Access, offset: UInt64, value: UInt64) {
    outputs.reclaim()
    clock.nanoseconds = access.nowNanoseconds
    switch offset {
    case Register.stallLimitNanoseconds:
      // 0 would answer every load before it can wait; 1 is as short as a limit gets.
      stallLimitNanoseconds = max(value, 1)
    case Register.internetAddress:
      own.internet = InternetAddress(UInt32(truncatingIfNeeded: value))
    case Register.command:
      commandRegisters.value = 0
      commandRegisters.result = execute(value)
      // What a command does not get is 0, whatever the one before got, or returned.
      if value != Command.readStatistics.rawValue || commandRegisters.result != .done {
        commandRegisters.clearArguments()
      }
    case Register.magic, Register.version, Register.features, Register.capacity,
      Register.serviceCapacity, Register.ethernetAddress, Register.commandResult,
      Register.commandValue, Register.heldLoadLimit:
      report(.readOnlyRegister, access, at: offset)
    default:
      guard let word = argumentWord(at: offset) else {
        reportRegister(access, offset)
        return
      }
      commandRegisters.arguments[word] = value
    }
  }

  private mutating func reportRegister(_ access: Access, _ offset: UInt64) {
    report(offset % 8 == 0 ? .unknownRegister : .unalignedAccess, access, at: offset)
  }

  private func argumentWord(at offset: UInt64) -> Int? {
    guard offset >= Register.commandArguments, offset % 8 == 0 else { return nil }
    let word = Int((offset - Register.commandArguments) / 8)
    return word < Register.commandArgumentWords ? word : nil
  }

  private mutating func execute(_ number: UInt64) -> CommandResult {
    switch Command(rawValue: number) {
    case nil: .unknownCommand
    case .installProcess: installProcess()
    case .removeProcess: removeProcess()
    case .installEndpoint: installEndpoint()
    case .removeEndpoint: removeEndpoint()
    case .installService: installService()
    case .removeService: removeService()
    case .readCounter: readCounter()
    case .preemptCore: preemptCore()
    case .readStatistics: readStatistics()
    }
  }

  private func argument(_ word: Int) -> UInt64 { commandRegisters.arguments[word] }

  // MARK: - Processes

  /// Nil when this NIC has no room for such a process; entry 0 is the kernel's.
  private func processArgument(_ word: Int) -> ProcessIdentifier? {
    guard argument(word) > 0, argument(word) < UInt64(processes.capacity) else { return nil }
    return ProcessIdentifier(UInt16(argument(word)))
  }

  private mutating func installProcess() -> CommandResult {
    guard let process = processArgument(0) else { return .invalidProcess }
    guard !processes[process].isInstalled else { return .alreadyInstalled }
    guard argument(1) > 0 else { return .invalidCore }
    var installed = Process()
    installed.isInstalled = true
    // More than the call pool cannot wait.
    installed.queueLimit = Int(min(argument(2), UInt64(configuration.callCount)))
    installed.waitLimitNanoseconds = argument(6)
    installed.dropsExcess = argument(7) != 0
    installed.patienceNanoseconds = argument(8)
    // Its line may have been loaded before; what would be fetched is not this process's.
    processes.setStateFetchTime(nil, of: process)
    processes[process] = installed
    statistics.forget(process)
    initializeState(
      of: process,
      CoreLimits(
        minimum: UInt16(clamping: argument(5)), maximum: UInt16(clamping: argument(1)),
        weight: UInt16(clamping: argument(3))),
      quantumNanoseconds: argument(4))
    return .done
  }

  private mutating func removeProcess() -> CommandResult {
    guard let process = processArgument(0) else { return .invalidProcess }
    guard processes[process].isInstalled else { return .notInstalled }
    remove(process)
    return .done
  }

  // MARK: - Endpoints

  private func endpointArgument(_ word: Int) -> EndpointIdentifier? {
    guard argument(word) < UInt64(endpoints.count) else { return nil }
    return EndpointIdentifier(UInt16(argument(word)))
  }

  private mutating func installEndpoint() -> CommandResult {
    guard let endpoint = endpointArgument(0) else { return .invalidEndpoint }
    guard !self[endpoint].isInstalled else { return .alreadyInstalled }
    let addresses = MessageAddresses(
      call: argument(3), tryAgain: argument(4), yieldNow: argument(5), retire: argument(6),
      resume: argument(7), frame: argument(8), data: argument(9))
    if argument(1) == UInt64(ProcessIdentifier.kernel.number) {
      guard argument(2) < UInt64(cores.count) else { return .invalidCore }
      let core = CoreIdentifier(UInt16(argument(2)))
      guard self[core].kernelEndpoint == nil else { return .alreadyInstalled }
      // The messages that this NIC can send to a kernel endpoint.
      guard addresses.call != 0, addresses.tryAgain != 0, addresses.retire != 0,
        addresses.resume != 0
      else { return .invalidAddress }
      install(endpoint, addresses, kernelEndpointOf: core)
    } else {
      guard let process = processArgument(1) else { return .invalidProcess }
      guard processes[process].isInstalled else { return .notInstalled }
      guard addresses.tryAgain != 0, addresses.yieldNow != 0 else { return .invalidAddress }
      install(endpoint, addresses, workerOf: process, marksLines: argument(10) == 1)
    }
    return .done
  }

  private mutating func removeEndpoint() -> CommandResult {
    guard let endpoint = endpointArgument(0) else { return .invalidEndpoint }
    guard self[endpoint].isInstalled else { return .notInstalled }
    remove(endpoint)
    dispatch()
    return .done
  }

  // MARK: - Services

  /// Arguments 1…4: port, program, version, procedure.
  private func keyArgument() -> Result<ProcedureKey, CommandFault> {
    guard let port = UInt16(exactly: argument(1)), port != 0 else {
      return .failure(CommandFault(result: .invalidPort))
    }
    guard let program = UInt32(exactly: argument(2)), let version = UInt32(exactly: argument(3)),
      let procedure = UInt32(exactly: argument(4))
    else { return .failure(CommandFault(result: .invalidAddress)) }
    return .success(
      ProcedureKey(port: port, program: program, version: version, procedure: procedure))
  }

  private struct CommandFault: Error { let result: CommandResult }

  private mutating func installService() -> CommandResult {
    guard let process = processArgument(0) else { return .invalidProcess }
    guard processes[process].isInstalled else { return .notInstalled }
    let key: ProcedureKey
    switch keyArgument() {
    case .failure(let fault): return fault.result
    case .success(let found): key = found
    }
    guard argument(5) != 0 else { return .invalidAddress }
    guard
      let serviceClass = UInt8(exactly: argument(ServiceClass.argumentWord))
        .flatMap({ ServiceClass(rawValue: $0) })
    else { return .invalidClass }
    let firstSignatureWord = 9
    let limit = UInt64(SignatureLimits.bytes)
    guard argument(7) <= limit else { return invalidSignature(at: Int(limit)) }
    let argumentBytes = Int(argument(7))
    guard argument(8) <= limit else { return invalidSignature(at: argumentBytes + Int(limit)) }
    let resultBytes = Int(argument(8))
    for position in 0..<argumentBytes + resultBytes {
      let word = argument(firstSignatureWord + position / 8)
      scratch.area[position] = UInt8(truncatingIfNeeded: word >> UInt64(position % 8 * 8))
    }
    let both = scratch.area[0..<argumentBytes + resultBytes]
    if let fault = Lauberhorn.faultPosition(in: both[..<argumentBytes]) {
      return invalidSignature(at: fault)
    }
    if let fault = Lauberhorn.faultPosition(in: both[argumentBytes...]) {
      return invalidSignature(at: argumentBytes + fault)
    }
    let service = Service(
      key: key, process: process, code: argument(5), data: argument(6),
      argumentSignatureBytes: UInt16(argumentBytes), resultSignatureBytes: UInt16(resultBytes),
      serviceClass: serviceClass)
    do {
      statistics.forget(try services.insert(service, signatureBytes: both))
    } catch {
      switch error {
      case .alreadyInstalled: return .alreadyInstalled
      case .notOwner: return .notOwner
      case .tableFull: return .tableFull
      }
    }
    return .done
  }

  /// Nil when the signature is valid.
  private static func faultPosition(in signature: ArraySlice<UInt8>) -> Int? {
    do {
      try SignatureValidator.validate(signature.span)
      return nil
    } catch {
      return error.position
    }
  }

  private mutating func invalidSignature(at position: Int) -> CommandResult {
    commandRegisters.value = UInt64(position)
    return .invalidSignature
  }

  private mutating func removeService() -> CommandResult {
    guard let process = processArgument(0) else { return .invalidProcess }
    let key: ProcedureKey
    switch keyArgument() {
    case .failure(let fault): return fault.result
    case .success(let found): key = found
    }
    guard let service = services.find(key) else { return .notInstalled }
    guard services[service].process == process else { return .notOwner }
    services.remove(service)
    return .done
  }

  // MARK: - Cores

  private mutating func preemptCore() -> CommandResult {
    guard argument(0) < UInt64(cores.count) else { return .invalidCore }
    preempt(CoreIdentifier(UInt16(argument(0))))
    return .done
  }

  // MARK: - Counters

  private mutating func readCounter() -> CommandResult {
    guard let number = UInt16(exactly: argument(0)), let counter = NICCounter(rawValue: number)
    else { return .invalidCounter }
    commandRegisters.value = counters[counter]
    return .done
  }

  // MARK: - Statistics

  /// Arguments: kind, number, first bucket. The record stands in the argument words afterwards and
  /// the value is its number of words.
  private mutating func readStatistics() -> CommandResult {
    guard let kind = NICStatistics(rawValue: argument(0)) else { return .invalidCounter }
    let (number, bucket) = (argument(1), argument(2))
    commandRegisters.clearArguments()
    switch kind {
    case .core:
      guard number < UInt64(cores.count) else { return .invalidCore }
      let core = CoreIdentifier(UInt16(number))
      for statistic in CoreStatistic.allCases { answer(statistics[statistic, of: core]) }
    case .process:
      guard number < UInt64(processes.capacity) else { return .invalidProcess }
      let process = ProcessIdentifier(UInt16(number))
      guard processes[process].isInstalled else { return .notInstalled }
      for statistic in CallStatistic.allCases { answer(statistics[statistic, of: process]) }
      answer(UInt64(processes[process].queue.count))
      answer(statistics.longestQueue(of: process))
    case .service:
      guard number < UInt64(services.services.count),
        let place = services.services[Int(number)...].firstIndex(where: { $0.isInstalled })
      else { return .notInstalled }
      let index = ServiceIndex(number: Int32(place))
      let service = services[index]
      answer(UInt64(place))
      answer(UInt64(service.process.number))
      answer(UInt64(service.key.port))
      answer(UInt64(service.key.program))
      answer(UInt64(service.key.version))
      answer(UInt64(service.key.procedure))
      for statistic in CallStatistic.allCases { answer(statistics[statistic, of: index]) }
    case .span:
      guard let span = Int(exactly: number).flatMap(RequestSpan.init),
        bucket < UInt64(NICStatistics.bucketCount)
      else { return .invalidCounter }
      for bucket in Int(bucket)..<NICStatistics.bucketCount { answer(statistics[span, bucket]) }
    }
    return .done
  }

  /// Appends a word to the record, as far as there is room; the value counts them.
  private mutating func answer(_ word: UInt64) {
    guard commandRegisters.value < UInt64(Register.commandArgumentWords) else { return }
    commandRegisters.arguments[Int(commandRegisters.value)] = word
    commandRegisters.value += 1
  }
}
