// The system call table: what user programs may ask (SystemInterface/SystemCall.swift).
//
// Every argument comes from a program that may be hostile: numbers are range-checked, addresses
// go through `UserMemory`, and a wrong call gets an error.

internal import Boot
internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling
internal import SystemInterface

/// Executes system calls.
enum SystemCalls {
  /// What becomes of the calling thread.
  enum Outcome {
    case goesOn
    case ends
    /// Not for ever.
    case stops(StopReason)
  }

  /// Executes the call in the thread's registers.
  static func handle(_ thread: ThreadReference) -> Outcome {
    guard let call = SystemCall(rawValue: thread[8]) else {
      answer(thread, .unknownSystemCall)
      return .goesOn
    }
    switch call {
    case .exit:
      ProcessEnd.exit(thread, status: thread[0])
      return .ends
    case .log:
      answer(thread, log(thread, address: thread[0], length: thread[1]))
    case .registerService:
      answer(thread, registerService(thread, address: thread[0]))
    case .attachEndpoint:
      answer(
        thread,
        attachEndpoint(thread, tryAgain: thread[0], yieldNow: thread[1], loop: thread[2]))
    case .findService:
      findService(thread, program: thread[0], version: thread[1])
    case .mapMemory:
      mapMemory(thread, bytes: thread[0])
    case .spawnThread:
      spawnThread(thread, code: thread[0], argument: thread[1])
    case .sleep:
      guard thread.isStarting else {
        answer(thread, .invalidState)
        break
      }
      let (end, overflow) = Log.uptimeNanoseconds.addingReportingOverflow(thread[0])
      answer(thread, .none)
      return .stops(.sleeps(untilNanoseconds: overflow ? .max : end))
    case .statistics:
      answer(thread, statistics(thread, address: thread[0]))
    case .wait:
      guard thread.isStarting else {
        answer(thread, .invalidState)
        break
      }
      answer(thread, .none)
      return .stops(.blocks)
    case .wake:
      answer(thread, wake(threadAt: thread[0], of: thread.process))
    case .setAffinity:
      return setAffinity(of: thread, mask: thread[0])
    case .systemStatistics:
      systemStatistics(thread, kind: thread[0] >> 32, from: thread[0] & 0xffff_ffff, thread[1])
    }
    return .goesOn
  }

  private static func mapMemory(_ thread: ThreadReference, bytes: UInt64) {
    guard bytes > 0, bytes <= SystemLimits.mapBytes else { return answer(thread, .tooLong) }
    let rounded = Page.roundedDown(bytes + Page.bytes - 1)
    let address = Kernel.withTables {
      ProcessTable.withBlock(of: thread.process) { block -> UInt64? in
        let start = block.nextMapping
        guard rounded <= UserAddressSpace.mappingsLimit - start else { return nil }
        do throws(AddressSpaceFailure) {
          try KernelMemory.withSpace { (space) throws(AddressSpaceFailure) in
            try space.addMemory(from: start, to: start + rounded, of: &block)
          }
        } catch { return nil }
        block.nextMapping = start + rounded
        return start
      } ?? nil
    }
    guard let address else { return answer(thread, .limitReached) }
    answer(thread, .none, value: address)
  }

  private static func spawnThread(_ thread: ThreadReference, code: UInt64, argument: UInt64) {
    guard UserMemory.isExecutable(code, of: thread.process) else {
      return answer(thread, .invalidAddress)
    }
    let spawned = Kernel.withTables {
      ProcessTable.withBlock(of: thread.process) { block -> ThreadReference? in
        do throws(Processes.Failure) {
          return try Processes.addThread(to: &block, entry: code, argument: argument)
        } catch { return nil }
      } ?? nil
    }
    guard let spawned else { return answer(thread, .limitReached) }
    answer(thread, .none, value: UInt64(spawned.index))
    // Cores with less to do are told, and ask for it.
    CoreReference.current.admit(spawned)
  }

  private static func wake(threadAt index: UInt64, of process: ProcessIdentifier) -> SystemError {
    guard index < UInt64(ProcessBlock.maximumThreads) else { return .noSuchThread }
    let found = Kernel.withTables {
      ProcessTable.withBlock(of: process) { $0.threads[Int(index)] } ?? nil
    }
    guard let found else { return .noSuchThread }
    CoreReference.current.wake(Kernel.threads[found])
    return .none
  }

  private static func setAffinity(of thread: ThreadReference, mask: UInt64) -> Outcome {
    guard thread.isStarting else {
      answer(thread, .invalidState)
      return .goesOn
    }
    let allowed = Kernel.withTables {
      ProcessTable.withBlock(of: thread.process) { $0.plan.affinity } ?? .none
    }
    let affinity = CoreSet(mask: mask).intersection(allowed)
    guard !affinity.isEmpty else {
      answer(thread, .noSuchCore)
      return .goesOn
    }
    answer(thread, .none)
    let core = CoreReference.current
    core.changeThreads { scheduler, _, records in
      scheduler.setAffinity(affinity, of: thread.identifier, in: records)
    }
    return affinity.contains(core.core) ? .goesOn : .stops(.yielded)
  }

  private static func statistics(_ thread: ThreadReference, address: UInt64) -> SystemError {
    guard address % 8 == 0 else { return .misalignedAddress }
    var words = ProcessStatistics().words
    Kernel.withTables {
      _ = ProcessTable.withBlock(of: thread.process) { block in
        words[0] = block.pages * Page.bytes
        words[1] = UInt64(block.plan.limits.memoryKibibytes) * 1024
        words[2] = UInt64(block.threadCount)
        words[3] = UInt64(block.plan.limits.threads)
        words[4] = UInt64(block.life.starts)
      }
    }
    words[5] = Log.uptimeNanoseconds
    words[6] = UInt64(CoreReference.current.core.number)
    words[7] = thread.record.account.runNanoseconds
    words[8] = thread.record.account.migrations
    do throws(SystemError) {
      try UserMemory.write(words.span, of: thread.process, to: address)
    } catch { return error }
    return .none
  }

  private static func systemStatistics(
    _ thread: ThreadReference, kind: UInt64, from number: UInt64, _ address: UInt64
  ) {
    guard address % 8 == 0 else { return answer(thread, .misalignedAddress) }
    guard let kind = SystemRecord(rawValue: kind),
      let record = SystemRecords.record(kind, from: number)
    else { return answer(thread, .notFound) }
    let words = record.words
    do throws(SystemError) {
      try UserMemory.write(words.span, of: thread.process, to: address)
    } catch { return answer(thread, error) }
    answer(thread, .none, value: UInt64(record.count))
  }

  private static func answer(_ thread: ThreadReference, _ error: SystemError, value: UInt64 = 0) {
    thread[0] = error.rawValue
    thread[1] = value
  }

  private static func log(
    _ thread: ThreadReference, address: UInt64, length: UInt64
  ) -> SystemError {
    guard length <= UInt64(SystemLimits.logBytes) else { return .tooLong }
    var text = InlineArray<256, UInt8>(repeating: 0)
    let process = thread.process
    do throws(SystemError) {
      try UserMemory.read(of: process, from: address, count: Int(length)) { index, byte in
        text[index] = byte
      }
    } catch { return error }
    let written = text.span.extracting(first: Int(length))
    Log.information("\(Processes.name(of: process)): \(escaping: written)", from: .program)
    return .none
  }

  private static func registerService(_ thread: ThreadReference, address: UInt64) -> SystemError {
    guard address % 8 == 0 else { return .misalignedAddress }
    guard let nic = Kernel.nic else { return .noNIC }
    let process = thread.process
    var words = InlineArray<11, UInt64>(repeating: 0)
    var signatures = InlineArray<512, UInt8>(repeating: 0)
    let argumentBytes: Int
    let resultBytes: Int
    do throws(SystemError) {
      try UserMemory.read(
        of: process, from: address, count: ServiceRegistration.wordCount * 8
      ) { index, byte in
        words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
      }
      let limit = UInt64(SystemLimits.signatureBytes)
      guard words[7] <= limit, words[9] <= limit else { return .tooLong }
      argumentBytes = Int(words[7])
      resultBytes = Int(words[9])
      try UserMemory.read(of: process, from: words[6], count: argumentBytes) { index, byte in
        signatures[index] = byte
      }
      try UserMemory.read(of: process, from: words[8], count: resultBytes) { index, byte in
        signatures[argumentBytes + index] = byte
      }
    } catch { return error }
    guard words[0] > 0, words[0] <= 0xffff else { return .invalidPort }
    guard let serviceClass = UInt8(exactly: words[10]).flatMap({ ServiceClass(rawValue: $0) })
    else { return .invalidClass }
    // The NIC delivers only code addresses of the process's own image.
    guard UserMemory.isExecutable(words[4], of: process) else { return .invalidAddress }

    let service = NIC.Service(
      process: process, port: words[0], program: words[1], version: words[2], procedure: words[3],
      code: words[4], data: words[5], serviceClass: serviceClass)
    return Kernel.withTables {
      guard ServiceRegistry.hasRoom(for: service) else { return .tableFull }
      do throws(NIC.Failure) {
        try unsafe nic.installService(
          service, signatures: signatures.span.bytes.extracting(first: argumentBytes + resultBytes),
          argumentBytes: argumentBytes)
        // The NIC took it, so program and version are numbers of 32 bits.
        ServiceRegistry.note(service)
        return SystemError.none
      } catch {
        return systemError(error)
      }
    }
  }

  private static func findService(_ thread: ThreadReference, program: UInt64, version: UInt64) {
    guard let nic = Kernel.nic else { return answer(thread, .noNIC) }
    let found = ServiceRegistry.find(program: program, version: version)
    guard let found else { return answer(thread, .notFound) }
    // A register read, but not on the way of a call from wire to handler (R15).
    let location = ServiceLocation(
      port: found.port, hasVersion: found.version == version,
      internetAddress: nic.internetAddress)
    answer(thread, .none, value: location.word)
  }

  private static func attachEndpoint(
    _ thread: ThreadReference, tryAgain: UInt64, yieldNow: UInt64, loop: UInt64
  ) -> SystemError {
    guard let nic = Kernel.nic else { return .noNIC }
    guard !thread.isAttached else { return .invalidState }
    let process = thread.process
    guard UserMemory.isExecutable(tryAgain, of: process),
      UserMemory.isExecutable(yieldNow, of: process), UserMemory.isExecutable(loop, of: process)
    else { return .invalidAddress }
    return Kernel.withTables {
      do throws(NIC.Failure) {
        var stubs = NIC.Stubs()
        stubs.tryAgain = tryAgain
        stubs.yieldNow = yieldNow
        // The user loop marks its lines. Who has another loop, without, may find its own old calls.
        try nic.installEndpoint(
          thread.endpoint, process: process, core: CoreIdentifier(0), stubs: stubs,
          marksLines: true)
        thread.attach(loopEntry: loop)
        return SystemError.none
      } catch {
        return systemError(error)
      }
    }
  }

  private static func systemError(_ failure: NIC.Failure) -> SystemError {
    guard case .refused(let result, _) = failure else { return .noNIC }
    return switch result {
    case .alreadyInstalled, .notOwner: .alreadyRegistered
    case .tableFull: .tableFull
    case .invalidSignature: .invalidSignature
    case .invalidPort: .invalidPort
    case .invalidAddress: .invalidAddress
    case .invalidClass: .invalidClass
    default: .invalidState
    }
  }
}
