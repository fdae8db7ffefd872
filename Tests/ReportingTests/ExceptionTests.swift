// Syndromes as the core reports them, from the ARM ARM's field tables and from real logs.

import Reporting
import Testing

@Suite struct ExceptionSyndromeTests {
  @Test(arguments: [
    // Linux on ThunderX-1, erratum 38539: read of a reserved distributor register.
    (UInt64(0x9600_0210), "data abort: synchronous external abort, read"),
    (0x9600_0045, "data abort: translation fault, level 1, write"),
    (0x9200_004F, "data abort from a lower level: permission fault, level 3, write"),
    (0x9600_000B, "data abort: access flag fault, level 3, read"),
    (0x9600_0021, "data abort: alignment fault, read"),
    (0x9200_0145, "data abort from a lower level: translation fault, level 1, cache maintenance"),
    (0x9783_0006, "data abort: translation fault, level 2, read of 4 bytes, register x3"),
    (0x97DF_0047, "data abort: translation fault, level 3, write of 8 bytes, register xzr"),
    (0x9705_0004, "data abort: translation fault, level 0, read of 1 byte, register x5"),
    (0x9600_0410, "data abort: synchronous external abort, read, address unknown"),
    (0x9600_0084, "data abort: translation fault, level 0, read, stage 2 of a walk"),
    (0x8200_0006, "instruction abort from a lower level: translation fault, level 2, fetch"),
    (0x8600_000F, "instruction abort: permission fault, level 3, fetch"),
    (0xF200_0001, "BRK #1 (failed check in Swift code)"),
    (0xF200_03E8, "BRK #1000"),
    (0x5600_0000, "SVC #0"),
    (0x5600_002A, "SVC #42"),
    (0x1FE0_0000, "trapped floating-point or SIMD access (ISS 0x1e00000)"),
    (0x0200_0000, "undefined instruction or unknown reason"),
    // mrs x7, S3_0_C12_C12_0 (ICC_IAR1_EL1).
    (0x6230_30F9, "trapped MSR, MRS or system instruction: MRS from S3_0_C12_C12_0, register x7"),
    (0x6232_3398, "trapped MSR, MRS or system instruction: MSR to S3_0_C12_C12_1, register x28"),
    (0x8A00_0000, "PC alignment fault"),
    (0x9A00_0000, "SP alignment fault"),
    (0x3A00_0000, "illegal execution state"),
    (0xBF00_0000, "SError: implementation defined (ISS 0x1000000)"),
    (0xBE00_0011, "SError: tag check fault (ISS 0x0000011)"),
    (0xB280_0003, "floating-point exception: invalid operation division by zero (ISS 0x0800003)"),
    (0x0600_0001, "trapped WFI or WFE: WFE"),
    (0xFE00_0000, "reserved exception class 0x3f (ISS 0x0000000)"),
  ])
  func inWords(bits: UInt64, expected: String) {
    #expect(words(ExceptionSyndrome(bits)) == expected)
  }

  @Test func decodedFields() throws {
    let syndrome = ExceptionSyndrome(0x97DF_0047)
    #expect(syndrome.exceptionClass == .dataAbortSameLevel)
    #expect(syndrome.hasLongInstruction)
    let abort = try #require(syndrome.abort)
    #expect(abort.status == .translation(level: 3))
    #expect(abort.access == .write)
    #expect(!abort.isFromLowerLevel)
    #expect(abort.status.isDecidedByTables)
    #expect(syndrome.supervisorCallNumber == nil)
    #expect(ExceptionSyndrome(0x5600_FFFF).supervisorCallNumber == 0xFFFF)
    #expect(ExceptionSyndrome(0xF200_0001).isSwiftTrap)
    #expect(!ExceptionSyndrome(0xF200_0002).isSwiftTrap)
    #expect(!ExceptionSyndrome(0x5600_0001).isSwiftTrap)
  }

  @Test func everySyndromeHasWords() {
    for code in UInt64(0)..<64 {
      for low in [UInt64(0), 0x1FF_FFFF, 0x155_5555] {
        #expect(!words(ExceptionSyndrome(code << 26 | low)).isEmpty)
      }
    }
  }

  @Test func faultStatusCodesAreDistinct() {
    let statuses = (UInt8(0)..<64).map { FaultStatus(code: $0) }
    #expect(Set(statuses).count == 64)
    #expect(Set(statuses.map { words($0) }).count == 64)
    #expect(FaultStatus(code: 0x3F) == .reserved(code: 0x3F))
    #expect(!FaultStatus.synchronousExternal.isDecidedByTables)
  }

  @Test func exceptionClassesHaveDistinctWords() {
    #expect(Set(ExceptionClass.allCases.map { words($0) }).count == ExceptionClass.allCases.count)
  }
}

@Suite struct SavedProgramStatusTests {
  @Test(arguments: [
    (UInt64(0x3C5), "EL1h, masked DAIF, flags nzcv"),
    (0x6000_0000, "EL0t, masked none, flags nZCv"),
    (0x8000_0085, "EL1h, masked I, flags Nzcv"), (0x10, "AArch32, masked none, flags nzcv"),
    (0x3C9, "EL2h, masked DAIF, flags nzcv"),
    (0x1030_0044, "EL1t, masked F, flags nzcV, illegal state, single step"),
  ])
  func inWords(bits: UInt64, expected: String) {
    #expect(words(SavedProgramStatus(bits)) == expected)
  }

  @Test func fields() {
    let status = SavedProgramStatus(0x3C5)
    #expect(status.exceptionLevel == 1)
    #expect(status.usesOwnStackPointer)
    #expect(status.areInterruptsMasked && status.areFastInterruptsMasked)
    #expect(SavedProgramStatus(0).exceptionLevel == 0)
  }
}
