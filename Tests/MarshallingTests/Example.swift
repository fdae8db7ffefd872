// One value of every type, written out by hand: signature, XDR, area.

import Interface
import Testing

struct Example: Sendable, CustomTestStringConvertible {
  let name: String
  let signature: [UInt8]
  let xdr: [UInt8]
  let area: [UInt8]

  init(_ name: String, _ signature: String, xdr: String, area: [UInt8]) {
    self.name = name
    self.signature = hex(signature)
    self.xdr = hex(xdr)
    self.area = area
  }

  var testDescription: String { name }

  static let all: [Example] = [
    Example("void", "", xdr: "", area: []),
    Example("int", "01", xdr: "FFFFFFFE", area: slots(UInt64.max - 1)),
    Example("unsigned int", "02", xdr: "FFFFFFFE", area: slots(0xFFFF_FFFE)),
    Example("enumeration", "03", xdr: "80000000", area: slots(0xFFFF_FFFF_8000_0000)),
    Example("bool false", "04", xdr: "00000000", area: slots(0)),
    Example("bool true", "04", xdr: "00000001", area: slots(1)),
    Example("hyper", "05", xdr: "80000000 00000001", area: slots(0x8000_0000_0000_0001)),
    Example("unsigned hyper", "06", xdr: "01234567 89ABCDEF", area: slots(0x0123_4567_89AB_CDEF)),
    Example("float", "07", xdr: "BF800000", area: slots(UInt64(Float(-1).bitPattern))),
    Example("double", "08", xdr: "C0045F30 6DC9C883", area: slots(0xC004_5F30_6DC9_C883)),
    Example(
      "quadruple", "09", xdr: "3FFF0000 00000000 00000000 00000001",
      area: slots(1, 0x3FFF_0000_0000_0000)),
    Example(
      "fixed opaque", "10 0500", xdr: "01020304 05000000",
      area: slots(reference(8, 5), 0x05_0403_0201)),
    Example("opaque, empty", "11 0500", xdr: "00000000", area: slots(0)),
    Example(
      "opaque, full", "11 0500", xdr: "00000005 01020304 05000000",
      area: slots(reference(8, 5), 0x05_0403_0201)),
    Example(
      "string", "12 0800", xdr: "00000003 61626300", area: slots(reference(8, 3), 0x63_6261)),
    Example(
      "fixed array of int", "20 0200 0101 01", xdr: "00000001 FFFFFFFF",
      area: slots(reference(8, 2), 1, UInt64.max)),
    Example("array of int, empty", "21 0200 0101 01", xdr: "00000000", area: slots(0)),
    Example(
      "array of int, full", "21 0200 0101 01", xdr: "00000002 00000001 00000002",
      area: slots(reference(8, 2), 1, 2)),
    Example(
      "array of struct { string; bool }", "21 0300 0402 12 0400 04",
      xdr: "00000002 00000001 61000000 00000001 00000002 62630000 00000000",
      area: slots(reference(8, 2), reference(40, 1), 1, reference(48, 2), 0, 0x61, 0x6362)),
    Example("optional, absent", "22 0101 05", xdr: "00000000", area: slots(0)),
    Example(
      "optional, present", "22 0101 05", xdr: "00000001 00000000 00000007",
      area: slots(reference(8, 1), 7)),
    Example(
      "union, void arm", "23 03 13 01 00000000 0000 01 01000000 0101 01 00 0101 04",
      xdr: "00000000", area: slots(0, 0)),
    Example(
      "union, arm", "23 03 13 01 00000000 0000 01 01000000 0101 01 00 0101 04",
      xdr: "00000001 00000009", area: slots(1, reference(16, 1), 9)),
    Example(
      "union, default arm", "23 03 13 01 00000000 0000 01 01000000 0101 01 00 0101 04",
      xdr: "FFFFFFFF 00000001", area: slots(UInt64.max, reference(16, 1), 1)),
    Example(
      "union, two cases in one arm, between others", "02 23 02 0C 02 01000000 FFFFFFFF 0101 05 01",
      xdr: "00000003 FFFFFFFF 00000000 00000008 00000004",
      area: slots(3, 0xFFFF_FFFF, reference(32, 1), 4, 8)),
    Example(
      "union on bool", "23 04 08 01 01000000 0101 01", xdr: "00000001 00000002",
      area: slots(1, reference(16, 1), 2)),
    Example(
      "array of arrays", "21 0200 0601 21 0300 0101 03",
      xdr: "00000002 00000001 0000000A 00000002 0000000B 0000000C",
      area: slots(reference(8, 2), reference(24, 1), reference(32, 2), 10, 11, 12)),
    Example(
      "the example of ValueLayout", "01 12 2000 22 0101 05",
      xdr: "FFFFFFFE 00000009 77656E67 656E2E65 75000000 00000001 00000000 00000005",
      area: slots(
        UInt64.max - 1, reference(24, 9), reference(40, 1), 0x652E_6E65_676E_6577, 0x75, 5)),
    Example(
      "slots on both sides of offset 96", String(repeating: "01", count: 14),
      xdr: (1...14).map { "0000000" + String($0, radix: 16) }.joined(),
      area: (1...14).flatMap { slots($0) }),
    Example(
      "run that would lie across offset 96 begins there", "11 5800 11 0800",
      xdr: "00000058" + String(repeating: "11", count: 88) + "00000004 22222222",
      area: slots(reference(96, 88), reference(184, 4)) + [UInt8](repeating: 0, count: 80)
        + [UInt8](repeating: 0x11, count: 88) + slots(0x2222_2222)),
    Example(
      "run that ends at offset 96 stays below", "11 5800",
      xdr: "00000058" + String(repeating: "11", count: 88),
      area: slots(reference(8, 88)) + [UInt8](repeating: 0x11, count: 88)),
    Example(
      "largest opaque", "11 0010", xdr: "00001000" + String(repeating: "77", count: 4096),
      area: slots(reference(96, 4096)) + [UInt8](repeating: 0, count: 88)
        + [UInt8](repeating: 0x77, count: 4096)),
    // RFC 4506 §7, bytes as printed there. MAXFILELEN is 65535 there and 4096 here, the largest
    // that lines carry.
    Example(
      "RFC 4506 §7: file",
      "12 FF00 2303 1B 01 00000000 0000 01 01000000 0301 12FF00"
        + "01 02000000 0301 12FF00 12 2000 11 0010",
      xdr: """
        00 00 00 09  73 69 6C 6C  79 70 72 6F  67 00 00 00
        00 00 00 02  00 00 00 04  6C 69 73 70
        00 00 00 04  6A 6F 68 6E
        00 00 00 06  28 71 75 69  74 29 00 00
        """,
      area: slots(
        reference(40, 9), 2, reference(56, 1), reference(72, 4), reference(80, 6),
        0x6F72_7079_6C6C_6973, 0x67, reference(64, 4), 0x7073_696C, 0x6E68_6F6A,
        0x2974_6975_7128)),
  ]
}
