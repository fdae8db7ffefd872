// A traced run: kernel and NIC record, the converter merges, other programs read.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct TraceTests {
    /// Boots with tracing on, makes calls, dumps, ends; returns a folder with what was converted.
    private func tracedRun(calls: Int, _ type: String = "") throws -> (
      folder: String, summary: String
    ) {
      let folder = NSTemporaryDirectory() + "wengen-trace-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let guest = try Guest {
        $0.coreCount = 2
        $0.traceFile = folder + "/nic.bin"
        $0.bootArguments = ["trace=usual"]
      }
      var client = try guest.echoClient()
      for _ in 0..<calls { #expect(try client.call(EchoService.null) == .success([])) }
      guest.machine.type(type + "trace dump\r")
      try guest.expectExit(typing: "exit", status: 0)
      try Data(guest.machine.console.snapshot()).write(to: URL(filePath: folder + "/serial.bin"))
      let artefacts = guest.machine.configuration.artefacts
      let converter = artefacts.folder + "/../debug/wengen-trace"
      try artefacts.require([converter])
      let result = try ChildProcess.run(
        converter,
        ["--serial", folder + "/serial.bin", "--nic", folder + "/nic.bin", "--out", folder])
      #expect(result.status == .exited(0), "\(result.errors)")
      return (folder, result.output)
    }

    @Test func everyRequestIsOneLineOfEvidence() throws {
      let (folder, summary) = try tracedRun(calls: 20)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      #expect(summary.contains("20 requests from frame to frame, 1 cold"))
      #expect(summary.contains(" 0 lost before the dump, 0 damaged frames"))

      let lines = try String(contentsOfFile: folder + "/trace.csv", encoding: .utf8)
        .split(separator: "\r\n").dropFirst().map {
          $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
      #expect(lines.allSatisfy { $0.count == 9 })
      let ofFirstCall = lines.filter { $0[6] == "1" }.map { $0[4] }
      // NIC, kernel, user process, NIC.
      #expect(
        ofFirstCall == [
          "frame_received", "call_accepted", "message_delivered", "message_taken", "call_taken",
          "user_entered", "message_delivered", "message_taken", "line_acknowledged", "call_ended",
          "frame_sent",
        ])
      let times = lines.compactMap { UInt64($0[0]) }
      #expect(times == times.sorted())
    }

    /// A crash cuts the NIC's file anywhere.
    @Test func aCutFileCountsUpToItsCut() throws {
      let (folder, _) = try tracedRun(calls: 5)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let file = folder + "/nic.bin"
      let bytes = try Data(contentsOf: URL(filePath: file))
      try bytes.dropLast(13).write(to: URL(filePath: file))
      let converter = Artefacts.standard.folder + "/../debug/wengen-trace"
      let result = try ChildProcess.run(converter, ["--nic", file, "--out", folder])
      #expect(result.status == .exited(0), "\(result.errors)")
      #expect(result.output.contains("in the middle of a record: its last 19 bytes are left out"))
      #expect(result.output.contains("requests from frame to frame"))
      for (arguments, status, words) in [
        (
          ["--nic", file, "--out", file + "/x"], Int32(1), "/x: cannot be written: Not a directory"
        ),
        (["--nic", folder + "/none", "--out", folder], 1, "/none: cannot be read: No such file"),
        (["--nic"], 64, "--nic: a value is missing"), (["--bogus"], 64, "unknown option '--bogus'"),
      ] {
        let result = try ChildProcess.run(converter, arguments)
        #expect(result.status == .exited(status))
        #expect(result.errors.contains(words), "\(result.errors)")
      }
    }

    /// What the format's description requires of each kind of event (Chrome's "Trace Event
    /// Format"), and that each flow begins, goes on and ends once.
    @Test func chromeTraceIsWellFormed() throws {
      let (folder, _) = try tracedRun(calls: 5)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let data = try Data(contentsOf: URL(filePath: folder + "/trace.json"))
      let trace = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let events = try #require(trace["traceEvents"] as? [[String: Any]])
      var flows: [String: [String]] = [:]
      for event in events {
        let phase = try #require(event["ph"] as? String)
        #expect(["X", "i", "s", "t", "f", "M"].contains(phase))
        #expect(event["name"] is String && event["pid"] is Int && event["tid"] is Int)
        #expect((event["ts"] as? Double ?? -1) >= 0)
        if phase == "X" { #expect((event["dur"] as? Double ?? -1) >= 0) }
        if phase == "i" { #expect(event["s"] as? String == "t") }
        if ["s", "t", "f"].contains(phase) {
          flows[try #require(event["id"] as? String), default: []].append(phase)
        }
      }
      #expect(flows.count == 5)
      for phases in flows.values {
        #expect(phases.first == "s" && phases.last == "f")
        #expect(phases.dropFirst().dropLast().allSatisfy { $0 == "t" })
      }
    }

    /// Debian's python3-jsonschema, with what the format's description requires.
    @Test func chromeTraceFitsItsSchema() throws {
      let (folder, _) = try tracedRun(calls: 5)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let schema = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/chrome-trace.schema.json").path
      let result = try ChildProcess.run(
        "/usr/bin/python3",
        [
          "-c",
          "import json, sys, jsonschema; jsonschema.Draft201909Validator(json.load(open("
            + "sys.argv[2]))).validate(json.load(open(sys.argv[1])))",
          folder + "/trace.json", schema,
        ])
      #expect(result.status == .exited(0), "\(result.errors.suffix(2000))")
    }

    @Test func babeltraceReadsItWithoutAWarning() throws {
      let (folder, _) = try tracedRun(calls: 5)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let result = try ChildProcess.run("/usr/bin/babeltrace2", [folder + "/ctf"])
      #expect(result.status == .exited(0))
      #expect(result.errors.isEmpty, "\(result.errors)")
      let csv = try String(contentsOfFile: folder + "/trace.csv", encoding: .utf8)
      let eventCount = csv.split(separator: "\r\n").count - 1
      #expect(result.output.split(separator: "\n").count == eventCount)
    }

    /// More events than a ring holds: the newest are there, and the number of the others.
    @Test func aFullRingCountsWhatItLost() throws {
      // Each command line is some interrupts of the boot core.
      let (folder, summary) = try tracedRun(
        calls: 1, String(repeating: "trace off\rtrace on\r", count: 150))
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let lost = try #require(summary.firstMatch(of: /(\d+) lost before the dump/)?.1)
      #expect(try #require(UInt64(lost)) > 0)
      let csv = try String(contentsOfFile: folder + "/trace.csv", encoding: .utf8)
      // The rare events of boot were not pushed out by frequent ones, but by rarer ones; the
      // newest change of the mask is there.
      #expect(csv.contains("mask_changed"))
    }

    /// Off costs nothing on the way of a call but the checks; on, a warm call costs nothing.
    @Test func tracingDoesNotTouchAWarmCall() throws {
      var instructions: [UInt64] = []
      for arguments in [[], ["trace=all"]] {
        let guest = try Guest {
          $0.coreCount = 2
          $0.bootArguments = arguments
        }
        var client = try guest.echoClient()
        for _ in 0..<3 { #expect(try client.call(EchoService.null) == .success([])) }
        instructions.append(try guest.record(ofLastCallBy: client).instructions)
      }
      #expect(instructions.first == instructions.last)
    }

    @Test func aPanicShowsTheLastEvents() throws {
      let guest = try Guest {
        $0.coreCount = 2
        $0.bootArguments = ["trace=usual"]
      }
      guest.machine.type("panic\r")
      try guest.machine.expectLine(containing: "last events:")
      try guest.machine.expectLine(containing: "panicked")
    }
  }
}
