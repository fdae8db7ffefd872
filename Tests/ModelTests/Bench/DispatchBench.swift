// What suites about dispatch begin with: a NIC whose kernels wait, and processes with workers.

import Interface
import Testing

@testable import Model

/// A suite about who gets which call.
protocol DispatchSuite {}

extension DispatchSuite {
  /// A NIC whose kernels wait, with one process of two workers on endpoints 4 and 5.
  func makeBench(cores: Int = 2, maximumCores: UInt64 = 4, queueLimit: UInt64 = 16) throws
    -> (bench: Bench, kernels: [Consumer], workers: [Consumer])
  {
    let bench = try Bench(cores: cores)
    try bench.install(
      process: 1, maximumCores: maximumCores, queueLimit: queueLimit, endpoints: [4, 5])
    try #require(bench.installService(process: 1) == .done)
    let kernels = (0..<cores).map { Consumer(bench, endpoint: $0, core: $0) }
    for kernel in kernels {
      kernel.publishDispatch()
      try #require(kernel.load() == nil)
    }
    return (bench, kernels, [4, 5].map { Consumer(bench, endpoint: $0, core: 0) })
  }

  func addProcess2(_ bench: Bench) throws -> (worker: Consumer, call: CallFrame) {
    try bench.install(process: 2, endpoints: [6])
    try #require(bench.installService(process: 2, port: 9002) == .done)
    var call = CallFrame()
    call.port = 9002
    return (Consumer(bench, endpoint: 6, core: 0), call)
  }

  /// The kernel got a CALL or a RESUME and runs the worker that it names.
  func run(_ head: LineHead?, on core: Int, _ workers: [Consumer]) throws -> Consumer {
    let head = try #require(head)
    var worker = try #require(workers.first { UInt64($0.endpoint) == head.argument1 })
    worker.core = core
    worker.publishUser(process: Int(head.argument0))
    return worker
  }
}
