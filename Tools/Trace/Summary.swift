// The trace in a screenful: how long each stage took, and the slowest requests.

import Tracing

enum Summary {
  static func text(_ capture: Capture) -> String {
    let requests = Request.all(in: capture).filter(\.isComplete)
    var lines = [
      "\(capture.events.count) events, \(capture.lostRecords) lost before the dump, "
        + "\(capture.damagedFrames) damaged frames",
      "\(requests.count) requests from frame to frame, \(requests.count(where: \.isCold)) cold",
    ]
    if capture.cutBytes > 0 {
      lines.append(
        "the NIC's file ends in the middle of a record: its last \(capture.cutBytes) bytes "
          + "are left out")
    }
    guard !requests.isEmpty else { return lines.joined(separator: "\n") }
    lines += ["", row(["virtual ns", "count", "p50", "p99", "p99.9", "largest"])]
    for stage in Stage.allCases {
      let spans = requests.flatMap(\.spans).filter { $0.stage == stage }
      guard let name = spans.first?.name else { continue }
      lines.append(row(name, spans.map { $0.end - $0.start }))
    }
    let total = requests.compactMap { request -> UInt64? in
      guard let start = request.time(of: .frameReceived), let end = request.time(of: .frameSent)
      else { return nil }
      return end - start
    }
    lines.append(row("frame to frame", total))
    lines.append(
      row("⑥ instructions", requests.compactMap(\.handlerInstructions)))
    lines += paths(PathCosts(capture))
    let slowest = zip(requests, total).sorted { $0.1 > $1.1 }.prefix(3)
    lines.append("")
    for (request, nanoseconds) in slowest {
      let spans = request.spans.sorted { $0.end - $0.start > $1.end - $1.start }
      let most = spans.first.map { ", most of it in \($0.name): \($0.end - $0.start) ns" } ?? ""
      lines.append("slow: tag \(request.tag), \(nanoseconds) ns\(most)")
    }
    return lines.joined(separator: "\n")
  }

  private static func paths(_ costs: PathCosts) -> [String] {
    let rows = Path.allCases.compactMap { path -> String? in
      guard let values = costs.costs[path] else { return nil }
      return row(path.name, values)
    }
    guard !rows.isEmpty else { return [] }
    return ["", row(["instructions", "count", "p50", "p99", "p99.9", "largest"])] + rows
  }

  private static func row(_ name: String, _ values: [UInt64]) -> String {
    var histogram = Histogram()
    for value in values { histogram.record(value) }
    let percentiles = [500, 990, 999].map {
      histogram.percentile(thousandths: $0).map { String($0) } ?? "-"
    }
    return row([name, String(histogram.count)] + percentiles + [String(histogram.largest)])
  }

  private static func row(_ cells: [String]) -> String {
    let first = cells[0] + String(repeating: " ", count: max(0, 20 - cells[0].count))
    return first
      + cells.dropFirst().map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
  }
}
