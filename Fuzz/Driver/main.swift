// A program for libFuzzer (https://llvm.org/docs/LibFuzzer.html). WENGEN_FUZZ names the target.

import Foundation
import FuzzTargets
import LibFuzzer

/// What this run is about; a wrong name ends the program.
let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["WENGEN_FUZZ"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("WENGEN_FUZZ=\(name): one of \(names) is needed")
  }
  return target
}()

var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
// Safety: the arguments are those of the process, as libFuzzer wants them.
let status = unsafe LLVMFuzzerRunDriver(&argumentCount, &arguments) { bytes, count in
  // Safety: libFuzzer gives so many bytes, valid for this call. They are copied, so that an
  // access past the end hits memory of which AddressSanitizer knows whose it is.
  let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
  if let failure = target.failure(of: input) {
    // A trap is what libFuzzer sees and keeps the input of.
    fatalError("\(target.rawValue): \(failure)")
  }
  return 0
}
exit(status)
