// The result in words and percentiles.

import Foundation
import Workload

struct LoadReport {
  let result: LoadResult
  let firstTransaction: UInt32
  /// Times by the guest's clock, when there are any.
  var guest: [UInt32: Double]?
  var isDeterministic = false
  /// The calls compute; echoes do not, so they have no slowdown.
  var hasHandlerTimes = true

  var text: String {
    let answered = result.latencies.count { $0 != nil }
    let rate = String(format: "%.0f", Double(answered) / max(result.seconds, 1e-9))
    var lines = [
      "\(result.latencies.count) calls: \(answered) answered and right, \(result.wrongResults) wrong, "
        + "\(result.errors.values.reduce(0, +)) errors, \(result.lost) lost; "
        + "\(rate) answers a second of this machine's time"
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
    let host = result.latencies
    lines += ["", "Latency by this machine's clock, through the emulator: no hardware's times."]
    lines += table(host)
    if let guest {
      let times = host.indices.map { guest[firstTransaction &+ UInt32($0)] }
      lines += [
        "",
        isDeterministic
          ? "Frame in to frame out by the guest's clock, where an instruction is a nanosecond."
          : "Frame in to frame out by the guest's clock, which runs with this machine's.",
      ]
      lines += table(times)
    }
    return lines.joined(separator: "\n")
  }

  private static let shares = [0.5, 0.9, 0.99, 0.999, 1]

  private func table(_ nanoseconds: [Double?]) -> [String] {
    var latency = Sample()
    var slowdown = Sample()
    for (index, time) in nanoseconds.enumerated() {
      guard let time else { continue }
      latency.add(time / 1000)
      slowdown.add(time / Double(result.services[index].serviceNanoseconds))
    }
    guard latency.count > 0 else { return ["  none was answered"] }
    var lines = [row("", ["mean", "p50", "p90", "p99", "p99.9", "max"])]
    lines.append(values("latency, µs", &latency))
    if hasHandlerTimes { lines.append(values("slowdown", &slowdown)) }
    return lines
  }

  private func values(_ name: String, _ sample: inout Sample) -> String {
    row(
      name,
      ([sample.mean] + Self.shares.map { sample.percentile($0) ?? 0 })
        .map { String(format: "%.1f", $0) })
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    let first = name + String(repeating: " ", count: max(0, 12 - name.count))
    return "  " + first
      + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
  }
}
