// wengen-top: what `make top` does. A live view of a running machine's statistics.

import Foundation
import Harness

let usage = """
  usage: wengen-top [--once] [HOST:PORT]
    shows a machine's cores, processes and procedures, anew every second; --once: one time.
    HOST:PORT is where its statistics service is reached (127.0.0.1:4010)
  """

func fail(_ message: String, status: Int32) -> Never {
  FileHandle.standardError.write(Data("wengen-top: \(message)\n".utf8))
  exit(status)
}

var isOnce = false
var server = SocketAddress.loopback(port: StatisticsService.port)
for word in CommandLine.arguments.dropFirst() {
  if word == "--help" {
    print(usage)
    exit(0)
  } else if word == "--once" {
    isOnce = true
  } else if word.hasPrefix("-") {
    fail("unknown option '\(word)'\n\(usage)", status: 64)
  } else {
    do { server = try SocketAddress(parsing: word) } catch {
      fail("\(error)\n\(usage)", status: 64)
    }
  }
}

do {
  var client = try StatisticsClient(server: server)
  var before: Sample?
  while true {
    let sample = try Sample(from: &client)
    let text = TopView(sample, since: before).text
    // Home, the text with each line's rest cleared, and everything below.
    let screen =
      isOnce ? text : "\u{1b}[H" + text.replacing("\n", with: "\u{1b}[K\n") + "\u{1b}[J"
    FileHandle.standardOutput.write(Data(screen.utf8))
    if isOnce { break }
    before = sample
    Thread.sleep(forTimeInterval: 1)
  }
} catch {
  fail("\(server): \(error)", status: 1)
}
