// wengen-trace: merges what kernel and NIC recorded, and writes it for other programs.
//
//     wengen-trace [--serial FILE] [--nic FILE] --out FOLDER
//
// FOLDER gets trace.json (Perfetto, chrome://tracing), trace.csv, ctf/ (babeltrace2).

import Foundation

let words = Array(CommandLine.arguments.dropFirst())
if words.contains("--help") {
  print(usageText)
  exit(0)
}
do {
  let command = try TraceCommand(parsing: words)
  try command.run()
} catch {
  FileHandle.standardError.write(Data("wengen-trace: \(error)\n".utf8))
  // sysexits.h: EX_USAGE.
  exit(error is UsageError ? 64 : 1)
}
