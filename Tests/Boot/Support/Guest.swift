// A booted guest for one test: free host ports, a file of call records, clients.

import Foundation
import Harness
import Testing

/// A guest that is ready for calls. QEMU is killed when it goes.
final class Guest {
  let machine: Machine
  let echoPort: UInt16
  let calculatorPort: UInt16
  let rpcbindPort: UInt16
  private var records: CallRecordFile
  private let recordsPath: String
  private var archive: ServiceArchive?
  private var otherPorts: [UInt16: UInt16] = [:]

  /// Boots and waits for "ready:". Fails, saying what to type, when something was not built.
  ///
  /// - Parameters:
  ///   - archive: other programs than the example services.
  ///   - ports: UDP ports of the guest to reach beside the example services'.
  ///   - portsAsInGuest: the services have the same ports here as in the guest, as their rpcbind
  ///     says; port 111 takes privileges.
  init(
    archive: ServiceArchive? = nil, ports: [UInt16] = [], portsAsInGuest: Bool = false,
    _ configure: (inout MachineConfiguration) -> Void = { _ in }
  ) throws {
    let artefacts = Artefacts.standard
    try artefacts.require([
      artefacts.kernelImage, artefacts.kernelELF, artefacts.services, artefacts.device,
    ])
    // The system may name a port twice, since none of them is in use yet.
    var taken: Set<UInt16> = []
    func freePort() throws -> UInt16 {
      var port = try freeLoopbackPort()
      while !taken.insert(port).inserted { port = try freeLoopbackPort() }
      return port
    }
    echoPort = try portsAsInGuest ? EchoService.port : freePort()
    calculatorPort = try portsAsInGuest ? CalculatorService.port : freePort()
    rpcbindPort = try portsAsInGuest ? RpcbindService.port : freePort()
    self.archive = archive
    for port in ports { otherPorts[port] = try freePort() }
    recordsPath = NSTemporaryDirectory() + "wengen-calls-\(UUID().uuidString).txt"
    records = CallRecordFile(path: recordsPath)
    var configuration = MachineConfiguration(
      artefacts: artefacts,
      forwardedPorts: [
        .init(host: echoPort, guest: EchoService.port),
        .init(host: calculatorPort, guest: CalculatorService.port),
        .init(host: rpcbindPort, guest: RpcbindService.port),
      ] + otherPorts.map { .init(host: $1, guest: $0) },
      callRecords: recordsPath)
    configuration.archive = archive?.path
    configure(&configuration)
    if let firmware = configuration.bootPath.firmware { try artefacts.require([firmware]) }
    machine = try Machine(configuration)
    // Firmware looks around, and counts down for people who want to stop it.
    let limit: Duration = configuration.bootPath == .image ? .seconds(20) : .seconds(60)
    try machine.expectLine(containing: "ready:", within: limit)
  }

  deinit { try? FileManager.default.removeItem(atPath: recordsPath) }

  func echoClient() throws -> RPCClient {
    try RPCClient(server: .loopback(port: echoPort), timeout: .seconds(5))
  }

  func calculatorClient() throws -> RPCClient {
    try RPCClient(server: .loopback(port: calculatorPort), timeout: .seconds(5))
  }

  /// A client of the service at one of the guest's other ports.
  func client(ofGuestPort port: UInt16) throws -> RPCClient {
    try RPCClient(server: .loopback(port: hostPort(ofGuestPort: port)), timeout: .seconds(5))
  }

  /// Where one of the guest's other ports is reached.
  func hostPort(ofGuestPort port: UInt16) throws -> UInt16 { try #require(otherPorts[port]) }

  func rpcbindClient() throws -> RPCClient {
    try RPCClient(server: .loopback(port: rpcbindPort), timeout: .seconds(5))
  }

  /// What the FPGA model measured of the client's last call.
  func record(ofLastCallBy client: borrowing RPCClient) throws -> CallRecord {
    try #require(
      try records.record(of: client.lastTransaction), "answered, but there is no call record")
  }

  /// What the kernel may have used of its stacks (`stack-used` of `stats`): of 32 KiB, 8 stay free.
  static let mostStackBytes: UInt64 = 24 << 10

  /// Every procedure of both services answers, and rightly.
  func expectBothServicesAnswer(_ when: Comment) throws {
    var echo = try echoClient()
    var calculator = try calculatorClient()
    #expect(try echo.call(EchoService.null) == .success([]), when)
    let data = EchoService.echoArguments(EchoService.pattern(96))
    #expect(try echo.call(EchoService.echo, data) == .success(data), when)
    #expect(try calculator.call(CalculatorService.null) == .success([]), when)
    let sum = try calculator.call(
      CalculatorService.add, CalculatorService.addArguments(40, 2))
    #expect(sum == .success([0, 0, 0, 42]), when)
  }

  /// The numbers that `stats` prints: of the NIC by name, of the cores summed over them.
  func statistics() throws -> [String: UInt64] {
    // The list that `help` prints comes after all that `stats` prints.
    machine.type("stats\nhelp\n")
    var sums: [String: UInt64] = [:]
    while true {
      let line = try machine.expectLine("end of the statistics", where: { _ in true })
      if line.hasPrefix("exit [status]") { return sums }
      let words = line.split(separator: " ").map(String.init)
      if words.first == "NIC:", let value = words.last.flatMap({ UInt64($0) }) {
        let name = words.dropFirst().dropLast().joined(separator: " ")
        sums[name, default: 0] += value
        // The cores count things of the same name.
        sums["NIC \(name)"] = value
      } else if words.first == "RCU:" || words.first == "memory:", words.count >= 3,
        let value = UInt64(words[2])
      {
        sums[words[1]] = value
      } else if words.first == "core" {
        for (name, value) in zip(words.dropFirst(2), words.dropFirst(3)) {
          if let value = UInt64(value) { sums[name, default: 0] += value }
        }
      }
    }
  }

  /// The lines of the command `processes`.
  func processes() throws -> [String] {
    machine.type("processes\n")
    var lines: [String] = []
    while true {
      let line = try machine.expectLine("end of the processes", where: { _ in true })
      if line == "end of processes" { return lines }
      if line.hasPrefix("process ") { lines.append(line) }
    }
  }

  /// Ends the guest at its console and expects this status at the shell.
  func expectExit(typing command: String, status: Int32) throws {
    machine.type(command + "\n")
    #expect(try machine.waitForExit() == .exited(status))
  }
}
