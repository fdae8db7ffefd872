// The command: files in, files out, a summary on the screen.

import Foundation
import Tracing

/// What was asked for.
struct TraceCommand {
  private var serialFile: String?
  private var nicFile: String?
  private var folder: String?

  init(parsing arguments: [String]) throws(CaptureError) {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else {
        throw CaptureError(description: "\(option): a value is missing")
      }
      switch option {
      case "--serial": serialFile = value
      case "--nic": nicFile = value
      case "--out": folder = value
      default: throw CaptureError(description: "unknown option \(option)")
      }
    }
    guard folder != nil, serialFile != nil || nicFile != nil else {
      throw CaptureError(
        description: "usage: wengen-trace [--serial FILE] [--nic FILE] --out FOLDER")
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
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CaptureError(description: "\(path): cannot be read")
    }
    return Array(data)
  }

  private func write(_ capture: Capture, to folder: URL) throws {
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
