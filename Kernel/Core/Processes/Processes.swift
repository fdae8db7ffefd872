// Starting processes and threads: from a plan to the first thread in a run queue.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Images
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling
internal import SystemInterface
internal import Tracing

/// Makes processes and threads. How they end: ProcessEnd.swift and Supervisor.swift.
enum Processes {
  enum Failure: Error, Reportable {
    case tooManyProcesses
    case tooManyThreads
    case noCore
    case image(ELFError)
    case addressSpace(AddressSpaceFailure)
    case nic(NIC.Failure)

    func write(to output: inout some TextOutput & ~Copyable) {
      switch self {
      case .tooManyProcesses:
        output.write("there are \(ProcessTable.capacity) processes already" as LogText)
      case .tooManyThreads:
        output.write("there are \(ThreadTable.capacity) threads already" as LogText)
      case .noCore: output.write("its affinity has no core of this machine" as LogText)
      case .image(let error): output.write(error)
      case .addressSpace(let error): output.write(error)
      case .nic(let error): output.write(error)
      }
    }
  }

  /// Makes a process with one thread, not yet in a run queue.
  static func create(
    _ plan: ProcessPlan, file: Span<UInt8>, isAwaited: Bool
  ) throws(Failure) -> ThreadReference {
    try Kernel.withTables { () throws(Failure) in
      guard !plan.affinity.isEmpty else { throw .noCore }
      guard let process = ProcessTable.freeIdentifier() else { throw .tooManyProcesses }
      var block = ProcessBlock(identifier: process, plan: plan)
      let thread = try start(&block, file: file, isAwaited: isAwaited)
      ProcessTable.insert(block)
      PolicyChoice.partition()
      return thread
    }
  }

  /// Gives a process without address space its image, its first thread and its place in the NIC;
  /// all of it or nothing. Under `Kernel.withTables`.
  static func start(
    _ block: inout ProcessBlock, file: Span<UInt8>, isAwaited: Bool
  ) throws(Failure) -> ThreadReference {
    let image: ELFImage
    do throws(ELFError) {
      image = try ELFImage(
        file, within: UserAddressSpace.imageBase..<UserAddressSpace.imageLimit)
    } catch { throw .image(error) }
    do throws(AddressSpaceFailure) {
      try KernelMemory.withSpace { (space) throws(AddressSpaceFailure) in
        try space.makeUserTable(for: &block, image: image, file: file)
      }
    } catch { throw .addressSpace(error) }
    block.entry = image.entry
    block.nextMapping = UserAddressSpace.mappingsBase
    block.isWithdrawn = false
    block.exported.begin(block.plan.limits)
    if let nic = Kernel.nic {
      do throws(NIC.Failure) {
        try nic.installProcess(
          block.identifier, queueLimit: UInt32(block.plan.limits.queuedCalls),
          waitLimitNanoseconds: UInt64(block.plan.limits.waitMicroseconds) * 1000,
          dropsRefused: block.plan.limits.dropsRefusedCalls,
          limits: block.exported.limits, quantumNanoseconds: block.exported.quantumNanoseconds,
          patienceNanoseconds: PolicyChoice.value.patienceNanoseconds)
        if block.exported.allowedCores != .all { block.publishAllowedCores() }
      } catch {
        KernelMemory.destroyUserTable(of: &block)
        throw .nic(error)
      }
    }
    ProcessTable.beginLife(of: block.identifier)
    ProcessTable.publish(block)
    do throws(Failure) {
      let thread = try addThread(
        to: &block, entry: image.entry, argument: block.plan.argument, isAwaited: isAwaited)
      block.life.begin(atNanoseconds: Log.uptimeNanoseconds)
      CoreReference.current.trace(.processCreated, thread.traceWorker)
      return thread
    } catch {
      // No thread of the process has run, so nobody looks at its memory.
      ProcessTable.unpublish(block.identifier)
      Supervisor.withdraw(&block)
      KernelMemory.destroyUserTable(of: &block)
      throw error
    }
  }

  /// Adds a thread with a stack and an endpoint, not yet in a run queue. Under
  /// `Kernel.withTables`.
  static func addThread(
    to block: inout ProcessBlock, entry: UInt64, argument: UInt64, isAwaited: Bool = false
  ) throws(Failure) -> ThreadReference {
    guard block.threadCount < Int(block.plan.limits.threads),
      let index = (0..<block.threads.count).first(where: { block.threads[$0] == nil }),
      let thread = Kernel.threads.findFree()
    else { throw .tooManyThreads }
    let lines =
      Kernel.nic == nil || !thread.hasEndpoint
      ? nil
      : Kernel.platform.nic.map {
        $0.lines.base + LineWindow.offset(of: thread.endpoint)
      }
    do throws(AddressSpaceFailure) {
      try KernelMemory.withSpace { (space) throws(AddressSpaceFailure) in
        try space.addThread(index, lines: lines, to: &block)
      }
    } catch { throw .addressSpace(error) }
    thread.initialize(
      process: block.identifier, userTable: block.userTable,
      start: ThreadReference.Start(
        entry: entry, stackTop: UserAddressSpace.stackTop(ofThread: index),
        lines: UserAddressSpace.lines(ofThread: index), index: UInt16(index), argument: argument,
        isAwaited: isAwaited, weight: block.plan.weight, affinity: block.plan.affinity))
    block.threads[index] = thread.identifier
    block.threadCount += 1
    ProcessTable.noteThread(of: block.identifier)
    block.publishWorkers()
    return thread
  }

  // MARK: Questions

  static func name(of process: ProcessIdentifier) -> ProcessName {
    ProcessTable.name(of: process) ?? .unknown
  }

  /// Processes that run.
  static var liveCount: Int { Kernel.withTables { ProcessTable.liveCount } }

  /// Whether the process is being ended: its threads must not go on.
  static func isEnding(_ process: ProcessIdentifier) -> Bool { ProcessTable.isEnding(process) }
}
