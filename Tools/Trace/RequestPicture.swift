// One cold request as a picture (SVG): a track for the NIC, one for each core, the stages on them.

import Tracing

enum RequestPicture {
  private static let width = 760.0
  private static let left = 90.0
  private static let trackHeight = 56.0

  /// The first cold request that has every stage; else the first complete one.
  static func svg(_ capture: Capture) -> String {
    let complete = Request.all(in: capture).filter(\.isComplete)
    guard
      let request = complete.first(where: { $0.isCold && $0.time(of: .userEntered) != nil })
        ?? complete.first,
      let start = request.events.first?.nanoseconds, let end = request.events.last?.nanoseconds,
      end > start
    else { return emptyPicture }
    let scale = (width - left - 50) / Double(end - start)
    let cores = Set(request.spans.compactMap(\.core)).sorted()
    let height = 60 + trackHeight * Double(cores.count + 1)
    func x(_ time: UInt64) -> Double { left + Double(time - start) * scale }
    func y(_ core: UInt16?) -> Double {
      40 + trackHeight * Double(core.flatMap { cores.firstIndex(of: $0) }.map { $0 + 1 } ?? 0)
    }
    var body = text(
      left, 20, "Request \(request.tag), \(end - start) ns of virtual time, from a trace", size: 14)
    body += text(8, y(nil) + 22, "NIC", size: 13)
    for core in cores { body += text(8, y(core) + 22, "core \(core)", size: 13) }
    for track in [nil] + cores.map(Optional.some) {
      body += """
        <line x1="\(round(left))" y1="\(y(track) + 36)" x2="\(round(width - 20))" \
        y2="\(y(track) + 36)" stroke="#bbb"/>

        """
    }
    // Stages that take no time stand at one place: their labels stand side by side.
    var freeLabel: [UInt16?: Double] = [:]
    for span in request.spans {
      let begin = x(span.start)
      let length = max(2, x(span.end) - begin)
      let colour = span.core == nil ? "#8fb3d9" : span.stage == .handler ? "#9ccc8f" : "#e6b980"
      body += """
        <rect x="\(round(begin))" y="\(y(span.core) + 10)" width="\(round(length))" height="26" \
        fill="\(colour)" stroke="#555"><title>\(span.name): \(span.end - span.start) ns</title></rect>

        """
      let label = max(begin + 2, freeLabel[span.core] ?? 0)
      freeLabel[span.core] = label + 15
      body += text(label, y(span.core) + 8, span.stage.symbol.description, size: 12)
      if length > 60 {
        body += text(begin + 4, y(span.core) + 28, "\(span.end - span.start) ns", size: 11)
      }
    }
    body += text(left, height - 8, "① 0 ns", size: 11)
    return picture(height: height, body)
  }

  private static var emptyPicture: String {
    picture(height: 40, text(10, 24, "no complete request in this trace", size: 14))
  }

  private static func picture(height: Double, _ body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
    font-family="sans-serif">
    <rect width="100%" height="100%" fill="white"/>
    \(body)</svg>

    """
  }

  private static func text(_ x: Double, _ y: Double, _ words: String, size: Int) -> String {
    "<text x=\"\(round(x))\" y=\"\(round(y))\" font-size=\"\(size)\">\(words)</text>\n"
  }

  private static func round(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
