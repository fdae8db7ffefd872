// The device's call records, as lines and as a file that grows.

import Foundation
import Testing

@testable import Harness

@Suite struct CallRecordTests {
  private static let line =
    "tag=7 xid=0x0000abcd program=536871169 version=1 procedure=2 process=3 core=1 path=cold ok=1 "
    + "held=4 kernelEntries=5 instructions=123456789012 fills=6 fetches=8"

  @Test func parsesEveryField() throws {
    let record = try CallRecord(parsing: Self.line)
    #expect(record.tag == 7)
    #expect(record.transaction == 0xabcd)
    #expect(record.target == RPCProcedure(program: 0x2000_0101, version: 1, procedure: 2))
    #expect(record.process == 3)
    #expect(record.core == 1)
    #expect(record.path == .cold)
    #expect(record.succeeded)
    #expect(record.heldLoads == 4)
    #expect(record.kernelEntries == 5)
    #expect(record.instructions == 123_456_789_012)
    #expect(record.lineFills == 6)
    #expect(record.lineFetches == 8)
  }

  @Test(arguments: [
    "tag", "xid", "program", "version", "procedure", "process", "core", "path", "ok", "held",
    "kernelEntries", "instructions", "fills", "fetches",
  ])
  func namesTheFieldThatIsMissingOrWrong(field: String) {
    let words = Self.line.split(separator: " ")
    let without = words.filter { !$0.hasPrefix(field + "=") }.joined(separator: " ")
    #expect(throws: CallRecord.ParseError.missing(field: field)) {
      try CallRecord(parsing: without)
    }
    #expect(throws: CallRecord.ParseError.malformed(field: field, value: "tepid")) {
      try CallRecord(parsing: without + " \(field)=tepid")
    }
  }

  @Test func refusesNumbersThatDoNotFit() {
    #expect(throws: CallRecord.ParseError.malformed(field: "core", value: "65536")) {
      try CallRecord(parsing: Self.line.replacingOccurrences(of: "core=1", with: "core=65536"))
    }
  }

  @Test func readsAFileAsItGrows() throws {
    let path = NSTemporaryDirectory() + "calls-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let writer = try #require(FileHandle(forWritingAtPath: path))
    var file = CallRecordFile(path: path)

    #expect(try file.record(of: 0xabcd) == nil)
    // A line that is not whole yet is no record yet.
    try writer.write(contentsOf: Data(Self.line.dropLast(9).utf8))
    #expect(try file.record(of: 0xabcd) == nil)
    try writer.write(contentsOf: Data((Self.line.suffix(9) + "\n").utf8))
    #expect(try file.record(of: 0xabcd)?.lineFetches == 8)
    #expect(file.records.count == 1)
    try writer.write(contentsOf: Data("nonsense\n".utf8))
    #expect(throws: RecordFileError.self) { try file.refresh() }
  }

  @Test func saysWhichFileIsMissing() {
    var file = CallRecordFile(path: "/nonexistent/calls.txt")
    #expect(throws: RecordFileError.self) { try file.refresh() }
  }
}
