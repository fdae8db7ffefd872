// A machine of this command's own: spin services on ports that are free here.

import Foundation
import Harness
import Workload

final class BootedMachine {
  private let machine: Machine
  private let archive: ServiceArchive
  let servers: [SocketAddress]
  private let folder: String

  var eventFile: String { folder + "/nic.bin" }

  init(_ options: LoadOptions) throws {
    let artefacts = Artefacts.standard
    try artefacts.require([artefacts.kernelImage, artefacts.device])
    folder = NSTemporaryDirectory() + "wengen-load-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let program = options.workload.sizes == nil ? "spin" : "echo"
    let firstPort: UInt16 = 4100
    let guests = (0..<UInt16(options.services)).map { firstPort + $0 }
    archive = try ServiceArchive(
      programs: [program],
      manifest: guests.map { "\(program) name=\(program)-\($0) argument=\($0)\n" }.joined())
    var taken: Set<UInt16> = []
    let forwards = try guests.map { guest in
      var host = try freeLoopbackPort()
      while !taken.insert(host).inserted { host = try freeLoopbackPort() }
      return MachineConfiguration.ForwardedPort(host: host, guest: guest)
    }
    servers = forwards.map { .loopback(port: $0.host) }
    var configuration = MachineConfiguration(
      artefacts: artefacts, forwardedPorts: forwards, callRecords: folder + "/calls.txt")
    configuration.archive = archive.path
    configuration.coreCount = options.cores
    configuration.deterministic = options.isDeterministic
    configuration.traceFile = folder + "/nic.bin"
    machine = try Machine(configuration)
    try machine.expectLine(containing: "ready:", within: .seconds(60))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The device writes its files to the end when QEMU ends.
  func shutDown() throws {
    machine.type("exit\n")
    let status = try machine.waitForExit(within: .seconds(20))
    guard status.succeeded else { throw LoadFailure.run("the guest ended with \(status)") }
  }
}
