// The statistics of one moment, and the screen that shows them.

import Foundation
import Harness

/// Everything that the statistics service tells, read in one go.
struct Sample {
  let system: StatisticsService.System
  let cores: [StatisticsService.Core]
  let processes: [StatisticsService.Process]
  let procedures: [StatisticsService.Procedure]
  let spans: [StatisticsService.Span]

  init(from client: inout StatisticsClient) throws(StatisticsError) {
    system = try client.system()
    cores = try client.cores()
    processes = try client.processes()
    procedures = try client.procedures()
    spans = try client.spans()
  }
}

/// The screen, within 80 columns. Rates are differences to the sample before, by the machine's own
/// clock, which under an emulator is no hardware's.
struct TopView {
  private let sample: Sample
  private let before: Sample?

  init(_ sample: Sample, since before: Sample?) {
    self.sample = sample
    self.before = before
  }

  var text: String {
    ([header] + cores + processes + procedures + spans).joined(separator: "\n") + "\n"
  }

  private var seconds: Double? {
    guard let before, before.system.uptimeNanoseconds < sample.system.uptimeNanoseconds else {
      return nil
    }
    return Double(sample.system.uptimeNanoseconds - before.system.uptimeNanoseconds) / 1e9
  }

  /// A count a second, or nothing at the first look; a machine that started again begins anew.
  private func rate(_ now: UInt64, _ then: UInt64?) -> String {
    guard let then, let seconds, now >= then else { return "-" }
    return String(Int((Double(now - then) / seconds).rounded()))
  }

  private var header: String {
    let system = sample.system
    let uptime = Double(system.uptimeNanoseconds) / 1e9
    return "up \(uptime.formatted(.number.precision(.fractionLength(1)).grouping(.never))) s, "
      + "\(system.cores) cores, \(system.processes) processes, "
      + "\(system.callsAccepted) calls, \(system.callsReplied) replied, "
      + "\(system.violations) violations\n"
  }

  private var cores: [String] {
    [row("core", ["process", "warm", "cold", "calls/s", "held", "tryagain", "yields", "preempt"])]
      + sample.cores.map { core in
        let then = before?.cores.first { $0.number == core.number }
        let owner = sample.processes.first { $0.number == core.process }?.name
        return row(
          "\(core.number)",
          [
            String((owner ?? "-").prefix(7)), "\(core.warmCalls)", "\(core.coldCalls)",
            rate(core.warmCalls + core.coldCalls, then.map { $0.warmCalls + $0.coldCalls }),
            "\(core.loadsHeld)", "\(core.tryAgain)", "\(core.yields)",
            "\(core.preemptions + core.kernelPreemptions)",
          ])
      } + [""]
  }

  private var processes: [String] {
    [row("process", ["calls", "calls/s", "errors", "cold", "queued", "longest", "threads", "KiB"])]
      + sample.processes.map { process in
        let then = before?.processes.first { $0.number == process.number }
        return row(
          process.name,
          [
            "\(process.calls.accepted)",
            rate(process.calls.accepted, then?.calls.accepted), "\(process.calls.errors)",
            "\(process.calls.cold)", "\(process.queued)", "\(process.longestQueue)",
            "\(process.threads)", "\(process.memoryBytes / 1024)",
          ])
      } + [""]
  }

  private var procedures: [String] {
    [row("program version procedure", ["calls", "calls/s", "errors", "warm", "cold"], wide: true)]
      + sample.procedures.map { procedure in
        let then = before?.procedures.first {
          $0.number == procedure.number && $0.program == procedure.program
        }
        let program =
          "0x\(String(procedure.program, radix: 16)) \(procedure.version) \(procedure.procedure)"
        return row(
          program,
          [
            "\(procedure.calls.accepted)",
            rate(procedure.calls.accepted, then?.calls.accepted), "\(procedure.calls.errors)",
            "\(procedure.calls.warm)", "\(procedure.calls.cold)",
          ], wide: true)
      } + [""]
  }

  private var spans: [String] {
    let names = ["waiting", "kernel", "handler", "whole"]
    return [row("ns", ["requests", "p50", "p99", "p99.9", "longest"], wide: true)]
      + sample.spans.map { span in
        let name = names.indices.contains(Int(span.number)) ? names[Int(span.number)] : "?"
        return row(
          name,
          [span.requests, span.median, span.percentile99, span.percentile999, span.longest]
            .map(String.init), wide: true)
      }
  }

  /// A name at the left, numbers at the right of their columns.
  private func row(_ name: String, _ cells: [String], wide: Bool = false) -> String {
    let nameWidth = wide ? 26 : 14
    let cellWidth = wide ? 10 : 8
    let lead = String(name.prefix(nameWidth))
    return lead + String(repeating: " ", count: nameWidth - lead.count)
      + cells.map { String(repeating: " ", count: max(1, cellWidth - $0.count)) + $0 }
      .joined()
  }
}
