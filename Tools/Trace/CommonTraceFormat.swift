// Common Trace Format 1.8.3 (diamon.org/ctf): a folder with `metadata` (TSDL, text) and a stream of
// packets for each core and one for the NIC, so that babeltrace2 and Trace Compass can read it.
//
// Every event class is a row of the event table. Fields are packed bytes, little-endian.

import Foundation
import Tracing

struct CommonTraceFormat {
  private let capture: Capture
  private let identifier: UUID

  /// - Parameter identifier: of this trace; given, so that the same input makes the same output.
  init(_ capture: Capture, identifier: UUID) {
    self.capture = capture
    self.identifier = identifier
  }

  private static let magic: UInt32 = 0xc1fc_1fc1

  // MARK: Metadata

  private var metadata: String {
    var text = """
      /* CTF 1.8 */

      trace {
        major = 1;
        minor = 8;
        uuid = "\(identifier.uuidString.lowercased())";
        byte_order = le;
        packet.header := struct {
          integer { size = 32; align = 8; signed = false; base = hex; } magic;
          integer { size = 8; align = 8; signed = false; } uuid[16];
          integer { size = 32; align = 8; signed = false; } stream_id;
        };
      };

      env {
        hostname = "wengen";
        domain = "kernel";
        tracer_name = "wengen-trace";
      };

      clock {
        name = virtual;
        description = "the machine's virtual time";
        freq = 1000000000;
        offset_s = 0;
        offset = 0;
      };

      stream {
        id = 0;
        packet.context := struct {
          integer { size = 64; align = 8; signed = false; map = clock.virtual.value; } timestamp_begin;
          integer { size = 64; align = 8; signed = false; map = clock.virtual.value; } timestamp_end;
          integer { size = 64; align = 8; signed = false; } content_size;
          integer { size = 64; align = 8; signed = false; } packet_size;
          integer { size = 64; align = 8; signed = false; } events_discarded;
          integer { size = 32; align = 8; signed = false; } cpu_id;
        };
        event.header := struct {
          integer { size = 16; align = 8; signed = false; } id;
          integer { size = 64; align = 8; signed = false; map = clock.virtual.value; } timestamp;
        };
        event.context := struct {
          integer { size = 64; align = 8; signed = false; } tag;
        };
      };

      """
    for event in TraceEvent.allCases { text += Self.eventClass(event) }
    return text
  }

  private static func eventClass(_ event: TraceEvent) -> String {
    let description = event.description
    var fields = ""
    // The names get an underscore from the format's rules; readers take it off again.
    if let first = description.first { fields += field(first, bits: 32) }
    if let second = description.second { fields += field(second, bits: 64) }
    return """

      event {
        id = \(event.rawValue);
        name = "\(event.source.name):\(description.name)";
        stream_id = 0;
        fields := struct {
      \(fields)  };
      };

      """
  }

  private static func field(_ argument: ArgumentDescription, bits: Int) -> String {
    let base =
      switch argument.unit {
      case .bits, .worker, .message: 16
      case .number, .bytes, .instructions: 10
      }
    return
      "    integer { size = \(bits); align = 8; signed = false; base = \(base); } _\(argument.name);\n"
  }

  // MARK: Streams

  /// File names and contents; `metadata` is one of them.
  var files: [String: Data] {
    var files = ["metadata": Data(metadata.utf8)]
    // Order within a stream is time; a stream is a core's, and the NIC's own events are one more.
    for (core, events) in Dictionary(grouping: capture.events, by: \.record.core) {
      let known = events.filter { $0.record.event != nil }
      guard !known.isEmpty else { continue }
      let name = core == TraceRecord.noCore ? "nic" : "core_\(core)"
      files[name] = packet(known, core: core)
    }
    return files
  }

  private func packet(_ events: [Event], core: UInt16) -> Data {
    var content = Data()
    for event in events {
      let record = event.record
      content.append(record.eventNumber)
      content.append(event.nanoseconds)
      content.append(record.tag)
      if record.event?.description.first != nil { content.append(record.first) }
      if record.event?.description.second != nil { content.append(record.second) }
    }
    var packet = Data()
    packet.append(Self.magic)
    let uuid = identifier.uuid
    packet.append(contentsOf: [
      uuid.0, uuid.1, uuid.2, uuid.3, uuid.4, uuid.5, uuid.6, uuid.7, uuid.8, uuid.9, uuid.10,
      uuid.11, uuid.12, uuid.13, uuid.14, uuid.15,
    ])
    packet.append(UInt32(0))
    let headBytes = packet.count + 5 * 8 + 4
    let bits = UInt64(headBytes + content.count) * 8
    packet.append(events.first?.nanoseconds ?? 0)
    packet.append(events.last?.nanoseconds ?? 0)
    packet.append(bits)
    packet.append(bits)
    packet.append(UInt64(0))
    packet.append(UInt32(core))
    packet.append(content)
    return packet
  }
}

extension Data {
  fileprivate mutating func append(_ value: some FixedWidthInteger) {
    for index in 0..<value.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }
}
