// A user program's fault, with names for the return addresses that the kernel found on its stack.
//
// The kernel prints `frames of PROCESS (PROGRAM):` and then one line a frame, as for a panic. The
// program's ELF file with its symbols is on the host.

import Foundation

/// The frames of one faulting thread.
public struct UserFault: Hashable, Sendable {
  public let process: String
  public let program: String
  public let frames: [Symboliser.Frame]

  /// The frames with functions, files and lines; nil when the program's symbols are not here.
  public func description(with artefacts: Artefacts) -> String? {
    // The name is the guest's word: it must not lead out of the folder.
    guard !program.isEmpty, !program.contains("/"), program != "..",
      case let file = artefacts.symbols(of: program),
      FileManager.default.isReadableFile(atPath: file),
      let text = try? Symboliser(executable: file).describe(frames)
    else { return nil }
    return "frames of \(process) with names:\n\(text)"
  }
}

/// Finds faults in what the console says, as it comes.
public struct UserFaultReader: Sendable {
  private var line: [UInt8] = []
  private var heading: (process: String, program: String)?
  private var frames: [Symboliser.Frame] = []

  public init() {}

  /// Takes output of the guest; returns the faults whose last frame it brought.
  public mutating func read(_ bytes: [UInt8]) -> [UserFault] {
    var faults: [UserFault] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        // Frames of the trace may lie between lines and be long; a heading never is.
        if line.count < 4096 { line.append(byte) }
        continue
      }
      if let fault = take(String(decoding: line, as: UTF8.self)) { faults.append(fault) }
      line.removeAll(keepingCapacity: true)
    }
    return faults
  }

  private mutating func take(_ text: String) -> UserFault? {
    if heading != nil, let frame = Symboliser.frame(in: text[...]), frame.index == frames.count {
      frames.append(frame)
      return nil
    }
    var ended: UserFault?
    if let heading, !frames.isEmpty {
      ended = UserFault(process: heading.process, program: heading.program, frames: frames)
    }
    frames = []
    heading = nil
    if let match = text.firstMatch(of: /frames of (.*) \((.*)\):\r?$/) {
      heading = (String(match.1), String(match.2))
    }
    return ended
  }
}
