// The end: what happened, where, to whom; then the machine stops with a failure status.
//
// Works with the console's lock held by anyone, without memory, and once: a second panic on the
// way stops its core silently after one line.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Platform
internal import Reporting
internal import Synchronization
internal import Tracing

/// Stops the machine.
enum Panic {
  /// sysexits(3) EX_SOFTWARE: what the shell sees.
  static var exitStatus: UInt64 { 70 }

  private static let hasBegun = Atomic<Bool>(false)

  /// Before a report that other cores may want to make, too: the first one makes it, the others stop
  /// without a word. Followed by `stopAfterClaim`.
  static func claim() {
    interrupts_mask()
    if !isFirst() { hang() }
  }

  /// Whether this core is the one that reports. Without an exclusive access while there is only one:
  /// before the MMU is on memory is Device memory, where those need not work (ARM ARM B2.9.2).
  private static func isFirst() -> Bool {
    if CoreReference.isActive {
      return !hasBegun.exchange(true, ordering: .acquiringAndReleasing)
    }
    let isFirst = !hasBegun.load(ordering: .relaxed)
    hasBegun.store(true, ordering: .relaxed)
    return isFirst
  }

  static func stopAfterClaim(_ reason: LogText) -> Never {
    announce(reason)
    printBacktrace(Backtrace.here)
    end()
  }

  /// A bug that the kernel noticed itself.
  static func stop(_ reason: LogText) -> Never {
    begin(reason)
    printBacktrace(Backtrace.here)
    end()
  }

  /// An exception that the kernel did not expect at its own level.
  static func stop(context: KernelExceptionContext, syndrome: UInt64, address: UInt64) -> Never {
    begin("unexpected exception in the kernel: \(context.vectorName)")
    Console.writeUnlocked { output in
      let decoded = ExceptionSyndrome(syndrome)
      output.writeLine("  ESR_EL1 \(hexadecimal: syndrome, digits: 8): \(decoded)")
      output.writeLine("  ELR_EL1 \(hexadecimal: context.programCounter, digits: 16)")
      output.writeLine("  FAR_EL1 \(hexadecimal: address, digits: 16)")
      output.writeLine("  SP_EL1 \(hexadecimal: context.stackPointer, digits: 16)")
      let state = SavedProgramStatus(context.processorState)
      output.writeLine("  SPSR_EL1 \(hexadecimal: context.processorState, digits: 8): \(state)")
      var register: UInt32 = 0
      while register < 31 {
        output.write(register % 4 == 0 ? "  " : " ")
        output.write("x")
        output.write(decimal: register, width: register % 4 == 0 ? 1 : 2)
        output.write(" ")
        output.write(hexadecimal: context[register], digits: 16)
        if register % 4 == 3 || register == 30 { output.write("\n") }
        register += 1
      }
    }
    printBacktrace(Backtrace(framePointer: context[29]), from: context.programCounter)
    end()
  }

  private static func begin(_ reason: LogText) {
    interrupts_mask()
    if !isFirst() {
      Console.writeUnlocked { $0.writeLine("PANIC again: \(reason)") }
      hang()
    }
    announce(reason)
  }

  private static func announce(_ reason: LogText) {
    if CoreReference.isActive { CoreReference.current.trace(.panicked) }
    Console.writeUnlocked { output in
      output.write("\nPANIC: ")
      output.writeLine(reason)
      guard CoreReference.isActive else {
        output.write("  core 0, before its state was set up\n")
        return
      }
      let core = CoreReference.current
      output.write("  core ")
      output.write(decimal: core.core.number)
      if let running = core.running {
        let thread = Kernel.threads[running]
        output.write(", process ")
        output.write(decimal: thread.process.number)
        output.write(", thread ")
        output.write(decimal: running.number)
      } else {
        output.write(", process 0 (kernel), dispatch thread")
      }
      output.write("\n")
    }
  }

  private static func printBacktrace(_ trace: Backtrace, from first: UInt64? = nil) {
    Console.writeUnlocked { output in
      output.write("backtrace:\n")
      var depth = 0
      func line(_ address: UInt64) {
        output.write("  [")
        output.write(decimal: depth)
        output.write("] ")
        output.write(hexadecimal: address, digits: 16)
        output.write("\n")
        depth += 1
      }
      if let first { line(first) }
      for address in trace {
        guard depth < 32 else { break }
        line(address)
      }
    }
  }

  private static func end() -> Never {
    if CoreReference.isActive { TraceDump.afterPanic() }
    PowerControl.stop(status: exitStatus)
  }
}

/// The kernel's registers at an exception, as Vectors.S left them on the stack.
@safe struct KernelExceptionContext {
  // Safety: Vectors.S passes a pointer to the frame that it has just filled.
  private let context: UnsafePointer<ThreadContext>
  private let vector: UInt64

  init(context: UnsafePointer<ThreadContext>, vector: UInt64) {
    unsafe self.context = unsafe context
    self.vector = vector
  }

  var programCounter: UInt64 { unsafe context.pointee.program_counter }
  var stackPointer: UInt64 { unsafe context.pointee.stack_pointer }
  var processorState: UInt64 { unsafe context.pointee.processor_state }
  subscript(register: UInt32) -> UInt64 { unsafe context_register(context, register) }

  /// Which of the sixteen vectors was taken, and for a seventeenth value why.
  var vectorName: StaticString {
    switch vector {
    case 0...3: "taken on the user stack pointer"
    case 4: "synchronous"
    case 6: "FIQ"
    case 7: "system error (SError)"
    case 10: "FIQ from user mode"
    case 12: "from AArch32"
    case UInt64(VECTOR_STACK_OVERFLOW): "stack overflow"
    default: "unknown vector"
    }
  }
}

/// Vectors.S: an exception from EL1 that is not an interrupt. Does not return.
@c(kernel_exception)
func kernelException(context: UnsafePointer<ThreadContext>, vector: UInt64) {
  Panic.stop(
    context: unsafe KernelExceptionContext(context: context, vector: vector),
    syndrome: read_exception_syndrome(), address: read_fault_address())
}

/// SpinLock: a core waits for a lock that another one does not give back.
@c(kernel_lock_stuck)
func kernelLockStuck(rank: UInt64, holder: UInt64) {
  // A panic keeps the locks of its core, and all who wait for one come here.
  Panic.claim()
  let name: StaticString = LockRank(rawValue: rank)?.name ?? "unknown"
  guard holder != 0 else { Panic.stopAfterClaim("the lock '\(name)' is held since early boot") }
  let core = CoreReference(address: holder)
  if let running = core.running {
    Panic.stopAfterClaim(
      "core \(core.core.number) has kept the lock '\(name)' for 5 s; thread \(running.number) was on it"
    )
  }
  Panic.stopAfterClaim(
    "core \(core.core.number) has kept the lock '\(name)' for 5 s; its dispatch thread was on it")
}

/// Runtime.c: something reached for a heap that the kernel does not have.
@c(kernel_allocation_attempted)
func kernelAllocationAttempted(caller: UInt64) {
  Panic.stop("allocation in the kernel, from \(hexadecimal: caller)")
}
