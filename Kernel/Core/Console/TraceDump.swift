// The rings' way out: as text for a person, as frames for the converter.

internal import Boot
internal import Interface
internal import Platform
internal import Reporting
internal import Tracing

/// The port itself, for a panic.
private struct RawPort: ByteSink {
  let port: PL011
  mutating func put(_ byte: UInt8) { port.write(rawByte: byte) }
}

/// Dumps of what the cores have recorded.
enum TraceDump {
  // Safety: only the boot core, in the console's interrupt, and a panic use them.
  /// How far the dumps have come: of core c's rings, 2c the frequent one, 2c + 1 the rare one.
  nonisolated(unsafe) private static var cursors = InlineArray<128, EventCursor>(
    repeating: EventCursor())

  // MARK: Frames

  /// Writes everything that was recorded since the last dump, as frames.
  static func frames() {
    Console.withReply { header.write(to: &$0) }
    forEachProcessName { process, name in
      Console.withReply { name.writeFrame(process: process, to: &$0) }
    }
    forEachRing { core, isRare, ring, index in
      // Others go on recording: what was there at the beginning, and not for ever.
      for _ in 0...ring.capacity / BatchHeader.largestCount {
        var isDone = false
        Console.withReply {
          isDone = unsafe !cursors[index].writeFrame(
            core: core, isRare: isRare, from: ring, to: &$0)
        }
        if isDone { break }
      }
    }
    Console.withReply { FrameWriter(.end, payloadBytes: 0, to: &$0).finish(to: &$0) }
  }

  private static var header: StreamHeader {
    StreamHeader(ticksPerSecond: read_counter_frequency(), coreCount: UInt64(Kernel.coreCount))
  }

  // MARK: Text

  /// Writes the newest events of each core in words, the oldest first.
  static func text(count: Int) {
    forEachRing { _, _, ring, _ in
      var cursor = EventCursor()
      cursor.rewind(count, before: ring)
      for _ in 0..<count {
        guard let record = cursor.read(from: ring) else { break }
        Console.withReply { $0.writeEvent(record) }
      }
    }
  }

  /// Writes how much was recorded, and how much of it no dump has shown.
  static func counts() {
    forEachRing { core, isRare, ring, index in
      // Once: its core may record meanwhile.
      let written = ring.written
      guard written > 0 else { return }
      let cursor = unsafe cursors[index]
      let overwritten = written - min(written, UInt64(ring.capacity - 1))
      let lost = cursor.lost + overwritten - min(overwritten, cursor.next)
      Console.withReply {
        $0.writeLine(
          "core \(core) \(isRare ? "rare" : "frequent"): recorded \(written) lost \(lost)")
      }
    }
  }

  // MARK: Panic

  /// The last events of every core, in words and, so that the converter has all, as frames.
  /// Nobody else's lock is needed; the other cores may still run.
  static func afterPanic() {
    guard Trace.sources != .none else { return }
    Console.writeUnlocked { port in
      port.write("last events:\n")
      forEachRing { _, _, ring, _ in
        var cursor = EventCursor()
        cursor.rewind(8, before: ring)
        for _ in 0..<8 {
          guard let record = cursor.read(from: ring) else { break }
          port.writeEvent(record)
        }
      }
      var raw = RawPort(port: port)
      header.write(to: &raw)
      forEachRing { core, isRare, ring, index in
        for _ in 0...ring.capacity / BatchHeader.largestCount {
          guard
            unsafe cursors[index].writeFrame(core: core, isRare: isRare, from: ring, to: &raw)
          else { break }
        }
      }
      FrameWriter(.end, payloadBytes: 0, to: &raw).finish(to: &raw)
      port.write("\n")
    }
  }

  // MARK: What there is

  static func forEachRing(
    _ body: (_ core: UInt16, _ isRare: Bool, EventRing, _ index: Int) -> Void
  ) {
    for core in 0..<Kernel.coreCount {
      guard let recorder = Kernel.cores[CoreIdentifier(core)].recorder else { continue }
      body(core, true, recorder.rare, Int(core) * 2 + 1)
      body(core, false, recorder.frequent, Int(core) * 2)
    }
  }

  private static func forEachProcessName(_ body: (UInt16, NameBytes) -> Void) {
    for number in 1...ProcessTable.capacity {
      let process = ProcessIdentifier(UInt16(number))
      let name = Kernel.withTables { () -> NameBytes? in
        ProcessTable.withBlock(of: process) { block in
          var bytes = NameBytes()
          bytes.write(block.plan.name)
          return bytes
        }
      }
      if let name { body(process.number, name) }
    }
  }
}

extension TextOutput {
  mutating func writeEvent(_ record: TraceRecord) {
    write(record, ticksPerSecond: max(1, read_counter_frequency()))
    write("\n")
  }
}

/// A process's name as bytes, cut to what fits.
private struct NameBytes: TextOutput {
  private var bytes = InlineArray<64, UInt8>(repeating: 0)
  private var count = 0

  mutating func write(byte: UInt8) {
    guard count < 64 else { return }
    bytes[count] = byte
    count += 1
  }

  func writeFrame(process: UInt16, to sink: inout some ByteSink) {
    var frame = FrameWriter(.processName, payloadBytes: 2 + count, to: &sink)
    frame.put(UInt64(process), bytes: 2, to: &sink)
    for index in 0..<count { frame.put(bytes[index], to: &sink) }
    frame.finish(to: &sink)
  }
}
