// Handlers between the NIC's unmarshaller and marshaller: from XDR to XDR.
//
// The marshaller gets only the overflow lines that the response's head announces, as in R4, so a
// head that says too few loses data here.

import Interface
import Marshalling
import Testing
import UserRuntime

@Suite struct WireTests {
  /// Decodes `request`, runs `handler` on it and encodes what it left in the lines.
  /// Nil when one side refuses.
  private func serve(
    _ request: [UInt8], arguments: Signature, results: Signature, parity: Parity = .one,
    handler: Handler
  ) -> [UInt8]? {
    var area = [UInt8](repeating: 0, count: ArgumentArea.bytes)
    let end = arguments.withBytes { signature in
      var span = area.mutableSpan
      return Unmarshaller.unmarshal(request.span, signature: signature, into: &span)
    }
    guard let end else { return nil }

    let block = EndpointBlock(parity: parity)
    for offset in 0..<end { block.setByte(at: offset, to: area[offset]) }
    block.setTail(
      MessageTail(
        kind: .call, overflowLineCount: UInt8(ArgumentArea.overflowLines(forEnd: end)),
        process: ProcessIdentifier(1), argumentBytes: UInt32(end)))
    handler(0, block[offset: 0], block[offset: 8], block.line)

    guard let head = ResponseHead(word: block.controlWord(ControlLineWord.tail)),
      head.status == .success
    else { return nil }
    let fetched =
      ArgumentArea.inlineBytes + Int(head.overflowLineCount) * LineGeometry.lineBytes
    let response = (0..<fetched).map { block.byte(at: $0) }
    var reply = [UInt8](repeating: 0, count: 8192)
    let count = results.withBytes { signature in
      var span = reply.mutableSpan
      return Marshaller.marshal(response.span, signature: signature, into: &span)
    }
    return count.map { Array(reply[..<$0]) }
  }

  private func xdr(_ words: UInt32...) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
  }

  private func opaque(_ count: Int) -> [UInt8] {
    xdr(UInt32(count)) + (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      + [UInt8](repeating: 0, count: (4 - count % 4) % 4)
  }

  // Around the end of the control line, of an overflow line, and the most.
  @Test(arguments: [0, 1, 3, 4, 87, 88, 89, 127, 128, 129, 3999, 4000])
  func argumentInPlaceComesBack(count: Int) {
    let signature = Signature { $0.opaque(max: 4000) }
    let request = opaque(count)
    let reply = serve(request, arguments: signature, results: signature) { _, payload, _, line in
      Call(line).succeed(withArgumentInPlace: payload)
    }
    #expect(reply == request)
  }

  @Test func scalarsInRegisters() {
    let arguments = Signature {
      $0.int()
      $0.int()
    }
    let reply = serve(
      xdr(0x7FFF_FFFF, 1), arguments: arguments, results: Signature { $0.int() }
    ) { _, left, right, line in
      Call(line).succeed(
        with: Int32(truncatingIfNeeded: left) &+ Int32(truncatingIfNeeded: right))
    }
    #expect(reply == xdr(0x8000_0000))
  }

  @Test(arguments: [0, 1, 11, 12, 256])
  func arraysAreSlots(count: Int) {
    let reply = serve(
      xdr(UInt32(count)) + (0..<count).flatMap { xdr(UInt32(bitPattern: -Int32($0))) },
      arguments: Signature { $0.array(max: 256) { $0.int() } },
      results: Signature {
        $0.hyper()
        $0.unsignedInt()
      }
    ) { _, values, _, line in
      let call = Call(line)
      let result = call.withSlots(of: values) { values in
        var sum: UInt64 = 0
        for index in values.indices { sum &+= values[index] }
        return (sum: sum, count: values.count)
      }
      call.succeed(with: result.sum, result.count)
    }
    let sum = UInt64(bitPattern: -Int64(count * max(count - 1, 0) / 2))
    #expect(
      reply
        == xdr(
          UInt32(truncatingIfNeeded: sum >> 32), UInt32(truncatingIfNeeded: sum), UInt32(count)))
  }

  // unsigned → struct { int; opaque<>; struct { int; hyper; } pairs<>; }
  @Test(arguments: [0, 1, 40, 2000])
  func responsesWithVariableData(count: Int) {
    let results = Signature {
      $0.int()
      $0.opaque(max: 2000)
      $0.array(max: 9) {
        $0.int()
        $0.hyper()
      }
    }
    let reply = serve(
      xdr(UInt32(count)), arguments: Signature { $0.unsignedInt() }, results: results
    ) { _, count, _, line in
      var response = Call(line).respond(slots: 3)
      response.setSlot(0, to: Int32(-3))
      response.appendBytes(slot: 1, count: Int(count)) { bytes in
        for index in 0..<bytes.byteCount {
          bytes.storeBytes(
            of: UInt8(truncatingIfNeeded: index &* 31), toByteOffset: index, as: UInt8.self)
        }
      }
      response.appendSlots(slot: 2, count: 2, slotsPerElement: 2) { slots in
        slots[0] = UInt64(bitPattern: -1)
        slots[1] = 0x1_0000_0002
        slots[2] = 5
        slots[3] = 6
      }
      response.send()
    }
    #expect(
      reply == xdr(UInt32(bitPattern: -3)) + opaque(count)
        + xdr(2, UInt32.max, 1, 2, 5, 0, 6))
  }

  // A handler that forgets to answer leaves the message's tail, which is no response.
  @Test func noAnswerIsNoResponse() {
    #expect(
      serve([], arguments: Signature(), results: Signature()) { _, _, _, _ in } == nil)
  }
}
