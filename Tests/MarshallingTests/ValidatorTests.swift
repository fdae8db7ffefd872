// Every reason to refuse a signature, with its position, and every limit from both sides.

import Interface
import Marshalling
import Testing

struct SignatureCase: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let fault: SignatureFault?

  init(_ name: String, _ bytes: [UInt8], _ position: Int, _ reason: SignatureFaultReason) {
    self.name = name
    self.bytes = bytes
    fault = SignatureFault(position: position, reason: reason)
  }

  init(valid name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    fault = nil
  }

  var testDescription: String { name }
}

/// `depth` optionals inside each other around an int.
private func nested(_ depth: Int) -> [UInt8] {
  (0..<depth).reduce([0x01]) { inner, _ in [0x22, UInt8(inner.count), 1] + inner }
}

private func repeated(_ text: String, _ count: Int) -> [UInt8] {
  Array(repeating: hex(text), count: count).flatMap { $0 }
}

@Suite struct ValidatorTests {
  static let cases: [SignatureCase] = [
    SignatureCase(valid: "255 bytes", repeated("01", 255)),
    SignatureCase("256 bytes", repeated("01", 256), 255, .tooLong),
    SignatureCase("code 0", [0x00], 0, .unknownCode),
    SignatureCase("code after the last scalar", [0x01, 0x0A], 1, .unknownCode),
    SignatureCase("code after the last", [0x24], 0, .unknownCode),
    SignatureCase("unknown code in an element", hex("21 0100 0201 01 FF"), 6, .unknownCode),
    SignatureCase(valid: "8 lists deep", nested(8)),
    SignatureCase("9 lists deep", nested(9), 24, .nestingTooDeep),
    SignatureCase("size without its second byte", hex("01 10 04"), 2, .truncated),
    SignatureCase("maximum missing", hex("11"), 1, .truncated),
    SignatureCase("size reaches out of its list", hex("22 0201 1101 00"), 4, .truncated),
    SignatureCase("list header missing", hex("22 01"), 1, .truncated),
    SignatureCase("list longer than the signature", hex("22 0201 01"), 1, .truncated),
    SignatureCase(
      "list longer than the list around it", hex("22 0401 22 0201 01 01"), 4, .truncated),
    SignatureCase("discriminant missing", hex("23"), 1, .truncated),
    SignatureCase("bytes of arms missing", hex("23 01"), 2, .truncated),
    SignatureCase(
      "arms longer than the signature", hex("23 01 08 01 00000000 00 00"), 2, .truncated),
    SignatureCase("arm ends in its cases", hex("23 01 04 01 000000"), 3, .truncated),
    SignatureCase("arm ends before its list", hex("23 01 06 01 00000000 00"), 8, .truncated),
    SignatureCase(
      "arm's list ends after the arms", hex("23 01 07 01 00000000 0101 01"), 8, .truncated),
    SignatureCase("fixed opaque[0]", hex("01 10 0000"), 1, .zeroSize),
    SignatureCase("fixed array[0]", hex("20 0000 0101 01"), 0, .zeroSize),
    SignatureCase("array of nothing", hex("21 FFFF 0000"), 0, .emptyElement),
    SignatureCase("array of nothing that states a slot", hex("21 0100 0001"), 0, .emptyElement),
    SignatureCase("array of int that states no slot", hex("21 0100 0100 01"), 0, .emptyElement),
    SignatureCase("optional nothing", hex("01 22 0000"), 1, .emptyElement),
    SignatureCase("fixed array of nothing", hex("20 0100 0000"), 0, .emptyElement),
    SignatureCase(valid: "opaque<4096>", hex("11 0010")),
    SignatureCase("opaque<4097>", hex("11 0110"), 0, .maximumTooLarge),
    SignatureCase("string<65535>", hex("12 FFFF"), 0, .maximumTooLarge),
    SignatureCase("fixed opaque[4097]", hex("01 10 0110"), 1, .maximumTooLarge),
    SignatureCase(valid: "opaque<0>", hex("11 0000")),
    SignatureCase(valid: "array<512> of hyper", hex("21 0002 0101 05")),
    SignatureCase("array<513> of hyper", hex("21 0102 0101 05"), 0, .maximumTooLarge),
    SignatureCase(valid: "array<256> of quadruple", hex("21 0001 0102 09")),
    SignatureCase("array<257> of quadruple", hex("21 0101 0102 09"), 0, .maximumTooLarge),
    SignatureCase(
      valid: "12 slots below offset 96, 4096 bytes above", hex("10 0010") + repeated("01", 11)),
    SignatureCase("a slot more than that", hex("10 0010") + repeated("01", 12), 14, .neverFits),
    SignatureCase(valid: "several maxima that cannot all be reached", repeated("11 0010", 80)),
    SignatureCase(valid: "fixed array that fills the area", hex("20 0200 0301 10 0008")),
    SignatureCase("fixed opaque twice", hex("10 0010 10 0001"), 3, .neverFits),
    SignatureCase("fixed array of fixed opaque", hex("20 0200 0301 10 2808"), 0, .neverFits),
    SignatureCase(
      "fixed opaque in an arm with too many slots",
      hex("23 01 17 01 00000000 100D 10 0010 01010101 01010101 01010101 01"), 24, .neverFits),
    SignatureCase("states too few slots", hex("22 0201 01 01"), 2, .wrongSlotCount),
    SignatureCase("states too many slots", hex("22 0102 01"), 2, .wrongSlotCount),
    SignatureCase("states one slot for quadruple", hex("22 0101 09"), 2, .wrongSlotCount),
    SignatureCase("void arm states a slot", hex("23 01 07 01 00000000 0001"), 9, .wrongSlotCount),
    SignatureCase(
      "hyper as discriminant", hex("23 05 07 01 00000000 0000"), 1, .invalidDiscriminant),
    SignatureCase(
      "unknown discriminant", hex("23 00 07 01 00000000 0000"), 1, .invalidDiscriminant),
    SignatureCase("union without arms", hex("01 23 01 00"), 1, .noArms),
    SignatureCase(valid: "only a default arm", hex("23 01 03 00 0000")),
    SignatureCase(valid: "cases of a bool", hex("23 04 0B 02 00000000 01000000 0000")),
    SignatureCase("case 2 of a bool", hex("23 04 0B 02 00000000 02000000 0000"), 8, .invalidCase),
    SignatureCase(
      "case twice in an arm", hex("23 01 0B 02 05000000 05000000 0000"), 8, .duplicateCase),
    SignatureCase(
      "case twice in two arms", hex("23 03 0F 01 05000000 0101 01 01 05000000 0000"), 12,
      .duplicateCase),
    SignatureCase(
      valid: "same case in a union inside",
      hex("23 03 11 01 05000000 0A02 23 03 07 01 05000000 0000")),
    SignatureCase("two default arms", hex("23 01 06 00 0000 00 0000"), 6, .armAfterDefault),
    SignatureCase(
      "arm after the default arm", hex("23 01 0A 00 0000 01 00000000 0000"), 6, .armAfterDefault),
  ]

  @Test(arguments: cases)
  func verdict(_ signature: SignatureCase) {
    #expect(validate(signature.bytes) == signature.fault)
  }

  @Test func everyReasonIsTested() {
    let tested = Set(Self.cases.compactMap { $0.fault?.reason })
    #expect(tested == Set(SignatureFaultReason.allCases))
  }

  @Test func everyReasonReadsDifferently() {
    let texts = Set(SignatureFaultReason.allCases.map(\.description))
    #expect(texts.count == SignatureFaultReason.allCases.count)
  }

  @Test func faultSaysWhatAndWhere() throws {
    let fault = try #require(validate([0x01, 0x0A]))
    #expect(fault.description == "byte 1 of the signature: unknown type code")
  }

  /// All truncations of valid signatures: shorter ones are other valid ones, or are refused as
  /// cut inside a type.
  @Test(arguments: Example.all)
  func truncatedSignatures(_ example: Example) {
    for count in 0..<example.signature.count {
      let fault = validate(Array(example.signature[..<count]))
      #expect(fault == nil || fault?.reason == .truncated, "\(count) bytes")
    }
  }
}
