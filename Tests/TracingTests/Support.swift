// What the tests of tracing share: random numbers that can be had again, sinks, rings.

import Tracing

/// A seed that differs from run to run, printed so that a failure can be had again.
func printedSeed(_ test: String) -> UInt64 {
  let seed = UInt64.random(in: 0 ... .max)
  print("\(test): seed \(seed)")
  return seed
}

/// Bytes in an array.
struct ByteArray: ByteSink {
  var bytes: [UInt8] = []

  mutating func put(_ byte: UInt8) { bytes.append(byte) }
}

/// Memory for rings; freed with the last reference.
@safe final class RingStorage {
  // Safety: allocated and freed here; the rings in it do not outlive a test.
  let memory: UnsafeMutableRawPointer

  init(bytes: Int) {
    unsafe memory = .allocate(byteCount: bytes, alignment: 128)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  deinit { unsafe memory.deallocate() }

  func recorder(core: UInt16 = 3) -> EventRecorder {
    unsafe EventRecorder(core: core, storage: memory)
  }
}

extension RingStorage {
  convenience init() { self.init(bytes: EventRecorder.bytes) }
}

/// The pieces of a capture.
func pieces(_ bytes: [UInt8]) -> (pieces: [CapturePiece], damaged: Int) {
  var reader = FrameReader(bytes.span)
  var found: [CapturePiece] = []
  while let piece = reader.next() { found.append(piece) }
  return (found, reader.damagedFrames)
}

/// A frame with these bytes.
func frame(_ kind: FrameKind, _ payload: [UInt8]) -> [UInt8] {
  var sink = ByteArray()
  var writer = FrameWriter(kind, payloadBytes: payload.count, to: &sink)
  for byte in payload { writer.put(byte, to: &sink) }
  writer.finish(to: &sink)
  return sink.bytes
}

// The macros of Testing take no spans: these take arrays.

func source(named name: String) -> EventSource? { EventSource(named: Array(name.utf8).span) }
func storedRecord(in bytes: [UInt8], at offset: Int) -> TraceRecord? {
  TraceRecord(bytes.span, at: offset)
}
func batchHeader(_ payload: [UInt8]) -> BatchHeader? { BatchHeader(payload.span) }
