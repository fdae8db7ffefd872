// wengen-run: what `make run` does. Boots the guest, makes calls, says what each one took.

import Foundation
import Harness

let words = CommandLine.arguments.dropFirst()
if let word = words.first {
  let isHelp = word == "--help"
  let text = """
    wengen-run boots a machine, calls its services and shows what each call took.
    It takes no arguments: `make run` builds what it needs and sets its environment
    (Tools/README.md); `make` lists the variables.

    """
  let output = isHelp ? FileHandle.standardOutput : FileHandle.standardError
  output.write(Data(((isHelp ? "" : "wengen-run: unknown argument '\(word)'\n") + text).utf8))
  exit(isHelp ? 0 : 64)
}
do {
  let settings = try Settings(environment: ProcessInfo.processInfo.environment)
  let status = try Runner(settings).run()
  exit(status)
} catch {
  FileHandle.standardError.write(Data("\nmake run: \(error)\n".utf8))
  exit(1)
}
