// wengen-trace: merges what kernel and NIC recorded, and writes it for other programs.
//
//     wengen-trace [--serial FILE] [--nic FILE] --out FOLDER
//
// FOLDER gets trace.json (Perfetto, chrome://tracing), trace.csv, ctf/ (babeltrace2).

import Foundation

do {
  let command = try TraceCommand(parsing: Array(CommandLine.arguments.dropFirst()))
  try command.run()
} catch {
  FileHandle.standardError.write(Data("wengen-trace: \(error)\n".utf8))
  exit(1)
}
