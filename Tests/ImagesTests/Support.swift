// Writers of files, right and wrong ones, and what the suites share.

import Images
import Reporting

func littleEndian(_ value: UInt64, bytes: Int) -> [UInt8] {
  (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// A program header in the making.
struct TestSegment {
  var type: UInt32 = 1
  var flags: UInt32 = 5
  var fileOffset: UInt64 = 0x1000
  var address: UInt64 = 0x40_0000
  var fileBytes: UInt64 = 0x10
  var memoryBytes: UInt64 = 0x10
  var alignment: UInt64 = 0x1000

  var bytes: [UInt8] {
    littleEndian(UInt64(type), bytes: 4) + littleEndian(UInt64(flags), bytes: 4)
      + [fileOffset, address, address, fileBytes, memoryBytes, alignment].flatMap {
        littleEndian($0, bytes: 8)
      }
  }
}

/// An executable in the making: the headers' fields, then content up to `bytes`.
struct TestProgram {
  var segments = [
    TestSegment(
      flags: 5, fileOffset: 0x1000, address: 0x40_0000, fileBytes: 0x123, memoryBytes: 0x123),
    TestSegment(
      flags: 4, fileOffset: 0x2008, address: 0x40_1008, fileBytes: 0x20, memoryBytes: 0x20),
    TestSegment(
      flags: 6, fileOffset: 0x2010, address: 0x40_3010, fileBytes: 0x10, memoryBytes: 0x3000),
    TestSegment(
      type: 0x6474_E551, flags: 6, fileOffset: 0, address: 0, fileBytes: 0, memoryBytes: 0),
  ]
  var entry: UInt64 = 0x40_0010
  var fileClass: UInt8 = 2
  var byteOrder: UInt8 = 1
  var identVersion: UInt8 = 1
  var type: UInt64 = 2
  var machine: UInt64 = 183
  var version: UInt64 = 1
  var headerBytes: UInt64 = 64
  var programHeaderBytes: UInt64 = 56
  var programHeaders: UInt64 = 64
  var programHeaderCount: UInt64?
  var magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
  var bytes = 0x2028

  var file: [UInt8] {
    var file = magic + [fileClass, byteOrder, identVersion] + Array(repeating: 0, count: 9)
    file += littleEndian(type, bytes: 2) + littleEndian(machine, bytes: 2)
    file += littleEndian(version, bytes: 4) + littleEndian(entry, bytes: 8)
    file += littleEndian(programHeaders, bytes: 8) + littleEndian(0, bytes: 8 + 4)
    file += littleEndian(headerBytes, bytes: 2) + littleEndian(programHeaderBytes, bytes: 2)
    file += littleEndian(programHeaderCount ?? UInt64(segments.count), bytes: 2)
    file += Array(repeating: 0, count: 6)
    file += segments.flatMap { $0.bytes }
    while file.count < bytes { file.append(UInt8(truncatingIfNeeded: file.count)) }
    return file
  }
}

/// One member of a cpio archive in "newc" format.
func member(
  _ name: String, _ content: [UInt8], mode: UInt32 = 0o100644, magic: String = "070701"
) -> [UInt8] {
  func hexadecimal(_ value: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
  var fields = Array(repeating: 0, count: 13)
  fields[1] = Int(mode)
  fields[6] = content.count
  fields[11] = name.utf8.count + 1
  var bytes = Array((magic + fields.map(hexadecimal).joined() + name).utf8) + [0]
  while bytes.count % 4 != 0 { bytes.append(0) }
  bytes += content
  while bytes.count % 4 != 0 { bytes.append(0) }
  return bytes
}

let trailer = member("TRAILER!!!", [], mode: 0)

/// Collects text.
private struct Recording: TextOutput {
  var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// A value in its own words.
func words(_ value: some Reportable) -> String {
  var recording = Recording()
  recording.write(value)
  return String(decoding: recording.bytes, as: UTF8.self)
}

func array(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
