// A TextOutput that a test can read back.

import Reporting

/// Collects text.
struct Recording: TextOutput {
  private(set) var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What `body` writes.
func recorded(_ body: (inout Recording) -> Void) -> String {
  var recording = Recording()
  body(&recording)
  return recording.text
}

/// A value in its own words.
func words(_ value: some Reportable) -> String {
  recorded { $0.write(value) }
}
