// The files that `make` builds and that a machine boots from.

import Foundation

/// Where the built files are.
public struct Artefacts: Sendable {
  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// `.build/wengen` of this package, or where WENGEN_ARTEFACTS says.
  public static var standard: Artefacts {
    if let folder = ProcessInfo.processInfo.environment["WENGEN_ARTEFACTS"] {
      return Artefacts(folder: folder)
    }
    // This file is Tools/Harness/Machine/Artefacts.swift of the package.
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return Artefacts(folder: package.appendingPathComponent(".build/wengen").path)
  }

  /// The kernel with its symbols, and as the image that is booted. WENGEN_KERNEL of the environment
  /// names another one than `kernel`.
  public var kernelELF: String { "\(folder)/\(Self.kernel).elf" }
  public var kernelImage: String { "\(folder)/\(Self.kernel).img" }

  private static var kernel: String {
    ProcessInfo.processInfo.environment["WENGEN_KERNEL"] ?? "kernel"
  }
  /// The archive of user programs.
  public var services: String { "\(folder)/services.cpio" }
  /// The user programs themselves.
  public var programs: String { "\(folder)/programs" }
  /// A user program with its symbols.
  public func symbols(of program: String) -> String { "\(folder)/symbols/\(program)" }
  /// The FPGA, as a plug-in of QEMU.
  public var device: String { "\(folder)/lauberhorn.so" }
  /// The client that rpcgen makes of the services' definitions.
  public var rpcgenClient: String { "\(folder)/rpcgen-client" }

  /// Debian's GRUB for arm64 (`make grub`).
  public var grub: String { "\(folder)/grubaa64.efi" }

  /// Fails, saying what to type, when a file is not there.
  public func require(_ files: [String]) throws(MissingArtefact) {
    for file in files where !FileManager.default.isReadableFile(atPath: file) {
      throw MissingArtefact(file: file)
    }
  }
}

/// A file that should have been built before.
public struct MissingArtefact: Error, CustomStringConvertible {
  public let file: String
  public var description: String { "\(file) is missing; type: make image" }
}
