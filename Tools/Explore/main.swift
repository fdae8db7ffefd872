// wengen-explore: explores the OS–NIC protocol, `make explore`.

import Explorer
import Foundation

func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

let wanted = CommandLine.arguments.dropFirst().first ?? ""
for scenario in Scenarios.exhaustive where wanted.isEmpty || scenario.name.contains(wanted) {
  let clock = ContinuousClock()
  var report = Report()
  var search = ExhaustiveSearch(scenario, limit: 8_000_000)
  search.progress = { report in say("  … \(report)") }
  let time = clock.measure { report = search.run() }
  say("\(scenario.name): \(report) in \(time)")
}
