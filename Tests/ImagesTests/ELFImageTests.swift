// Loading plans: right programs, and every way to be wrong.

import Images
import Randomness
import Testing

@Suite struct ELFImageTests {
  static let addresses: Range<UInt64> = 0x40_0000..<0x4000_0000

  private func plan(_ program: TestProgram) throws(ELFError) -> ELFImage {
    try plan(program.file)
  }

  private func plan(_ file: [UInt8]) throws(ELFError) -> ELFImage {
    try ELFImage(file.span, within: Self.addresses)
  }

  @Test func aProgramWithThreeSegments() throws {
    let image = try plan(TestProgram())
    #expect(image.entry == 0x40_0010)
    #expect(image.segmentCount == 3)
    let code = image[segment: 0]
    #expect(code.file == 0x1000..<0x1123)
    #expect(code.access == .readExecute)
    #expect(code.pages == 0x40_0000..<0x40_1000)
    let constants = image[segment: 1]
    #expect(constants.access == .readOnly)
    #expect(constants.address == 0x40_1008)
    #expect(constants.pages == 0x40_1000..<0x40_2000)
    let data = image[segment: 2]
    #expect(data.access == .readWrite)
    #expect(data.memoryBytes == 0x3000)
    #expect(data.file == 0x2010..<0x2020)
    #expect(data.pages == 0x40_3000..<0x40_7000)
  }

  /// A name for the message, a change, and what must come of it.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: ELFError
    let change: @Sendable (inout TestProgram) -> Void

    init(
      _ name: String, _ expected: ELFError,
      _ change: @escaping @Sendable (inout TestProgram) -> Void
    ) {
      testDescription = name
      self.expected = expected
      self.change = change
    }
  }

  @Test(arguments: [
    Wrong("magic", .wrongMagic) { $0.magic[3] = 0x47 },
    Wrong("32 bits", .unsupported(.fileClass, value: 1)) { $0.fileClass = 1 },
    Wrong("big-endian", .unsupported(.byteOrder, value: 2)) { $0.byteOrder = 2 },
    Wrong("version", .unsupported(.version, value: 0)) { $0.identVersion = 0 },
    Wrong("file version", .unsupported(.version, value: 2)) { $0.version = 2 },
    Wrong("shared object", .unsupported(.type, value: 3)) { $0.type = 3 },
    Wrong("x86-64", .unsupported(.machine, value: 62)) { $0.machine = 62 },
    Wrong("header size", .unsupported(.headerBytes, value: 52)) { $0.headerBytes = 52 },
    Wrong("program header size", .unsupported(.programHeaderBytes, value: 32)) {
      $0.programHeaderBytes = 32
    },
    Wrong("program headers past the end", .truncated(bytes: 0x2028, needed: 0x2000 + 224)) {
      $0.programHeaders = 0x2000
    },
    Wrong("program headers wrap", .truncated(bytes: 0x2028, needed: UInt64.max)) {
      $0.programHeaders = UInt64.max - 8
    },
    Wrong("no program headers", .noSegments) { $0.segments = [] },
    Wrong("nothing to load", .noSegments) { $0.segments = [TestSegment(type: 4)] },
    Wrong("only empty segments", .noSegments) {
      $0.segments = [TestSegment(fileBytes: 0, memoryBytes: 0)]
    },
    Wrong("content past the end", .segmentOutsideFile(1)) { $0.segments[1].fileBytes = 0x21 },
    Wrong("content starts past the end", .segmentOutsideFile(1)) {
      $0.segments[1].fileOffset = 0x3008
    },
    Wrong("content wraps", .segmentOutsideFile(0)) {
      $0.segments[0].fileOffset = UInt64.max - 0xFFF
      $0.segments[0].fileBytes = 0x2000
    },
    Wrong("file larger than memory", .segmentSizes(2)) { $0.segments[2].memoryBytes = 0xF },
    Wrong("no memory at all", .segmentSizes(2)) { $0.segments[2].memoryBytes = 0 },
    Wrong("below the range", .segmentOutsideUserRange(0, address: 0x3F_F000)) {
      $0.segments[0].address = 0x3F_F000
    },
    Wrong("in the kernel", .segmentOutsideUserRange(2, address: 0xFFFF_0000_0000_0010)) {
      $0.segments[2].address = 0xFFFF_0000_0000_0010
    },
    Wrong("ends past the range", .segmentOutsideUserRange(2, address: 0x3FFF_F010)) {
      $0.segments[2].address = 0x3FFF_F010
    },
    Wrong("memory wraps", .segmentOutsideUserRange(2, address: 0x40_3010)) {
      $0.segments[2].memoryBytes = UInt64.max - 0x100
    },
    Wrong("address not congruent", .misalignedSegment(1)) { $0.segments[1].address = 0x40_1010 },
    Wrong("alignment no power of two", .misalignedSegment(0)) { $0.segments[0].alignment = 0x1800 },
    Wrong("writable and executable", .writableAndExecutable(0)) { $0.segments[0].flags = 7 },
    Wrong("writable and executable, unreadable", .writableAndExecutable(0)) {
      $0.segments[0].flags = 3
    },
    Wrong("unreadable", .unreadableSegment(1)) { $0.segments[1].flags = 0 },
    Wrong("execute only", .unreadableSegment(0)) { $0.segments[0].flags = 1 },
    Wrong("shared page", .overlappingSegments(0, 1)) { $0.segments[1].address = 0x40_0008 },
    Wrong("overlap through zeros", .overlappingSegments(0, 1)) {
      $0.segments[0].memoryBytes = 0x1001
    },
    Wrong("wrong order", .overlappingSegments(0, 1)) { $0.segments.swapAt(0, 1) },
    Wrong("dynamic", .unsupportedSegment(3, type: 2)) { $0.segments[3].type = 2 },
    Wrong("interpreter", .unsupportedSegment(3, type: 3)) { $0.segments[3].type = 3 },
    Wrong("thread-local storage", .unsupportedSegment(3, type: 7)) { $0.segments[3].type = 7 },
    Wrong("too many", .tooManySegments(limit: 8)) {
      $0.segments = (0..<9).map {
        TestSegment(address: 0x40_0000 + UInt64($0) * 0x1000)
      }
    },
    Wrong("entry in data", .entryNotExecutable(address: 0x40_3010)) { $0.entry = 0x40_3010 },
    Wrong("entry behind the code", .entryNotExecutable(address: 0x40_0124)) {
      $0.entry = 0x40_0124
    },
    Wrong("entry before the code", .entryNotExecutable(address: 0x3F_FFFC)) {
      $0.entry = 0x3F_FFFC
    },
    Wrong("entry misaligned", .entryNotExecutable(address: 0x40_0012)) { $0.entry = 0x40_0012 },
  ])
  func refuses(_ wrong: Wrong) {
    var program = TestProgram()
    wrong.change(&program)
    #expect(throws: wrong.expected) { try plan(program) }
    #expect(words(wrong.expected).hasPrefix("executable: "))
  }

  @Test func truncatedAtEveryLength() throws {
    let file = TestProgram().file
    // The last byte belongs to segment 1, which is longer than segment 2.
    for length in 0..<file.count {
      do {
        _ = try plan(Array(file[..<length]))
        Issue.record("accepted \(length) of \(file.count) bytes")
      } catch {
        switch length {
        case ..<64: #expect(error == .truncated(bytes: length, needed: 64))
        case ..<288: #expect(error == .truncated(bytes: length, needed: 288))
        case ..<0x1123: #expect(error == .segmentOutsideFile(0))
        default: #expect(error == .segmentOutsideFile(1))
        }
      }
    }
  }

  /// What a plan promises, whatever the file: bounds, order, W^X, an executable entry.
  @Test func randomFilesGiveSoundPlansOrErrors() {
    var random = SplitMix(test: #function)
    let original = TestProgram().file
    var plans = 0
    for _ in 0..<20_000 {
      var file = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // Only headers: content has no say.
        let byte =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random)
          : [0, 1, 0xFF, 0x80][Int.random(in: 0..<4, using: &random)]
        file[Int.random(in: 0..<288, using: &random)] = byte
      }
      if Int.random(in: 0..<8, using: &random) == 0 {
        file.removeLast(Int.random(in: 0..<file.count, using: &random))
      }
      guard let image = try? plan(file) else { continue }
      plans += 1
      var end = Self.addresses.lowerBound
      var isEntryExecutable = false
      for index in 0..<image.segmentCount {
        let segment = image[segment: index]
        #expect(segment.file.upperBound <= file.count)
        #expect(UInt64(segment.file.count) <= segment.memoryBytes)
        #expect(segment.pages.lowerBound >= end)
        end = segment.pages.upperBound
        if segment.access == .readExecute,
          (segment.address..<segment.address + segment.memoryBytes).contains(image.entry)
        {
          isEntryExecutable = true
        }
      }
      #expect(end <= Self.addresses.upperBound)
      #expect(isEntryExecutable)
    }
    #expect(plans > 0)
  }
}
