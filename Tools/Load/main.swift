// wengen-load: many calls at given times or in given numbers, every reply verified.
//
// The calls are those of a `Workload`: the same seed makes the same calls. Without an address it boots
// a machine, whose NIC then tells how long each call took by the guest's clock, too.

import Foundation
import Harness
import Workload

/// Returns whether every call was answered rightly.
private func load() throws -> Bool {
  let options = try LoadOptions(parsing: Array(CommandLine.arguments.dropFirst()))
  let machine = options.servers.isEmpty ? try BootedMachine(options) : nil
  var run = try LoadRun(options, servers: machine?.servers ?? options.servers)
  let result = try run.run()
  var report = LoadReport(
    result: result, firstTransaction: run.firstTransaction,
    isDeterministic: options.isDeterministic, hasHandlerTimes: options.workload.sizes == nil)
  if let machine {
    try machine.shutDown()
    report.guest = try GuestClock.latencies(inFile: machine.eventFile)
  }
  print(report.text)
  return !result.latencies.contains(nil)
}

do {
  if try !load() { exit(1) }
} catch {
  let failure = error as? LoadFailure ?? .run("\(error)")
  FileHandle.standardError.write(Data("wengen-load: \(failure.message)\n".utf8))
  exit(failure.status)
}
