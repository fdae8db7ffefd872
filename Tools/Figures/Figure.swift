// A figure's data: columns of numbers, with their names in the first line.

import Foundation
import Interface
import Scheduling
import Simulation
import Workload

struct Figure: Sendable {
  let name: String
  let columns: [String]
  let rows: @Sendable () throws -> [[Double?]]

  /// Writes NAME.dat. What has no value is written as gnuplot's missing value.
  func write(into folder: String) throws {
    var text = columns.map { "\"\($0)\"" }.joined(separator: " ") + "\n"
    for row in try rows() {
      text += row.map { $0.map { String(format: "%.6g", $0) } ?? "?" }.joined(separator: " ") + "\n"
    }
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).dat"))
  }

  static let all = [
    tail("tail-steady", calls: 150_000) { StandardWorkloads.steady(load: $0) },
    tail("tail-shifting", calls: 150_000) { StandardWorkloads.shifting(load: $0) },
    tail("tail-one", calls: 150_000) { StandardWorkloads.steady(load: $0, services: 1) },
    tail("tail-dispersed", calls: 100_000, services: [0, 1]) {
      StandardWorkloads.dispersed(load: $0)
    },
    mixes, classes, goodput, cores, idle,
  ]

  private static let loads = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9]

  /// The 99.9th percentile of the latency in microseconds against the load.
  /// - Parameter services: those that have columns of their own; none: all together.
  private static func tail(
    _ name: String, calls: Int, services: [Int] = [],
    _ workload: @escaping @Sendable (Double) -> Workload
  ) -> Figure {
    let names = Contender.all.map(\.name)
    let columns =
      services.isEmpty ? names : services.flatMap { service in names.map { "\($0) \(service)" } }
    return Figure(name: name, columns: ["load"] + columns) {
      try loads.map { load in
        let experiment = Experiment(
          cores: StandardWorkloads.cores, workload: workload(load), callCount: calls)
        var measured = try Contender.all.map { try experiment.run($0) }
        var row: [Double?] = [load]
        for service in services.isEmpty ? [nil] : services.map(Optional.some) {
          for index in measured.indices {
            row.append(measured[index].percentile(0.999, ofService: service))
          }
        }
        return row
      }
    }
  }

  /// Each published mix at load 0.8, one service: its mean, and the 99.9th percentiles of both ideal
  /// queues and of ours, without the feature and with it, in microseconds.
  private static let mixes = Figure(
    name: "mixes",
    columns: [
      "mix", "mean", "ideal", "ideal-with-call-cost", "first-come",
      "ideal-with-call-cost-and-fetch",
      "first-come-and-fetch",
    ]
  ) {
    try StandardWorkloads.publishedMixes.enumerated().map { number, mix in
      var experiment = Experiment(
        cores: StandardWorkloads.cores, workload: StandardWorkloads.oneService(mix, load: 0.8),
        callCount: 150_000)
      var row: [Double?] = [Double(number), mix.meanNanoseconds / 1000]
      var ideal = try experiment.run(.idealQueue)
      row.append(ideal.percentile(0.999))
      for answersDuringFetch in [true, false] {
        experiment.costs.answersDuringFetch = answersDuringFetch
        for contender: Contender in [.idealQueueWithCallCost, .policy(.firstCome(FirstCome()))] {
          var measured = try experiment.run(contender)
          row.append(measured.percentile(0.999))
        }
      }
      return row
    }
  }

  /// RocksDB's GET and SCAN as procedures of one process: the 99.9th percentile of each, in one class
  /// and in two.
  private static let classes = Figure(
    name: "classes", columns: ["load", "GET", "GET urgent", "SCAN", "SCAN bulk"]
  ) {
    try [0.5, 0.7, 0.8, 0.9].map { load in
      var experiment = Experiment(
        cores: StandardWorkloads.cores, workload: StandardWorkloads.dispersed(load: load),
        callCount: 100_000)
      var measured: [Simulation.Measurement] = []
      for classes: [ServiceClass] in [[.normal, .normal], [.urgent, .bulk]] {
        experiment.classes = classes
        measured.append(try experiment.run(.policy(.firstCome(FirstCome()))))
      }
      return [load]
        + [0, 1].flatMap { service in
          measured.indices.map { measured[$0].percentile(0.999, ofService: service) }
        }
    }
  }

  static let deadlineNanoseconds: UInt64 = 300_000

  /// Calls answered within 300 µs per second, against the load that is offered.
  private static let goodput = Figure(
    name: "goodput", columns: ["load", "queues of 4096", "queues of 64", "wait limit 100 us"]
  ) {
    try [0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.25, 2.5].map {
      load in
      [load]
        + (try [(4096, 0), (64, 0), (4096, 100_000)].map { queueLimit, waitLimit in
          var experiment = Experiment(
            cores: StandardWorkloads.cores, workload: StandardWorkloads.steady(load: load),
            callCount: 80_000)
          experiment.deadlineNanoseconds = deadlineNanoseconds
          experiment.queueLimit = queueLimit
          experiment.waitLimitNanoseconds = UInt64(waitLimit)
          return try experiment.run(.policy(.firstCome(FirstCome()))).goodput
        })
    }
  }

  /// Cores that each service has, as means over 100 µs, while the hot one changes.
  private static let cores = Figure(
    name: "cores", columns: ["ms"] + (1...StandardWorkloads.services).map { "service \($0)" }
  ) {
    let perRow = 20
    var experiment = Experiment(
      cores: StandardWorkloads.cores, workload: StandardWorkloads.shifting(load: 0.7),
      callCount: 13_000)
    experiment.lookEvery = 5_000
    let looks = try experiment.run(.policy(.firstCome(FirstCome()))).outcome?.looks ?? []
    return stride(from: 0, to: looks.count - perRow, by: perRow).map { start in
      let part = looks[start..<start + perRow]
      return [Double(start + perRow / 2) * 0.005]
        + (0..<StandardWorkloads.services).map { service in
          Double(part.reduce(0) { $0 + $1[service] }) / Double(perRow)
        }
    }
  }

  /// A second of nothing to do: instructions and coherence messages of a core.
  private static let idle = Figure(
    name: "idle", columns: ["polling instructions", "instructions", "messages"]
  ) {
    var machine = try SimulatedMachine(
      MachineSettings(
        cores: StandardWorkloads.cores, services: StandardWorkloads.services,
        policy: .firstCome(FirstCome())))
    // A call for each core, so that it is a worker that waits there.
    let calls = (0..<StandardWorkloads.cores).map {
      PlannedCall(
        arrivalNanoseconds: 1_000, service: $0 % StandardWorkloads.services,
        serviceNanoseconds: 50_000)
    }
    let outcome = try machine.run(calls, atLeast: 1_000_000_000)
    let cores = Double(StandardWorkloads.cores)
    return [
      [
        1e9 / Costs().nanosecondsPerInstruction, outcome.instructions / cores,
        Double(outcome.coherenceMessages) / cores,
      ]
    ]
  }
}
