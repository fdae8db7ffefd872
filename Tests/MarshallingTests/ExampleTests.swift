// Every example, both ways, cut, extended and moved.

import Interface
import Marshalling
import Testing

@Suite struct ExampleTests {
  @Test(arguments: Example.all)
  func isValid(_ example: Example) {
    #expect(validate(example.signature) == nil)
  }

  @Test(arguments: Example.all)
  func unmarshals(_ example: Example) {
    #expect(unmarshal(example.xdr, example.signature) == example.area)
  }

  @Test(arguments: Example.all)
  func marshals(_ example: Example) {
    #expect(marshal(example.area, example.signature) == example.xdr)
  }

  @Test("R13: no byte of the used part is left from before", arguments: Example.all)
  func leavesNoStaleByte(_ example: Example) {
    for stale: UInt8 in [0x00, 0x5A, 0xFF] {
      #expect(unmarshal(example.xdr, example.signature, stale: stale) == example.area)
    }
  }

  @Test(arguments: Example.all)
  func refusesEveryTruncation(_ example: Example) {
    for count in 0..<example.xdr.count {
      #expect(unmarshal(Array(example.xdr[..<count]), example.signature) == nil, "\(count) bytes")
    }
  }

  @Test(arguments: Example.all)
  func refusesBytesAfterTheValue(_ example: Example) {
    #expect(unmarshal(example.xdr + [0], example.signature) == nil)
    #expect(unmarshal(example.xdr + [0, 0, 0, 0], example.signature) == nil)
  }

  @Test(arguments: Example.all)
  func refusesAnAreaThatIsTooSmall(_ example: Example) {
    for bytes in 0..<example.area.count {
      #expect(unmarshal(example.xdr, example.signature, areaBytes: bytes) == nil, "\(bytes) bytes")
    }
    let exact = unmarshal(example.xdr, example.signature, areaBytes: example.area.count)
    #expect(exact == example.area)
  }

  @Test(arguments: Example.all)
  func refusesAnAreaThatWasNotFetchedWhole(_ example: Example) {
    for bytes in stride(from: 0, to: example.area.count, by: 8) {
      #expect(marshal(Array(example.area[..<bytes]), example.signature) == nil, "\(bytes) bytes")
    }
  }

  @Test(arguments: Example.all)
  func refusesTooLittleRoomForXDR(_ example: Example) {
    for room in 0..<example.xdr.count {
      #expect(marshal(example.area, example.signature, room: room) == nil, "\(room) bytes")
    }
    #expect(marshal(example.area, example.signature, room: example.xdr.count) == example.xdr)
  }
}
