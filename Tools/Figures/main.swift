import Foundation
import Scheduling
import Simulation
import Workload

let n = Int(CommandLine.arguments[1])!
let mixName = CommandLine.arguments[2]
let services = Int(CommandLine.arguments[3])!
let mix = ServiceTimeMix(parsing: mixName)!
for load in [0.3, 0.5, 0.7, 0.8, 0.9] {
  let cores = 16
  let w = Workload(
    seed: 1,
    arrivals: Arrivals(.poisson, callsPerSecond: load * Double(cores) * 1e9 / mix.meanNanoseconds),
    popularity: .even(services: services), mixes: [mix])
  let calls = Array(w.calls.prefix(n))
  var line = "\(load)"
  for overhead in [0, Costs().warmCallNanoseconds] {
    var ideal = IdealQueue(cores: cores, overheadNanoseconds: overhead)
    var s = Sample(calls.map { Double(ideal.serve($0) - $0.arrivalNanoseconds) })
    line += String(format: " ideal(%d) %.1f/%.1f", Int(overhead), s.percentile(0.99)! / 1000, s.percentile(0.999)! / 1000)
  }
  for policy in [SelectedPolicy.firstCome(FirstCome()), .weightedFair(WeightedFair()), .staticPartition(StaticPartition())] {
    let t = Date()
    var m = try SimulatedMachine(MachineSettings(cores: cores, services: services, policy: policy))
    let o = try m.run(calls)
    var s = Sample(zip(calls, o.replies).filter { $1 != Outcome.rejected && $1 != 0 }.map { Double($1 - $0.arrivalNanoseconds) })
    line += String(format: "\n   %@ p99 %.1f p99.9 %.1f", "\(policy.name)", s.percentile(0.99)! / 1000, s.percentile(0.999)! / 1000)
    line += " warm \(o.warmCalls) cold \(o.coldCalls) yields \(o.yields) preempt \(o.preemptions) resumes \(o.resumes) rej \(o.replies.count { $0 == Outcome.rejected }) events \(o.events) \(Date().timeIntervalSince(t)) s"
  }
  print(line)
}
