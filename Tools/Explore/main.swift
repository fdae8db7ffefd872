// wengen-explore: explores the OS–NIC protocol without QEMU. `make explore`, `make mutate`.
//
//     wengen-explore [quick|large|random SEEDS|seed SEED] [part of a scenario's name]
//
// quick: what `make test` explores, and a few random paths. large: more, for minutes; it ends after
// `largeLimit` states of a scenario and says so. random: so many paths for each large scenario, seed
// SEED one of them again. The exit status is 1 when a rule was broken; then the shortest trace that
// was found stands on the last lines.

import Explorer
import Foundation

/// More than any but the last of the large scenarios has.
let largeLimit = 4_000_000

func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

func elapsed(since start: ContinuousClock.Instant) -> String {
  start.duration(to: .now).formatted(.units(fractionalPart: .show(length: 1)))
}

func exploreAll(_ scenarios: [Scenario], limit: Int = .max, containing part: String) {
  for scenario in scenarios where part.isEmpty || scenario.name.contains(part) {
    var search = ExhaustiveSearch(scenario, limit: limit)
    search.progress = { say("  … \($0.states) states") }
    let start = ContinuousClock.now
    let report = search.run()
    say("\(scenario.name): \(report), \(elapsed(since: start))")
    if report.failure != nil { exit(1) }
  }
}

func walk(_ seeds: ClosedRange<UInt64>, containing part: String) {
  for scenario in Scenarios.random where part.isEmpty || scenario.name.contains(part) {
    let start = ContinuousClock.now
    var steps = 0
    for seed in seeds {
      let report = RandomSearch(scenario).run(seed: seed)
      steps += report.transitions
      guard report.failure == nil else {
        say("WENGEN_TEST_SEED=\(seed)")
        say("\(scenario.name): \(report), \(elapsed(since: start))")
        exit(1)
      }
    }
    let count = seeds.count == 1 ? "the path" : "the paths"
    say(
      "\(scenario.name): \(count) of seed \(seeds.lowerBound)"
        + (seeds.count == 1 ? "" : " to \(seeds.upperBound)")
        + ", \(steps) steps, \(elapsed(since: start))")
  }
}

/// Fails when no scenario has the part of a name that was given.
func require(_ part: String, among scenarios: [Scenario]) {
  guard !scenarios.contains(where: { part.isEmpty || $0.name.contains(part) }) else { return }
  say("wengen-explore: no scenario has '\(part)' in its name; there are")
  for scenario in scenarios { say("  \(scenario.name)") }
  exit(64)
}

let arguments = Array(CommandLine.arguments.dropFirst()) + ["", "", ""]
let mode = arguments[0]
let start = ContinuousClock.now
switch mode {
case "", "quick":
  require(arguments[1], among: Scenarios.exhaustive + Scenarios.random)
  exploreAll(Scenarios.exhaustive, containing: arguments[1])
  walk(1...2, containing: arguments[1])
case "large":
  let scenarios = Scenarios.exhaustive + Scenarios.large
  require(arguments[1], among: scenarios)
  exploreAll(scenarios, limit: largeLimit, containing: arguments[1])
case "random", "seed":
  guard let number = UInt64(arguments[1]), number > 0 else {
    say("wengen-explore: \(mode) needs a positive number")
    exit(64)
  }
  require(arguments[2], among: Scenarios.random)
  walk(mode == "seed" ? number...number : 1...number, containing: arguments[2])
default:
  say("wengen-explore: no mode '\(mode)'; there are quick, large, random SEEDS, seed SEED")
  exit(64)
}
say("No rule broken in \(elapsed(since: start))")
