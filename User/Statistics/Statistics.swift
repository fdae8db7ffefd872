// The statistics service: what kernel and NIC have counted, over RPC.
//
// statistics.x is the same interface for clients (rpcgen). The kernel makes the records
// (SystemInterface/SystemRecord.swift); this program hands them on.

import Interface
import SystemInterface
import UserRuntime

@main
enum Statistics {
  /// Where there is no record, as statistics.x says.
  static var none: UInt64 { 0xffff_ffff }

  static func main() {
    let service = Service(
      port: Process.port(standard: 4010), program: 0x2000_0110, version: 1)

    // STATISTICS_NULL
    service.register(procedure: 0, arguments: Signature(), results: Signature()) { _, _, _, line in
      Call(line).succeed()
    }
    registerNumbers(service, procedure: 1, .system, words: 15)
    registerNumbers(service, procedure: 2, .core, words: 21)
    registerProcess(service)
    registerNumbers(service, procedure: 4, .service, words: 16)
    registerNumbers(service, procedure: 5, .span, words: 6)
    service.announce()
  }

  /// A record that is numbers only. The data word says which, and how many words it has.
  private static func registerNumbers(
    _ service: Service, procedure: UInt32, _ record: SystemRecord, words: UInt64
  ) {
    service.register(
      procedure: procedure, arguments: Signature { $0.unsignedInt() },
      results: Signature { fields in for _ in 0..<words { fields.unsignedHyper() } },
      data: record.rawValue << 32 | words
    ) { data, number, _, line in
      let call = Call(line)
      var words = [24 of UInt64](repeating: 0)
      if !Machine.read(data >> 32, from: number, into: &words) { words[0] = Statistics.none }
      let count = Int(data & 0xff)
      var response = call.respond(slots: count)
      for index in 0..<count { response.setSlot(index, to: words[index]) }
      response.send()
    }
  }

  /// STATISTICS_PROCESS: its record has the name in words 1 to 4.
  private static func registerProcess(_ service: Service) {
    service.register(
      procedure: 3, arguments: Signature { $0.unsignedInt() },
      results: Signature { fields in
        fields.unsignedHyper()
        fields.string(max: 32)
        for _ in 0..<15 { fields.unsignedHyper() }
      }
    ) { _, number, _, line in
      let call = Call(line)
      var words = [24 of UInt64](repeating: 0)
      if !Machine.read(SystemRecord.process.rawValue, from: number, into: &words) {
        words[0] = Statistics.none
      }
      var response = call.respond(slots: 17)
      response.setSlot(0, to: words[0])
      var length = 0
      while length < 32, Statistics.byte(length, of: words) != 0 { length += 1 }
      response.appendBytes(slot: 1, count: length) { name in
        for index in 0..<length {
          name.storeBytes(
            of: Statistics.byte(index, of: words), toByteOffset: index, as: UInt8.self)
        }
      }
      for index in 5..<20 { response.setSlot(index - 3, to: words[index]) }
      response.send()
    }
  }

  /// A byte of the name.
  private static func byte(_ index: Int, of words: [24 of UInt64]) -> UInt8 {
    UInt8(truncatingIfNeeded: words[1 + index / 8] >> UInt64(index % 8 * 8))
  }
}
