// How a process's end begins: by itself, by its own fault, by somebody else.
//
// Ending is one step under the lock, which decides whether the process starts again, and one flag for
// its threads (`Supervisor.beginEnd`). Threads that wait end at once, those in a run queue when their core
// reads its mail, those on a core when that core takes the interrupt that it is sent. What happens when
// the last thread has ended is the supervisor's.

internal import ArchAArch64
internal import Boot
internal import Images
internal import Interface
internal import Reporting
internal import Scheduling

/// A synchronous exception of a program.
struct UserFault {
  /// ESR_EL1.
  let syndrome: UInt64
  /// FAR_EL1.
  let address: UInt64

  /// A floating-point or SIMD instruction: no fault when the thread does not have the registers yet
  /// (FloatingPoint.swift).
  var isFloatingPointTrap: Bool {
    ExceptionSyndrome(syndrome).exceptionClass == .floatingPointAccess
  }
}

/// Begins the end of processes.
enum ProcessEnd {
  /// A process asked to end. The caller makes the thread leave.
  static func exit(_ thread: ThreadReference, status: UInt64) {
    let process = thread.process
    Log.information("\(Processes.name(of: process)): exit status \(status)")
    _ = begin(process, isSuccess: status == 0)
  }

  /// - Returns: false when its end has begun already.
  private static func begin(_ process: ProcessIdentifier, isSuccess: Bool) -> Bool {
    Kernel.withTables {
      ProcessTable.withBlock(of: process) { Supervisor.beginEnd(of: &$0, isSuccess: isSuccess) }
        ?? false
    }
  }

  /// A process did what it may not: who, where, why. The caller makes the thread leave.
  static func killAfterFault(_ thread: ThreadReference, _ fault: UserFault) {
    let process = thread.process
    // A fault of a thread whose process ends already is nobody's news.
    guard begin(process, isSuccess: false) else { return }
    let name = Processes.name(of: process)
    let decoded = ExceptionSyndrome(fault.syndrome)
    Log.error(
      "\(name) (process \(process.number), thread \(thread.index)) killed: \(decoded)"
    )
    Log.error(
      "  ELR \(hexadecimal: thread.programCounter, digits: 16) FAR \(hexadecimal: fault.address, digits: 16) SP \(hexadecimal: thread.stackPointer, digits: 16) LR \(hexadecimal: thread[30], digits: 16)"
    )
    printFrames(of: thread, name)
  }

  /// A worker's call has kept its core too long. The caller has the thread, and the thread is on
  /// no core.
  static func killStuck(_ thread: ThreadReference) {
    let process = thread.process
    if begin(process, isSuccess: false) {
      let name = Processes.name(of: process)
      Log.error(
        "\(name) (process \(process.number), thread \(thread.index)) killed: a call did not end, at \(hexadecimal: thread.programCounter)"
      )
      printFrames(of: thread, name)
    }
    var operations = CoreOperations(core: CoreReference.current, thread: thread)
    DispatchSequence.end(&operations)
    noteThreadEnd(thread)
  }

  /// Somebody wants the process to end.
  /// - Returns: false when there is no such process, or it ends already.
  static func kill(_ process: ProcessIdentifier) -> Bool {
    let ends = Kernel.withTables {
      ProcessTable.withBlock(of: process) { block -> Bool in
        guard block.life.runs else { return false }
        // Before the line that says that it starts again.
        Log.error("\(block.plan.name) (process \(process.number)) killed: asked for")
        return Supervisor.beginEnd(of: &block, isSuccess: false)
      } ?? false
    }
    if ends { Supervisor.beginRounds() }
    return ends
  }

  /// As `kill`, and the process stays ended: its restart policy does not count.
  static func stop(_ process: ProcessIdentifier) -> Bool {
    let ends = Kernel.withTables {
      ProcessTable.withBlock(of: process) { block -> Bool in
        guard Supervisor.stop(&block) else { return false }
        Log.information("\(block.plan.name) (process \(process.number)) stopped: asked for")
        return true
      } ?? false
    }
    if ends { Supervisor.beginRounds() }
    return ends
  }

  /// The caller's thread has ended (`DispatchSequence.end`), on no core any more.
  static func noteThreadEnd(_ thread: ThreadReference) {
    let process = thread.process
    ProcessTable.noteThreadEnd(of: process)
    Supervisor.work(on: CoreReference.current)
  }

  /// The return addresses on the thread's stack, for the symboliser: frame records as in the
  /// kernel, but read through the process's table, since all of it may be a lie.
  private static func printFrames(of thread: ThreadReference, _ name: ProcessName) {
    var addresses = InlineArray<16, UInt64>(repeating: 0)
    var count = 1
    addresses[0] = thread.programCounter
    var frame = thread[29]
    while count < 16, frame % 16 == 0, frame != 0 {
      guard let outer = UserMemory.word(of: thread.process, at: frame),
        let address = UserMemory.word(of: thread.process, at: frame &+ 8), address != 0
      else { break }
      addresses[count] = address
      count += 1
      guard outer > frame else { break }
      frame = outer
    }
    let (found, depth) = (addresses, count)
    let program = programName(of: thread.process)
    Console.withOutput { output in
      output.write("frames of ")
      output.write(name)
      // Whose symbols they are.
      output.write(" (")
      output.write(program)
      output.write("):\n")
      for index in 0..<depth {
        output.writeLine("  [\(index)] \(hexadecimal: found[index], digits: 16)")
      }
    }
  }

  /// The file that a process was made from.
  private static func programName(of process: ProcessIdentifier) -> ProcessName {
    let image = Kernel.withTables { ProcessTable.withBlock(of: process) { $0.plan.image } }
    guard let image else { return .unknown }
    return InitialArchive.withArchive { ProcessName($0.name(of: image)) } ?? .unknown
  }
}
