// wengen-explore: explores the OS–NIC protocol without QEMU. `make explore`, `make mutate`.
//
//     wengen-explore [quick|large|random SEEDS|seed SEED] [part of a scenario's name]
//
// quick: what `make test` explores, and a few random paths. large: more, for minutes. random: so
// many paths for each large scenario, seed SEED one of them again. The exit status is 1 when a rule
// was broken; then the shortest trace that was found stands on the last lines.

import Explorer
import Foundation

func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

func conclude(_ scenario: Scenario, _ report: Report, _ time: Duration) {
  say("\(scenario.name): \(report), \(time.formatted(.units(fractionalPart: .show(length: 1))))")
  if report.failure != nil { exit(1) }
}

func exploreAll(_ scenarios: [Scenario], containing part: String) {
  for scenario in scenarios where part.isEmpty || scenario.name.contains(part) {
    var search = ExhaustiveSearch(scenario)
    search.progress = { say("  … \($0.states) states") }
    let start = ContinuousClock.now
    let report = search.run()
    conclude(scenario, report, start.duration(to: .now))
  }
}

func walk(_ seeds: ClosedRange<UInt64>, containing part: String) {
  for scenario in Scenarios.random where part.isEmpty || scenario.name.contains(part) {
    for seed in seeds {
      let start = ContinuousClock.now
      let report = RandomSearch(scenario).run(seed: seed)
      say("WENGEN_TEST_SEED=\(seed)")
      conclude(scenario, report, start.duration(to: .now))
    }
  }
}

let arguments = Array(CommandLine.arguments.dropFirst()) + ["", "", ""]
let mode = arguments[0]
switch mode {
case "", "quick":
  exploreAll(Scenarios.exhaustive, containing: arguments[1])
  walk(1...2, containing: arguments[1])
case "large": exploreAll(Scenarios.exhaustive + Scenarios.large, containing: arguments[1])
case "random", "seed":
  guard let number = UInt64(arguments[1]), number > 0 else {
    say("wengen-explore: \(mode) needs a positive number")
    exit(64)
  }
  walk(mode == "seed" ? number...number : 1...number, containing: arguments[2])
default:
  say("wengen-explore: no mode '\(mode)'; there are quick, large, random SEEDS, seed SEED")
  exit(64)
}
