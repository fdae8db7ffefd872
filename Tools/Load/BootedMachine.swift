// A machine of this command's own: spin services on ports that are free here.

import Foundation
import Harness
import Workload

final class BootedMachine {
  private let machine: Machine
  private let files: LoadFiles
  let servers: [SocketAddress]

  var eventFile: String { files.events }

  init(_ options: LoadOptions) throws {
    files = try LoadFiles(options)
    var taken: Set<UInt16> = []
    let forwards = try files.ports.map { guest in
      var host = try freeLoopbackPort()
      while !taken.insert(host).inserted { host = try freeLoopbackPort() }
      return MachineConfiguration.ForwardedPort(host: host, guest: guest)
    }
    servers = forwards.map { .loopback(port: $0.host) }
    var configuration = files.configuration(options, forwardedPorts: forwards)
    configuration.deterministic = options.isDeterministic
    machine = try Machine(configuration)
    try machine.expectLine(containing: "ready:", within: .seconds(60))
  }

  /// The device writes its files to the end when QEMU ends.
  func shutDown() throws {
    machine.type("exit\n")
    let status = try machine.waitForExit(within: .seconds(20))
    guard status.succeeded else { throw LoadFailure.run("the guest ended with \(status)") }
  }
}
