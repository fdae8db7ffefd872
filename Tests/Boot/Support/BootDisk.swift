// A folder that QEMU shows to firmware as a disk.

import Foundation
import Harness

/// A folder of files in the machine's temporary folder; it goes with the last reference.
final class BootDisk {
  let folder: String

  /// - Parameter files: path on the disk, and the file that is there.
  init(copies files: [String: String], texts: [String: String] = [:]) throws {
    folder = NSTemporaryDirectory() + "wengen-disk-\(UUID().uuidString)"
    for (path, file) in files {
      try FileManager.default.copyItem(atPath: file, toPath: try place(of: path))
    }
    for (path, text) in texts {
      try Data(text.utf8).write(to: URL(fileURLWithPath: try place(of: path)))
    }
  }

  private func place(of path: String) throws -> String {
    let place = URL(fileURLWithPath: folder).appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    return place.path
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}
