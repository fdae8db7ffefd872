// wengen-run: what `make run` does. Boots the guest, makes calls, says what each one took.

import Foundation
import Harness

do {
  let settings = try Settings(environment: ProcessInfo.processInfo.environment)
  let status = try Runner(settings).run()
  exit(status)
} catch {
  FileHandle.standardError.write(Data("\nmake run: \(error)\n".utf8))
  exit(1)
}
