// Errata by revision, and the fields of identification registers.

import Processor
import Reporting
import Testing

@Suite struct ErrataTests {
  /// MIDR_EL1 and the numbers that Linux' table gives for it.
  static let cases: [(midr: UInt64, name: String, numbers: [UInt32])] = [
    (0x430f_0a10, "pass 1.0", [23154, 38545, 27456, 30115, 38539]),
    (0x430f_0a11, "pass 1.1", [23154, 38545, 27456, 30115, 38539]),
    (0x431f_0a10, "pass 2.0", [38545, 27456, 30115, 38539]),
    (0x431f_0a11, "pass 2.1, Enzian", [38545, 27456, 30115, 38539]),
    (0x431f_0a12, "pass 2.2", [38545, 30115, 38539]),
    (0x431f_0af1, "ThunderX-2", []),
    (0x411f_d070, "Cortex-A57", []),
    (0x411f_0a11, "another maker's part 0x0a1", []),
  ]

  @Test(arguments: cases) func byRevision(midr: UInt64, name: String, numbers: [UInt32]) {
    let errata = Errata(of: ProcessorIdentification(midr))
    #expect(Erratum.allCases.filter { errata.contains($0) }.map(\.rawValue) == numbers, "\(name)")
    #expect(errata.needsCarefulAcknowledge == numbers.contains(38545), "\(name)")
    #expect(errata.needsInstructionCacheInvalidation == numbers.contains(27456), "\(name)")
  }

  @Test func namesTheProcessor() {
    #expect(
      text(ProcessorIdentification(0x431f_0a11)) == "MIDR_EL1 0x431f0a11 ThunderX-1 pass 2.1")
    #expect(
      text(ProcessorIdentification(0x411f_d070))
        == "MIDR_EL1 0x411fd070 implementer 0x41 part 0xd07 r1p0")
    #expect(text(Errata(of: ProcessorIdentification(0x431f_0a11))) == " 38545 27456 30115 38539")
  }

  /// CTR_EL0 and CCSIDR_EL1 of Cortex-A57 (its TRM, 4.3.24 and 4.3.21): 48 KiB of instruction
  /// cache in 3 ways, 32 KiB of data cache in 2.
  @Test func cacheGeometry() {
    let type = CacheType(0x8444_c004)
    #expect(type.dataLineBytes == 64)
    #expect(type.instructionLineBytes == 64)
    #expect(!type.isCoherentForInstructions)
    #expect(CacheLevel(0x701f_e00a).bytes == 32 << 10)
    #expect(CacheLevel(0x701f_e00a).ways == 2)
    #expect(CacheLevel(0x201f_e012).bytes == 48 << 10)
    #expect(CacheLevel(0x201f_e012).ways == 3)
  }

  private func text(_ value: some Reportable) -> String {
    var recording = Recording()
    recording.write(value)
    return String(decoding: recording.bytes, as: UTF8.self)
  }

  private struct Recording: TextOutput {
    var bytes: [UInt8] = []
    mutating func write(byte: UInt8) { bytes.append(byte) }
  }
}
