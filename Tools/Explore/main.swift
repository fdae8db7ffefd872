// wengen-explore: explores the OS–NIC protocol, `make explore`.

import Explorer

for scenario in Scenarios.exhaustive {
  let clock = ContinuousClock()
  var report = Report()
  let time = clock.measure { report = ExhaustiveSearch(scenario, limit: 8_000_000).run() }
  print("\(scenario.name): \(report) in \(time)")
}
