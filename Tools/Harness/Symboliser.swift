// Turns the addresses of a panic's backtrace into functions, files and lines.
//
// The kernel prints `backtrace:` and then one line a frame, `  [0] 0xffff800000012345`. It knows
// no names: they are in the kernel's ELF file on the host.

import Foundation

/// Looks addresses up in one ELF file.
public struct Symboliser: Sendable {
  private let executable: String
  private let addressTool: String

  public init(executable: String, addressTool: String = "aarch64-linux-gnu-addr2line") {
    self.executable = executable
    self.addressTool = addressTool
  }

  /// A frame of a backtrace, innermost first.
  public struct Frame: Hashable, Sendable {
    public let index: Int
    public let address: UInt64
  }

  /// A function at an address; inlined ones first, then the one that they are part of.
  public struct Location: Hashable, Sendable, CustomStringConvertible {
    public let function: String
    /// `file:line`, or nil when the ELF file does not say.
    public let position: String?

    public var description: String { position.map { "\(function) at \($0)" } ?? function }
  }

  /// The frames of the last backtrace in the text; empty when there is none.
  public static func frames(in text: String) -> [Frame] {
    let lines = text.split(whereSeparator: \.isNewline)
    guard let start = lines.lastIndex(where: { $0.contains("backtrace:") }) else { return [] }
    var frames: [Frame] = []
    for line in lines[(start + 1)...] {
      guard let frame = frame(in: line) else { break }
      frames.append(frame)
    }
    return frames
  }

  /// `[0] 0xffff800000012345`, whatever stands before it.
  static func frame(in line: Substring) -> Frame? {
    guard let open = line.lastIndex(of: "["), let close = line[open...].firstIndex(of: "]"),
      let index = Int(line[line.index(after: open)..<close]),
      let prefix = line[close...].firstRange(of: "0x"),
      let address = UInt64(
        line[prefix.upperBound...].prefix { $0.isHexDigit }, radix: 16)
    else { return nil }
    return Frame(index: index, address: address)
  }

  /// What is at each frame's address.
  public func locations(of frames: [Frame]) throws(ProcessError) -> [[Location]] {
    guard !frames.isEmpty else { return [] }
    // Frame 0 is where execution was; the others are return addresses, and the call is before.
    let addresses = frames.map { frame in
      "0x" + String(frame.index == 0 ? frame.address : frame.address &- 4, radix: 16)
    }
    let result = try ChildProcess.run(
      addressTool, ["--addresses", "--functions", "--inlines", "--exe", executable] + addresses)
    guard result.status.succeeded else {
      throw ProcessError("\(addressTool) \(executable): \(result.errors)")
    }
    return Self.parse(addressToolOutput: try Self.demangle(result.output))
  }

  /// The backtrace for people: one line a frame, and one more for each function inlined there.
  /// Files below the current folder are named from there.
  public func describe(_ frames: [Frame]) throws(ProcessError) -> String {
    let locations = try locations(of: frames)
    let here = FileManager.default.currentDirectoryPath + "/"
    var text = ""
    for (frame, locations) in zip(frames, locations) {
      for (depth, location) in locations.enumerated() {
        let lead = depth == 0 ? "[\(frame.index)]" : "    in"
        text += "  \(lead) \(location.description.replacing(" at \(here)", with: " at "))\n"
      }
    }
    return text
  }

  private static func demangle(_ text: String) throws(ProcessError) -> String {
    let result = try ChildProcess.run(
      "swift", ["demangle", "--simplified"], input: text, within: .seconds(30))
    return result.status.succeeded ? result.output : text
  }

  /// Per address a line `0x…`, then pairs of lines: function, `file:line`; `??` is unknown.
  static func parse(addressToolOutput: String) -> [[Location]] {
    var result: [[Location]] = []
    var function: String?
    for line in addressToolOutput.split(whereSeparator: \.isNewline) {
      if let name = function {
        let isKnown = !line.hasPrefix("??") && !line.hasSuffix(":?") && !line.hasSuffix(":0")
        result[result.count - 1].append(
          Location(
            function: name == "??" ? "unknown function" : name,
            position: isKnown ? String(line) : nil))
        function = nil
      } else if line.hasPrefix("0x") {
        result.append([])
      } else if !result.isEmpty {
        function = String(line)
      }
    }
    return result
  }
}

extension Machine {
  /// What a panic left on the console, with its backtrace in names; nil when there is none.
  public var symbolisedBacktrace: String? {
    let frames = Symboliser.frames(in: console.text)
    guard !frames.isEmpty else { return nil }
    let symboliser = Symboliser(executable: configuration.artefacts.kernelELF)
    do {
      return try symboliser.describe(frames)
    } catch {
      return "  (no names: \(error))\n"
    }
  }
}
