// Binary frames on a serial line that carries text, too.
//
// | offset | bytes | content |
// |---|---|---|
// | 0 | 2 | FE, A7: the first byte stands in no UTF-8 text |
// | 2 | 1 | kind |
// | 3 | 1 | 0 |
// | 4 | 2 | n, bytes of the payload, little-endian |
// | 6 | n | payload |
// | 6 + n | 4 | CRC-32 (ISO 3309) of bytes 2…5 + n, little-endian |
//
// A reader that meets anything else goes on one byte behind the sync bytes, so that a lost or a
// changed byte costs the frame that it was in, and no other.

public import Reporting

/// What a frame holds.
public enum FrameKind: UInt8, Hashable, Sendable, CaseIterable {
  /// A `StreamHeader`: the beginning of a dump.
  case header = 1
  /// A `BatchHeader`, then records.
  case events = 2
  /// A process's number (2 bytes), then its name in UTF-8.
  case processName = 3
  /// The end of a dump.
  case end = 4
}

/// Numbers of the format.
public enum FrameFormat {
  public static var sync0: UInt8 { 0xFE }
  public static var sync1: UInt8 { 0xA7 }
  public static var headBytes: Int { 6 }
  public static var checksumBytes: Int { 4 }
  /// A frame is small, so that little is lost with it and text does not wait long for the line.
  public static var largestPayload: Int { 1024 }
}

/// Takes bytes: a serial port, a test's buffer.
public protocol ByteSink: ~Copyable {
  mutating func put(_ byte: UInt8)
}

extension OutputQueue: ByteSink {}

/// CRC-32 as in ISO 3309, Ethernet and zip, half a byte at a time: a table of 64 bytes.
public struct Checksum: Sendable {
  private var remainder: UInt32 = .max

  public init() {}

  public var value: UInt32 { ~remainder }

  public mutating func add(_ byte: UInt8) {
    remainder ^= UInt32(byte)
    remainder = Self.step(remainder)
    remainder = Self.step(remainder)
  }

  private static func step(_ value: UInt32) -> UInt32 {
    // The remainders of 0…15, for the reversed polynomial EDB88320.
    let table: InlineArray<16, UInt32> = [
      0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158,
      0x5005_713c, 0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4,
      0xa00a_e278, 0xbdbd_f21c,
    ]
    return value >> 4 ^ table[Int(value & 15)]
  }
}

/// Writes one frame. The length is promised first, since the frame goes out as it is made.
public struct FrameWriter: ~Copyable {
  private var checksum = Checksum()
  private var left: Int

  /// - Parameter payloadBytes: at most `FrameFormat.largestPayload`.
  public init(
    _ kind: FrameKind, payloadBytes: Int, to sink: inout some ByteSink & ~Copyable
  ) {
    precondition(payloadBytes >= 0 && payloadBytes <= FrameFormat.largestPayload)
    left = payloadBytes + 4
    sink.put(FrameFormat.sync0)
    sink.put(FrameFormat.sync1)
    put(kind.rawValue, to: &sink)
    put(0, to: &sink)
    put(UInt8(truncatingIfNeeded: payloadBytes), to: &sink)
    put(UInt8(truncatingIfNeeded: payloadBytes >> 8), to: &sink)
  }

  public mutating func put(_ byte: UInt8, to sink: inout some ByteSink & ~Copyable) {
    precondition(left > 0, "more bytes than the frame was opened for")
    left -= 1
    checksum.add(byte)
    sink.put(byte)
  }

  /// Writes `bytes` bytes of a number, the lowest first.
  public mutating func put(
    _ value: UInt64, bytes: Int, to sink: inout some ByteSink & ~Copyable
  ) {
    for index in 0..<bytes {
      put(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)), to: &sink)
    }
  }

  /// Writes a record.
  public mutating func put(_ record: TraceRecord, to sink: inout some ByteSink & ~Copyable) {
    let words = record.wordsInMemory
    for index in 0..<TraceRecord.words { put(words[index], bytes: 8, to: &sink) }
  }

  /// Writes the checksum; all promised bytes are written.
  public consuming func finish(to sink: inout some ByteSink & ~Copyable) {
    precondition(left == 0, "fewer bytes than the frame was opened for")
    let value = checksum.value
    for index in 0..<FrameFormat.checksumBytes {
      sink.put(UInt8(truncatingIfNeeded: value >> UInt32(8 * index)))
    }
  }
}
