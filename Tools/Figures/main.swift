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
    print("  figures    \(figure.name): \(start.duration(to: .now))")
  }
} catch {
  FileHandle.standardError.write(Data("wengen-figures: \(error)\n".utf8))
  exit(1)
}
