// wengen-call: calls one procedure of any ONC RPC server over UDP, and says what came of it.
//
// The arguments are parsed by hand: nothing of this project is downloaded but by apt-get, so no
// package for that is used.

import Foundation

let words = Array(CommandLine.arguments.dropFirst())
if words.first == "--help" {
  print(usageText)
  exit(0)
}
do throws(CommandLineFailure) {
  let command = try CallCommand(parsing: words)
  try command.run()
} catch {
  fail(error)
}
