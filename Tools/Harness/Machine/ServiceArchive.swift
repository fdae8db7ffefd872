// An initial archive of a test's own: programs, and a services.conf that says what to run.

import Foundation

/// A file in cpio's "newc" format, gone with its last reference.
public final class ServiceArchive: Sendable {
  public let path: String

  /// - Parameters:
  ///   - programs: names of files in the artefacts' folder of programs.
  ///   - manifest: text of `services.conf` (Kernel/Images/ServiceManifest.swift).
  public init(
    programs: [String], manifest: String, artefacts: Artefacts = .standard
  ) throws {
    let files = programs.map { "\(artefacts.programs)/\($0)" }
    try artefacts.require(files)
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("wengen-archive-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (program, file) in zip(programs, files) {
      try FileManager.default.copyItem(
        atPath: file, toPath: folder.appendingPathComponent(program).path)
    }
    try manifest.write(
      to: folder.appendingPathComponent("services.conf"), atomically: false, encoding: .utf8)
    path = folder.path + ".cpio"
    // The same files give the same archive, and the kernel that reads it executes the same
    // instructions: no owner, no times, no inode numbers.
    let script = """
      cd "$0" && touch -d @0 * && cpio --create --format=newc --reproducible --owner=+0:+0 \
        --quiet >"$1"
      """
    let result = try ChildProcess.run(
      "sh", ["-c", script, folder.path, path],
      input: (programs + ["services.conf"]).map { $0 + "\n" }.joined())
    guard result.status.succeeded else { throw ProcessError("cpio: \(result.errors)") }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
