// The life of a process: from its image to its first thread, and to its end.

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

/// Creates and ends processes.
enum Processes {
  enum Failure: Error, Reportable {
    case tooMany
    case image(ELFError)
    case addressSpace(AddressSpaceFailure)
    case nic(NIC.Failure)

    func write(to output: inout some TextOutput & ~Copyable) {
      switch self {
      case .tooMany: output.write("there are \(ProcessTable.capacity) processes already" as LogText)
      case .image(let error): output.write(error)
      case .addressSpace(let error): output.write(error)
      case .nic(let error): output.write(error)
      }
    }
  }

  /// Calls that may wait for a process.
  private static var queueLimit: UInt32 { 64 }

  /// Makes a process with one thread, not yet in a run queue.
  static func create(
    name: ProcessName, file: Span<UInt8>
  ) throws(Failure) -> ThreadReference {
    let image: ELFImage
    do throws(ELFError) {
      image = try ELFImage(
        file, within: UserAddressSpace.imageBase..<UserAddressSpace.imageLimit)
    } catch { throw .image(error) }
    return try Kernel.withTables { () throws(Failure) in
      guard let process = ProcessTable.freeIdentifier() else { throw .tooMany }
      // The thread of process p is thread p − 1: processes have one thread in this version.
      let thread = Kernel.threads[ThreadIdentifier(process.number - 1)]
      let endpoint = WorkerEndpoints.endpoint(of: thread.identifier)
      let lines = Kernel.platform.nic.map {
        $0.lines.base + LineWindow.offset(of: endpoint)
      }
      let block: ProcessBlock
      do throws(AddressSpaceFailure) {
        let table = try KernelMemory.withSpace { (space) throws(AddressSpaceFailure) in
          try space.makeUserTable(
            image: image, file: file, lines: Kernel.nic == nil ? nil : lines)
        }
        block = ProcessBlock(identifier: process, name: name, table: table)
      } catch { throw .addressSpace(error) }
      if let nic = Kernel.nic {
        do throws(NIC.Failure) {
          try nic.installProcess(process, maximumCores: Kernel.coreCount, queueLimit: queueLimit)
        } catch {
          KernelMemory.destroyUserTable(block.releaseTable())
          throw .nic(error)
        }
      }
      thread.initialize(
        process: process, endpoint: endpoint,
        userTable: block.table.baseRegister(identifier: block.addressSpaceIdentifier),
        entry: image.entry, stackTop: UserAddressSpace.stackTop(ofThread: 0),
        argument0: UserAddressSpace.linesBase, argument1: 0)
      ProcessTable.insert(block)
      CoreReference.current.trace(.processCreated, thread.traceWorker)
      return thread
    }
  }

  static func name(of process: ProcessIdentifier) -> ProcessName {
    Kernel.withTables { ProcessTable.withBlock(of: process) { $0.name } }
      ?? .unknown
  }

  /// Processes that have not ended.
  static var liveCount: Int { Kernel.withTables { ProcessTable.count } }

  // MARK: End

  /// A process asked to end.
  static func exit(_ thread: ThreadReference, status: UInt64) {
    Log.information("\(name(of: thread.process)): exit status \(status)")
    end(thread)
  }

  /// A process did what it may not; it is reported and ended, others go on.
  static func killAfterFault(_ thread: ThreadReference, syndrome: UInt64, address: UInt64) {
    let decoded = ExceptionSyndrome(syndrome)
    Log.error(
      "\(name(of: thread.process)) (process \(thread.process.number), thread \(thread.identifier.number)) killed: \(decoded)"
    )
    Log.error(
      "  ELR \(hexadecimal: thread.programCounter, digits: 16) FAR \(hexadecimal: address, digits: 16) SP \(hexadecimal: thread.stackPointer, digits: 16) LR \(hexadecimal: thread[30], digits: 16)"
    )
    end(thread)
  }

  /// Order: the NIC forgets the process first, so that its clients get errors (R12) and nothing
  /// more is delivered; then translations, then memory.
  private static func end(_ thread: ThreadReference) {
    let core = CoreReference.current
    core.activate(userTable: KernelMemory.noProcessTable)
    let wasStarting = thread.takeStarting()
    let process = thread.process
    core.trace(.processEnded, thread.traceWorker)
    var operations = CoreOperations(core: core, thread: thread)
    DispatchSequence.end(&operations)
    thread.isAttached = false
    let lost = Kernel.withTables { () -> NIC.Failure? in
      var failure: NIC.Failure?
      do throws(NIC.Failure) { try Kernel.nic?.removeProcess(process) } catch { failure = error }
      ServiceRegistry.removeAll(of: process)
      guard let block = ProcessTable.remove(process) else { return failure }
      barrier_complete()
      translations_forget(UInt64(block.addressSpaceIdentifier))
      barrier_complete()
      barrier_context()
      KernelMemory.destroyUserTable(block.releaseTable())
      return failure
    }
    if let lost { Log.error("process \(process.number) stays in the NIC: \(lost)") }
    if wasStarting { StartUp.noteProcessStarted() }
  }
}
