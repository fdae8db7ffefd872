// The command: files in, files out, a summary on the screen.

import Foundation
import Tracing

let usageText = "usage: wengen-trace [--serial FILE] [--nic FILE] --out FOLDER"

/// The command line is wrong.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ message: String) { description = "\(message)\n\(usageText)" }
}

/// What was asked for.
struct TraceCommand {
  private var serialFile: String?
  private var nicFile: String?
  private var folder: String?

  init(parsing arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard ["--serial", "--nic", "--out"].contains(option) else {
        throw UsageError("unknown option '\(option)'")
      }
      guard let value = rest.popFirst() else { throw UsageError("\(option): a value is missing") }
      switch option {
      case "--serial": serialFile = value
      case "--nic": nicFile = value
      default: folder = value
      }
    }
    guard folder != nil, serialFile != nil || nicFile != nil else {
      throw UsageError("a folder and at least one file are needed")
    }
  }

  func run() throws {
    var capture = Capture()
    if let serialFile {
      try capture.addSerialLine(try read(serialFile), path: serialFile)
    }
    if let nicFile { try capture.addNICFile(try read(nicFile), path: nicFile) }
    capture.finish()
    guard !capture.events.isEmpty else {
      throw CaptureError(
        description:
          "no events in \([serialFile, nicFile].compactMap(\.self).joined(separator: ", "))"
          + "; was the trace on, and dumped?")
    }
    try write(capture, to: URL(filePath: folder ?? "."))
    print(Summary.text(capture))
  }

  private func read(_ path: String) throws(CaptureError) -> [UInt8] {
    do { return Array(try Data(contentsOf: URL(filePath: path))) } catch {
      throw CaptureError(description: "\(path): cannot be read: \(Self.reason(error))")
    }
  }

  /// The system's words for what went wrong with a file.
  private static func reason(_ error: any Error) -> String {
    let inner = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    return (inner ?? error).localizedDescription
      .replacing("The operation could not be completed. ", with: "")
  }

  private func write(_ capture: Capture, to folder: URL) throws(CaptureError) {
    do { try writeFiles(capture, to: folder) } catch {
      throw CaptureError(
        description: "--out \(folder.path): cannot be written: \(Self.reason(error))")
    }
  }

  private func writeFiles(_ capture: Capture, to folder: URL) throws {
    let files = FileManager.default
    let ctf = folder.appending(path: "ctf")
    // Streams of an earlier trace would be read as this one's.
    try? files.removeItem(at: ctf)
    try files.createDirectory(at: ctf, withIntermediateDirectories: true)
    try ChromeTrace(capture).encoded().write(to: folder.appending(path: "trace.json"))
    try Data(CSV.text(capture).utf8).write(to: folder.appending(path: "trace.csv"))
    try Data(RequestPicture.svg(capture).utf8).write(to: folder.appending(path: "request.svg"))
    for (name, data) in CommonTraceFormat(capture, identifier: UUID()).files {
      try data.write(to: ctf.appending(path: name))
    }
  }
}
