// wengen-load: many calls at given times or in given numbers, every reply verified.
//
// The calls are those of a `Workload`: the same seed makes the same calls. Without an address it boots
// a machine, whose NIC then tells how long each call took by the guest's clock, too. With
// --deterministic there is no other clock, and the same options print the same numbers.

import Foundation
import Harness
import Workload

private func makeReport(_ options: LoadOptions) throws -> LoadReport {
  if options.isReplayed {
    return LoadReport(options, result: try ReplayedRun(options).run())
  }
  let machine = options.servers.isEmpty ? try BootedMachine(options) : nil
  var run = try LoadRun(options, servers: machine?.servers ?? options.servers)
  var report = LoadReport(options, result: try run.run())
  if let machine {
    try machine.shutDown()
    let times = try GuestClock.times(inFile: machine.eventFile)
    report.guest = (0..<options.calls).map {
      times[run.firstTransaction &+ UInt32($0)]?.latency
    }
  }
  return report
}

let words = Array(CommandLine.arguments.dropFirst())
if words.contains("--help") {
  print(usageText)
  exit(0)
}
do {
  let report = try makeReport(LoadOptions(parsing: words))
  print(report.text)
  if !report.isAllRight { exit(1) }
} catch {
  let failure = error as? LoadFailure ?? .run("\(error)")
  FileHandle.standardError.write(Data("wengen-load: \(failure.message)\n".utf8))
  exit(failure.status)
}
