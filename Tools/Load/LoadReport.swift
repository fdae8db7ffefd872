// The result in words and percentiles.

import Foundation
import Workload

struct LoadReport {
  private let options: LoadOptions
  private let result: LoadResult
  /// Of each call: from frame to frame by the guest's clock, when calls came from this machine.
  var guest: [Double?]?

  init(_ options: LoadOptions, result: LoadResult) {
    self.options = options
    self.result = result
  }

  var isAllRight: Bool { !result.latencies.contains(nil) }

  var text: String {
    let answered = result.latencies.count { $0 != nil }
    let rate = String(format: "%.0f", Double(answered) / max(result.seconds, 1e-9))
    var lines = [
      "\(result.latencies.count) calls: \(answered) answered and right, \(result.wrongResults) wrong, "
        + "\(result.errors.values.reduce(0, +)) errors, \(result.lost) lost; "
        + "\(rate) answers a second of \(options.isReplayed ? "the guest's" : "this machine's") time"
    ]
    for (error, count) in result.errors.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(count) × \(error)")
    }
    if result.strayDatagrams > 0 { lines.append("  \(result.strayDatagrams) stray datagrams") }
    if result.latestNanoseconds > 1e6 {
      lines.append(
        String(
          format: "  calls were sent up to %.1f ms after their time, which counts as waiting",
          result.latestNanoseconds / 1e6))
    }
    lines += [
      "",
      options.isReplayed
        ? "Frame in to frame out by the guest's clock, where an instruction of any core is a nanosecond."
        : "Latency by this machine's clock, through the emulator: no hardware's times.",
    ]
    lines += table(result.latencies, digits: options.isReplayed ? guestDigits : 1)
    if let guest {
      lines += [
        "",
        options.isDeterministic
          ? "Frame in to frame out by the guest's clock, where an instruction is a nanosecond."
          : "Frame in to frame out by the guest's clock, which runs with this machine's.",
      ]
      lines += table(guest, digits: guestDigits)
    }
    lines += serviceTable(
      guest ?? result.latencies, digits: guest != nil || options.isReplayed ? guestDigits : 1)
    return lines.joined(separator: "\n")
  }

  private static let columns = ["mean", "p50", "p90", "p99", "p99.9", "max"]
  private static let shares = [0.5, 0.9, 0.99, 0.999, 1]

  private func table(_ nanoseconds: [Double?], digits: Int) -> [String] {
    var latency = Sample()
    var slowdown = Sample()
    for (call, time) in zip(result.calls, nanoseconds) {
      guard let time else { continue }
      latency.add(time / 1000)
      slowdown.add(time / Double(call.serviceNanoseconds))
    }
    guard latency.count > 0 else { return ["  none was answered"] }
    var lines = [row("", Self.columns), row("latency, µs", values(&latency, digits))]
    // Echoes do not compute, so they have no slowdown.
    if options.workload.sizes == nil { lines.append(row("slowdown", values(&slowdown, 1))) }
    return lines
  }

  /// Nothing when there is one.
  private func serviceTable(_ nanoseconds: [Double?], digits: Int) -> [String] {
    let serviceCount = options.workload.popularity.shares.count
    guard serviceCount > 1 else { return [] }
    var latencies = Array(repeating: Sample(), count: serviceCount)
    for (call, time) in zip(result.calls, nanoseconds) {
      if let time { latencies[call.service].add(time / 1000) }
    }
    var lines = ["", "The same by service, µs.", row("", ["answers"] + Self.columns)]
    for service in latencies.indices {
      let count = latencies[service].count
      let cells =
        count > 0 ? values(&latencies[service], digits) : Self.columns.map { _ in "-" }
      lines.append(row("service \(service)", ["\(count)"] + cells))
    }
    return lines
  }

  /// A clock that counts instructions has each nanosecond.
  private var guestDigits: Int { options.isDeterministic ? 3 : 1 }

  private func values(_ sample: inout Sample, _ digits: Int) -> [String] {
    ([sample.mean] + Self.shares.map { sample.percentile($0) ?? 0 })
      .map { String(format: "%.\(digits)f", $0) }
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    let first = name + String(repeating: " ", count: max(0, 12 - name.count))
    return "  " + first
      + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
  }
}
