// What a machine of this command's own needs: an archive of services, a folder for what the device writes.

import Foundation
import Harness
import Workload

final class LoadFiles {
  static let firstPort: UInt16 = 4100

  /// The guest's ports, a service each.
  let ports: [UInt16]
  private let archive: ServiceArchive
  private let folder: String

  var events: String { folder + "/nic.bin" }
  var calls: String { folder + "/calls.pcap" }
  var replies: String { folder + "/replies.pcap" }

  init(_ options: LoadOptions) throws {
    let artefacts = Artefacts.standard
    try artefacts.require([artefacts.kernelImage, artefacts.device])
    folder = NSTemporaryDirectory() + "wengen-load-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let program = options.workload.sizes == nil ? "spin" : "echo"
    ports = (0..<UInt16(options.services)).map { Self.firstPort + $0 }
    archive = try ServiceArchive(
      programs: [program],
      manifest: ports.map { "\(program) name=\(program)-\($0) argument=\($0)\n" }.joined())
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A machine with these services that writes these files.
  func configuration(
    _ options: LoadOptions, forwardedPorts: [MachineConfiguration.ForwardedPort] = []
  ) -> MachineConfiguration {
    var configuration = MachineConfiguration(
      artefacts: .standard, forwardedPorts: forwardedPorts, callRecords: folder + "/calls.txt")
    configuration.archive = archive.path
    configuration.coreCount = options.cores
    configuration.traceFile = events
    return configuration
  }
}
