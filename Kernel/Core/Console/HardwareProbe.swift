// The console command `probe`: what nobody knows about a machine before it runs on it.
//
// Each line can be pasted into Documentation/enzian.md. The command runs in the console's
// interrupt on the boot core; what needs the NIC is left out on a machine without.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Platform
internal import Processor
internal import Reporting

/// Prints facts about processor, interrupt controller and the link to the FPGA.
enum HardwareProbe {
  private static var repetitions: UInt64 { 64 }

  /// - Parameter holdMilliseconds: the stall limit to try a held load with; nil: the one set.
  static func run(holdMilliseconds: UInt64?) {
    // First, before anything else can take an exception, and while the load is still held.
    let interrupted = read_exception_link()
    var hold: Hold?
    if let nic = Kernel.nic {
      hold = tryHold(nic, interrupted: interrupted, milliseconds: holdMilliseconds)
    }
    printProcessor()
    printCaches()
    printInterrupts()
    guard let nic = Kernel.nic else {
      line("FPGA: no usable NIC")
      return
    }
    printLatency(nic)
    printExclusives()
    printHold(hold)
  }

  private static func line(_ text: LogText) {
    Console.withOutput { output in
      output.write("probe: ")
      output.writeLine(text)
    }
  }

  private static func printProcessor() {
    let errata = Errata(of: ProcessorIdentification(read_main_identification()))
    line("\(errata.processor), errata:\(errata)")
    let instructions = read_instruction_features()
    // ID_AA64ISAR0_EL1.Atomic, bits 23:20: 2 is FEAT_LSE.
    let hasAtomics = instructions >> 20 & 0xf >= 2
    line(
      "ID_AA64ISAR0_EL1 \(hexadecimal: instructions, digits: 16), LSE atomics: \(hasAtomics ? "yes" : "no")"
    )
    line("ID_AA64MMFR0_EL1 \(hexadecimal: read_memory_features(), digits: 16)")
    line("CNTFRQ_EL0 \(read_counter_frequency()) Hz")
  }

  private static func printCaches() {
    let type = CacheType(read_cache_type())
    line(
      "CTR_EL0 \(hexadecimal: read_cache_type(), digits: 8): smallest data line \(type.dataLineBytes) bytes, instruction line \(type.instructionLineBytes) bytes, clean for instructions \(type.isCoherentForInstructions ? "not needed" : "needed")"
    )
    line("DCZID_EL0 \(hexadecimal: read_zeroing_block(), digits: 1)")
    let levels = read_cache_levels()
    // CLIDR_EL1: three bits a level; 1 instruction, 2 data, 3 both, 4 unified.
    for level in 0..<7 as Range<UInt64> {
      let kind = levels >> (3 * level) & 0x7
      if kind == 0 { break }
      if kind != 1 { printCache(level: level, instruction: 0, kind == 4 ? "unified" : "data") }
      if kind == 1 || kind == 3 { printCache(level: level, instruction: 1, "instruction") }
    }
  }

  private static func printCache(level: UInt64, instruction: UInt64, _ kind: StaticString) {
    write_cache_selection(level << 1 | instruction)
    barrier_context()
    let cache = CacheLevel(read_cache_size())
    line(
      "L\(level + 1) \(kind) cache: \(cache.bytes) bytes, \(cache.ways) ways, line \(cache.lineBytes) bytes"
    )
  }

  private static func printInterrupts() {
    let platform = Kernel.platform
    // ICC_CTLR_EL1.PRIbits, bits 10:8: one less than the bits of a priority.
    line(
      "ICC_CTLR_EL1 \(hexadecimal: read_interrupt_control(), digits: 8): \((read_interrupt_control() >> 8 & 0x7) + 1) priority bits"
    )
    line(
      "interrupts: timer \(platform.timer.physical.number) physical, \(platform.timer.virtual.number) virtual"
    )
    if let console = platform.console.interrupt {
      line("interrupts: console \(console.number)")
    } else {
      line("interrupts: the device tree has none for the console")
    }
  }

  private static func nanoseconds(_ ticks: UInt64) -> UInt64 {
    let frequency = read_counter_frequency()
    return frequency == 0 ? 0 : ticks * 1_000_000_000 / frequency
  }

  /// A register, and this core's state line, each time taken from the FPGA anew.
  private static func printLatency(_ nic: NIC) {
    var begin = read_counter()
    for _ in 0..<repetitions { _ = nic.registers.read64(UInt(Register.magic)) }
    line("FPGA register: \(nanoseconds(read_counter() - begin) / repetitions) ns a load")

    let stateLine = UInt64(CoreReference.current.stateLine)
    begin = read_counter()
    for _ in 0..<repetitions {
      cache_clean_invalidate(stateLine)
      barrier_complete()
      _ = load_for_probe(stateLine)
    }
    line("FPGA line: \(nanoseconds(read_counter() - begin) / repetitions) ns to clean and load it")
  }

  /// Stores back what the state line holds, so the FPGA sees no change.
  private static func printExclusives() {
    let stateLine = UInt64(CoreReference.current.stateLine)
    var successes: UInt64 = 0
    for _ in 0..<repetitions { successes += exclusive_store_back(stateLine) }
    line("LDXR/STXR on an FPGA line: \(successes) of \(repetitions) succeeded")
  }

  /// A load that the FPGA held.
  private struct Hold {
    var limitMicroseconds: UInt64
    var heldMicroseconds: UInt64
    /// ESR_EL1 if the load aborted, else 0.
    var syndrome: UInt64
  }

  /// Loads the control line whose load this interrupt has interrupted: R3 gives both the same
  /// message, so nothing is lost.
  /// - Returns: nil if the core was not waiting at a control line.
  private static func tryHold(_ nic: NIC, interrupted: UInt64, milliseconds: UInt64?) -> Hold? {
    // The head of a control line is loaded by LDP with a signed offset (ARM ARM C6.2.164).
    let isHeldLoad = interrupted_instruction(interrupted) & 0xffc0_0000 == 0xa940_0000
    guard isHeldLoad, let loop = CoreReference.current.loop else { return nil }
    let register = UInt(Register.stallLimitNanoseconds)
    let limit = nic.registers.read64(register)
    if let milliseconds { nic.registers.write64(milliseconds * 1_000_000, register) }
    let used = nic.registers.read64(register)
    var word: UInt64 = 0
    let begin = read_counter()
    let syndrome = unsafe guarded_load64(UInt64(loop.currentLine), &word)
    let held = nanoseconds(read_counter() - begin)
    nic.registers.write64(limit, register)
    return Hold(
      limitMicroseconds: used / 1000, heldMicroseconds: held / 1000, syndrome: syndrome)
  }

  /// A message ends a hold early, so a time below the limit is no fault.
  private static func printHold(_ hold: Hold?) {
    guard let hold else {
      line("held load: this core was not waiting at one; try again")
      return
    }
    line("held load: an interrupt is taken before it returns")
    if hold.syndrome == 0 {
      line(
        "held load: answered after \(hold.heldMicroseconds) us, limit \(hold.limitMicroseconds) us")
    } else {
      line(
        "held load: aborted after \(hold.heldMicroseconds) us, limit \(hold.limitMicroseconds) us: \(ExceptionSyndrome(hold.syndrome))"
      )
    }
  }
}
