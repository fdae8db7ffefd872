// What is called, how often in one piece: the shapes of calls that the benchmark measures.

import Interface

/// A procedure's arguments and results, which are the same, and a call of it in XDR.
struct Shape {
  let name: String
  /// The type of arguments and results.
  let signature: [UInt8]
  let arguments: [UInt8]
  let services: Int

  static let all = [
    Shape(name: "null, 1 service", signature: [], arguments: [], services: 1),
    Shape(name: "64 bytes, 1 service", hypers: 8, services: 1),
    Shape(name: "64 bytes, 1000 services", hypers: 8, services: 1000),
    Shape(name: "1 KiB opaque, 1000 services", opaqueBytes: 1024, services: 1000),
    Shape(name: "4 KiB opaque, 1000 services", opaqueBytes: 4096 - 8, services: 1000),
  ]
}

extension Shape {
  init(name: String, hypers: Int, services: Int) {
    self.init(
      name: name, signature: Array(repeating: SignatureCode.hyper.rawValue, count: hypers),
      arguments: (0..<8 * hypers).map { UInt8(truncatingIfNeeded: $0) }, services: services)
  }

  init(name: String, opaqueBytes bytes: Int, services: Int) {
    let size = [UInt8(bytes & 0xFF), UInt8(bytes >> 8)]
    self.init(
      name: name, signature: [SignatureCode.opaque.rawValue] + size,
      arguments: [0, 0, size[1], size[0]] + (0..<bytes).map { UInt8(truncatingIfNeeded: $0) },
      services: services)
  }

  /// Lines behind the control line that arguments and results take. Hypers stand in their slots;
  /// bytes stand behind theirs, or in the overflow lines when they do not fit there.
  var overflowLines: Int {
    signature.first == SignatureCode.opaque.rawValue
      ? ArgumentArea.overflowLines(
        forEnd: ValueLayout.startOfRun(bytes: arguments.count - 4, usedEnd: 8) + arguments.count - 4
      )
      : ArgumentArea.overflowLines(forEnd: signature.count * ValueLayout.slotBytes)
  }
}
