// The console command `bench`: what some steps of the kernel take.
//
// The machine's counter (CNTVCT_EL0) is the clock. Under QEMU with -icount shift=0 (DETERMINISTIC=1)
// it counts instructions, one a nanosecond, in steps of 16; on hardware it is time; under QEMU
// without -icount it is the host's time, and says nothing of either.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Scheduling
internal import Tracing

/// Times steps on this core, with interrupts masked as in every command.
enum KernelBenchmark {
  private static var repetitions: UInt64 { 4096 }

  static func run() {
    let core = CoreReference.current
    line("counter \(read_counter_frequency()) Hz; nanoseconds, which -icount makes instructions")
    // With one instruction that the compiler cannot leave out; taken off the others.
    let empty = picoseconds { barrier_stores() }
    report("the loop alone", empty, less: 0)

    let sources = core.tracedSources
    core.tracedSources = .none
    report("an event, its source off", picoseconds { core.trace(.timerTaken) }, less: empty)
    // Into the ring, from which it pushes older events: as few as will do.
    core.tracedSources = .all
    report(
      "an event, recorded", picoseconds(repetitions: 256) { core.trace(.timerTaken) }, less: empty)
    core.tracedSources = sources

    report("a lock, taken and let go", picoseconds { Kernel.withTables {} }, less: empty)

    // The core's own, in place; with nothing to decide about it changes nothing.
    let isIdle = core.withScheduler {
      $0.running == nil && $0.readyCount == 0 && $0.sleepingCount == 0
    }
    guard core.running == nil, isIdle else {
      line("schedule(): not measured, the core has threads to run")
      return
    }
    let hints = SchedulingHints(mayHoldLoad: core.loop != nil)
    let now = Log.uptimeNanoseconds
    report(
      "schedule(), nothing ready",
      picoseconds {
        core.withScheduler { _ = $0.schedule(at: now, hints: hints, in: ThreadRecordTable()) }
      }, less: empty)
  }

  /// Of one repetition.
  private static func picoseconds(
    repetitions: UInt64 = repetitions, _ body: () -> Void
  ) -> UInt64 {
    let begin = read_counter()
    for _ in 0..<repetitions { body() }
    barrier_context()
    let ticks = read_counter() - begin
    let frequency = max(1, read_counter_frequency() / 1_000_000)
    return ticks * 1_000_000 / frequency / repetitions
  }

  private static func report(_ what: StaticString, _ picoseconds: UInt64, less empty: UInt64) {
    let net = picoseconds - min(empty, picoseconds)
    line("\(what): \(net / 1000).\(net % 1000 / 100) ns")
  }

  private static func line(_ text: LogText) {
    Console.withReply { output in
      output.write("bench: ")
      output.writeLine(text)
    }
  }
}
