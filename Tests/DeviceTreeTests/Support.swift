// What the suites share: the fixture, texts as strings, reproducible randomness.

import DeviceTree
import Foundation
import Reporting
import Testing

/// QEMU 7.2's own tree for `-M virt,gic-version=3,virtualization=on -cpu cortex-a57 -smp 48
/// -m 1G -nic none`, as `dumpdtb` wrote it, without the 1 MiB of room behind the strings.
func virtTree() throws -> [UInt8] {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/virt-48-cores.dtb")
  return try Array(Data(contentsOf: file))
}

extension DeviceTree {
  func string(_ reference: TextReference) -> String {
    let span = text(reference)
    var bytes: [UInt8] = []
    for index in span.indices { bytes.append(span[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Collects text.
private struct Recording: TextOutput {
  var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// A value in its own words.
func words(_ value: some Reportable) -> String {
  var recording = Recording()
  recording.write(value)
  return String(decoding: recording.bytes, as: UTF8.self)
}

/// `#require` for what a tree gives: the macro itself cannot borrow a view.
func unwrap<Value>(_ value: Value?) throws -> Value { try #require(value) }
