// Responses that lie, requests that lie, and what they may cost.

import Interface
import Marshalling
import Testing

struct AreaCase: Sendable, CustomTestStringConvertible {
  let name: String
  let signature: [UInt8]
  let area: [UInt8]
  let xdr: [UInt8]?

  /// Refused when `xdr` is nil.
  init(_ name: String, _ signature: String, _ area: [UInt8], gives xdr: String? = nil) {
    self.name = name
    self.signature = hex(signature)
    self.area = area
    self.xdr = xdr.map(hex)
  }

  var testDescription: String { name }
}

struct DataCase: Sendable, CustomTestStringConvertible {
  let name: String
  let signature: [UInt8]
  let xdr: [UInt8]

  init(_ name: String, _ signature: String, _ xdr: String) {
    self.name = name
    self.signature = hex(signature)
    self.xdr = hex(xdr)
  }

  var testDescription: String { name }
}

/// `slots`, then zeros up to the whole area.
private func whole(_ slots: [UInt8]) -> [UInt8] {
  slots + [UInt8](repeating: 0, count: ArgumentArea.bytes - slots.count)
}

@Suite struct AdversaryTests {
  static let areas: [AreaCase] = [
    AreaCase("int not sign-extended", "01", slots(0x8000_0000)),
    AreaCase("int beyond 32 bits", "01", slots(0x1_0000_0000)),
    AreaCase("enumeration not sign-extended", "03", slots(0xFFFF_FFFF)),
    AreaCase("unsigned int sign-extended", "02", slots(UInt64.max)),
    AreaCase("bool 2", "04", slots(2)),
    AreaCase("bool 1 in the upper half", "04", slots(0x1_0000_0001)),
    AreaCase("float beyond 32 bits", "07", slots(0x1_3F80_0000)),
    AreaCase("offset not a multiple of 8", "11 1000", whole(slots(reference(12, 4)))),
    AreaCase("offset behind the area", "11 1000", whole(slots(reference(4192, 1)))),
    AreaCase("offset of 4 GiB", "11 1000", whole(slots(reference(0xFFFF_FFF8, 16)))),
    AreaCase("end behind the area", "11 1000", whole(slots(reference(4184, 9)))),
    AreaCase(
      "end at the end of the area", "11 1000", whole(slots(reference(4184, 8))),
      gives: "00000008 00000000 00000000"),
    AreaCase("run across offset 96", "11 1000", whole(slots(reference(88, 9)))),
    AreaCase(
      "run up to offset 96", "11 1000", whole(slots(reference(88, 8))),
      gives: "00000008 00000000 00000000"),
    AreaCase("elements across offset 96", "21 0400 0101 01", whole(slots(reference(88, 2)))),
    AreaCase("length over the maximum", "11 1000", whole(slots(reference(96, 17)))),
    AreaCase("length of 4 GiB", "12 1000", whole(slots(reference(96, 0xFFFF_FFFF)))),
    AreaCase("elements over the maximum", "21 0400 0101 01", whole(slots(reference(96, 5)))),
    AreaCase(
      "elements whose bytes wrap around", "21 0400 0101 01",
      whole(slots(reference(96, 0x2000_0001)))),
    AreaCase("fixed opaque too short", "10 1000", whole(slots(reference(96, 15)))),
    AreaCase("fixed opaque too long", "10 1000", whole(slots(reference(96, 17)))),
    AreaCase("fixed opaque missing", "10 1000", whole(slots(0))),
    AreaCase("fixed array too short", "20 0200 0101 01", whole(slots(reference(96, 1)))),
    AreaCase("optional twice", "22 0101 01", whole(slots(reference(96, 2)))),
    AreaCase("union without its arm", "23 01 08 01 01000000 0101 01", whole(slots(1, 0))),
    AreaCase(
      "union with two arms", "23 01 08 01 01000000 0101 01", whole(slots(1, reference(96, 2)))),
    AreaCase(
      "void arm with a value", "23 01 07 01 01000000 0000", whole(slots(1, reference(96, 1)))),
    AreaCase("discriminant without an arm", "23 01 07 01 01000000 0000", whole(slots(2, 0))),
    AreaCase(
      "discriminant not of its type", "23 02 07 01 01000000 0000",
      whole(slots(0x1_0000_0001, 0))),
    AreaCase(
      "length 0 with any offset", "11 1000", whole(slots(reference(0xFFFF_FFFF, 0))),
      gives: "00000000"),
    AreaCase(
      "reference to itself, as a number", "22 0101 05", whole(slots(reference(0, 1))),
      gives: "00000001 00000001 00000000"),
    AreaCase(
      "two references to one run", "11 0400 11 0400",
      whole(slots(reference(16, 4), reference(16, 4), 0x6463_6261)),
      gives: "00000004 61626364 00000004 61626364"),
    AreaCase(
      "bytes behind a value are not sent", "11 0400", whole(slots(reference(8, 1), UInt64.max)),
      gives: "00000001 FF000000"),
  ]

  @Test(arguments: areas)
  func marshalsOnlyWhatFits(_ example: AreaCase) {
    #expect(validate(example.signature) == nil)
    #expect(marshal(example.area, example.signature) == example.xdr)
  }

  static let data: [DataCase] = [
    DataCase("bool 2", "04", "00000002"),
    DataCase("bool 256", "04", "00000100"),
    DataCase("padding not zero, first byte", "11 0800", "00000001 61010000"),
    DataCase("padding not zero, last byte", "11 0800", "00000001 61000001"),
    DataCase("padding of a string not zero", "12 0800", "00000002 61620001"),
    DataCase("padding of a fixed opaque not zero", "10 0300", "61626301"),
    DataCase("opaque over its maximum", "11 0400", "00000005 61626364 65000000"),
    DataCase("length of 4 GiB", "11 0010", "FFFFFFFF 61626364"),
    DataCase("length that rounds up to 0", "11 0010", "FFFFFFFD"),
    DataCase("array over its maximum", "21 0100 0101 01", "00000002 00000001 00000002"),
    DataCase("four billion elements", "21 0002 0101 01", "FFFFFFFF 00000001"),
    DataCase("optional 2", "22 0101 01", "00000002 00000001 00000001"),
    DataCase("discriminant without an arm", "23 01 08 01 01000000 0101 01", "00000002 00000001"),
    DataCase(
      "bool 2 with a default arm", "23 04 0B 01 01000000 0101 01 00 0000", "00000002"),
    DataCase(
      "two values that do not fit together", "11 0010 11 0010",
      "00000C00" + String(repeating: "11", count: 3072) + "00000800"
        + String(repeating: "22", count: 2048)),
  ]

  @Test(arguments: data)
  func unmarshalsOnlyWhatFits(_ example: DataCase) {
    #expect(validate(example.signature) == nil)
    #expect(unmarshal(example.xdr, example.signature) == nil)
  }

  @Test func voidTakesNoData() {
    #expect(unmarshal([], []) == [])
    #expect(unmarshal([0, 0, 0, 0], []) == nil)
    #expect(marshal(whole(slots(1, 2, 3)), []) == [])
  }

  /// Shared references multiply: 8 levels of 256 elements would be 2⁶⁴ bytes. The room in the
  /// frame bounds the work, so this ends at once.
  @Test func sharedReferencesCostNoMoreThanTheRoom() {
    let signature = Signature {
      $0.array(max: 512) {
        $0.array(max: 512) {
          $0.array(max: 512) {
            $0.array(max: 512) {
              $0.array(max: 512) { $0.array(max: 512) { $0.array(max: 512) { $0.int() } } }
            }
          }
        }
      }
    }
    #expect(validate(signature.bytes) == nil)
    let bomb = Array(repeating: slots(reference(96, 512)), count: 524).flatMap { $0 }
    #expect(marshal(bomb, signature.bytes, room: 1 << 16) == nil)
  }

  /// Unvalidated elements of nothing, which would repeat 65535⁸ times.
  @Test(arguments: [
    "20 0000 0101 01", "10 0000", "20 FFFF 0001", "21 FFFF 0100 01", "20 FFFF 0401 10 0000 00",
    "20 FFFF 1501 20 FFFF 1001 20 FFFF 0B01 20 FFFF 0601 20 FFFF 0101 00",
  ])
  func unvalidatedElementsOfNothingEnd(_ text: String) {
    let signature = hex(text)
    let data = [UInt8](repeating: 0xFF, count: 64)
    #expect(validate(signature) != nil)
    #expect(unmarshal(data, signature) == nil)
    #expect(unmarshal([], signature) == nil)
    #expect(unmarshal([UInt8](repeating: 0, count: 64), signature) == nil)
    #expect(marshal(whole(slots(reference(96, 0xFFFF))), signature) == nil)
    #expect(marshal(whole(slots(reference(96, 1))), signature) == nil)
  }

  @Test(arguments: ["10 0000", "20 0000 0101 01"])
  func unvalidatedSizeZeroIsRefused(_ text: String) {
    #expect(unmarshal([], hex(text)) == nil)
    #expect(marshal(whole(slots(0)), hex(text)) == nil)
  }

  @Test func signaturesOverTheLimitAreNotInterpreted() {
    let signature = [UInt8](repeating: 0x01, count: 256)
    #expect(unmarshal([UInt8](repeating: 0, count: 1024), signature) == nil)
    #expect(marshal(whole([]), signature) == nil)
  }
}
