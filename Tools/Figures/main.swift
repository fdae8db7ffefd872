import Foundation
import Scheduling
import Simulation
import Workload

let n = Int(CommandLine.arguments[2])!
for load in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9] {
  print(load, terminator: "")
  for c in Contender.all {
    let w = CommandLine.arguments[1] == "steady" ? StandardWorkloads.steady(load: load)
      : CommandLine.arguments[1] == "one" ? StandardWorkloads.steady(load: load, services: 1)
      : CommandLine.arguments[1] == "shifting" ? StandardWorkloads.shifting(load: load) : StandardWorkloads.dispersed(load: load)
    var e = Experiment(cores: 16, workload: w, callCount: n)
    if CommandLine.arguments[1] == "dispersed" { e.measuredService = 0 }
    var m = try e.run(c)
    print(String(format: "  %@ %.1f %.1f %d", c.name, m.latency.percentile(0.99)!, m.latency.percentile(0.999)!, m.refused), terminator: "")
  }
  print()
}
