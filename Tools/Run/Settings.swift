// What `make run` was asked for, out of its environment variables.
//
// Parsed by hand: nothing of this project is downloaded but by apt-get, so no package that parses
// command lines is used.

import Foundation
import Harness

/// A variable that holds something else than it should.
struct SettingsError: Error, CustomStringConvertible {
  let description: String
}

/// The variables at the top of the Makefile.
struct Settings {
  var coreCount = 4
  var memory = "256M"
  var isDeterministic = false
  var packetCapture: String?
  var accelerator: String?
  /// Calls in a row after the demonstration; 0 makes none.
  var repeatedCalls = 0
  /// UDP ports of the guest that are forwarded beside the usual services'.
  var ports: [UInt16] = []
  /// Whether the guest runs what a services.conf of the user's names.
  var hasManifest = false
  /// For the kernel's command line.
  var bootArguments: [String] = []
  /// A folder for what NIC and kernel record of the run; nil records nothing.
  var traceFolder: String?
  /// Where to wait for a debugger; nil: run.
  var debuggerPort: UInt16?
  /// When `make` was started, for the time it took in all.
  var makeStart: Date?

  init(environment: [String: String]) throws(SettingsError) {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    func number(_ name: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
      guard let text = value(name) else { return nil }
      guard let number = Int(text), range.contains(number) else {
        throw SettingsError(
          description:
            "\(name)=\(text): a number from \(range.lowerBound) to \(range.upperBound) is needed")
      }
      return number
    }
    if let cores = try number("SMP", in: 1...48) { coreCount = cores }
    if let text = value("MEM") {
      guard text.wholeMatch(of: /[1-9][0-9]*[MG]/) != nil else {
        throw SettingsError(description: "MEM=\(text): a size like 256M or 1G is needed")
      }
      memory = text
    }
    switch value("DETERMINISTIC") {
    case nil, "0": isDeterministic = false
    case "1": isDeterministic = true
    case let text?: throw SettingsError(description: "DETERMINISTIC=\(text): 0 or 1 is needed")
    }
    packetCapture = value("PCAP")
    accelerator = value("ACCEL")
    hasManifest = value("MANIFEST") != nil
    repeatedCalls = try number("CALLS", in: 0...10_000_000) ?? 0
    traceFolder = value("TRACE")
    debuggerPort = try number("GDB_PORT", in: 1...65535).map(UInt16.init)
    for text in value("PORTS")?.split(separator: " ") ?? [] {
      guard let port = UInt16(text), port > 0 else {
        throw SettingsError(
          description: "PORTS=\(text): UDP ports from 1 to 65535 are needed, with spaces between")
      }
      ports.append(port)
    }
    bootArguments = value("APPEND")?.split(separator: " ").map(String.init) ?? []
    makeStart = value("WENGEN_START").flatMap(Double.init).map(Date.init(timeIntervalSince1970:))
  }
}
