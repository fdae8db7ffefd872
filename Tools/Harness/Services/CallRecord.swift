// What the FPGA model measured about each call, from the file that the device writes.
//
// One line a call, written before its reply is sent: who has the reply finds the record. The
// fields are those of LauberhornCallRecord (qemu/ModelInterface/include/lauberhorn_model.h).

import Foundation

/// How one call went.
public struct CallRecord: Hashable, Sendable {
  /// How a call reached its handler.
  public enum Path: String, Hashable, Sendable {
    /// Through the dispatch thread of a core, which switched to the process.
    case cold
    /// As the answer to a load of the process itself: no kernel.
    case warm
  }

  public let tag: UInt64
  public let transaction: UInt32
  public let target: RPCProcedure
  public let process: UInt16
  public let core: UInt16
  public let path: Path
  public let succeeded: Bool
  /// Loads held for this call before it was delivered.
  public let heldLoads: UInt32
  /// Changes from EL0 to EL1 of the core that served it.
  public let kernelEntries: UInt32
  /// Guest instructions from the load that brought the call to the load that acknowledged it.
  public let instructions: UInt64
  /// Lines that the NIC gave to the core, and took back.
  public let lineFills: UInt32
  public let lineFetches: UInt32

  /// Why a line is no record.
  public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(field: String)
    case malformed(field: String, value: String)

    public var description: String {
      switch self {
      case .missing(let field): "call record without '\(field)='"
      case .malformed(let field, let value): "call record with '\(field)=\(value)'"
      }
    }
  }

  /// Parses `tag=1 xid=0x0000abcd program=… … fetches=…`, in any order; unknown fields are for
  /// newer readers.
  public init(parsing line: String) throws(ParseError) {
    let fields = Fields(line)
    tag = try fields.number("tag")
    transaction = try fields.number("xid")
    target = RPCProcedure(
      program: try fields.number("program"), version: try fields.number("version"),
      procedure: try fields.number("procedure"))
    process = try fields.number("process")
    core = try fields.number("core")
    path = try fields.value("path", Path.init(rawValue:))
    succeeded = try fields.value("ok") { ["0": false, "1": true][$0] }
    heldLoads = try fields.number("held")
    kernelEntries = try fields.number("kernelEntries")
    instructions = try fields.number("instructions")
    lineFills = try fields.number("fills")
    lineFetches = try fields.number("fetches")
  }
}

/// `name=value` pairs.
private struct Fields {
  private var values: [Substring: Substring] = [:]

  init(_ line: String) {
    for word in line.split(separator: " ") {
      guard let equals = word.firstIndex(of: "=") else { continue }
      values[word[..<equals]] = word[word.index(after: equals)...]
    }
  }

  func value<Value>(
    _ name: String, _ convert: (String) -> Value?
  ) throws(CallRecord.ParseError) -> Value {
    guard let text = values[name[...]] else { throw .missing(field: name) }
    guard let value = convert(String(text)) else {
      throw .malformed(field: name, value: String(text))
    }
    return value
  }

  /// Decimal, or hexadecimal with 0x.
  func number<Number: FixedWidthInteger>(_ name: String) throws(CallRecord.ParseError) -> Number {
    try value(name) {
      $0.hasPrefix("0x") ? Number($0.dropFirst(2), radix: 16) : Number($0)
    }
  }
}

/// The device's file of call records, read as it grows.
public struct CallRecordFile {
  private let path: String
  private var readOffset: UInt64 = 0
  private var partialLine: [UInt8] = []
  private var byTransaction: [UInt32: CallRecord] = [:]
  /// All records read so far, oldest first.
  public private(set) var records: [CallRecord] = []

  public init(path: String) { self.path = path }

  /// Reads what was appended since the last time.
  public mutating func refresh() throws(RecordFileError) {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw RecordFileError(description: "\(path): cannot be read")
    }
    let new: Data
    do {
      try file.seek(toOffset: readOffset)
      new = try file.readToEnd() ?? Data()
      try file.close()
    } catch {
      throw RecordFileError(description: "\(path): \(error)")
    }
    readOffset += UInt64(new.count)
    partialLine += new
    while let newline = partialLine.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: partialLine[..<newline], as: UTF8.self)
      partialLine.removeSubrange(...newline)
      do throws(CallRecord.ParseError) {
        let record = try CallRecord(parsing: line)
        records.append(record)
        byTransaction[record.transaction] = record
      } catch {
        throw RecordFileError(description: "\(path): \(error) in line '\(line)'")
      }
    }
  }

  /// The newest record of this transaction identifier.
  public mutating func record(of transaction: UInt32) throws(RecordFileError) -> CallRecord? {
    try refresh()
    return byTransaction[transaction]
  }
}

/// The file is not there, or holds something else.
public struct RecordFileError: Error, CustomStringConvertible {
  public let description: String
}
