// wengen-figures: writes the data of the figures that `make figures` draws (Documentation/simulation.md).

import Foundation

do {
  guard CommandLine.arguments.count == 2 else {
    FileHandle.standardError.write(Data("usage: wengen-figures FOLDER\n".utf8))
    exit(64)
  }
  let folder = CommandLine.arguments[1]
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  for figure in Figure.all {
    let start = ContinuousClock.now
    try figure.write(into: folder)
    let seconds = start.duration(to: .now).components.seconds
    // Not `print`, which keeps its lines until the end when they go to a file.
    FileHandle.standardOutput.write(Data("  figures    \(figure.name), \(seconds) s\n".utf8))
  }
} catch {
  FileHandle.standardError.write(Data("wengen-figures: \(error)\n".utf8))
  exit(1)
}
