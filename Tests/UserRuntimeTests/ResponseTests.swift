// Answers with variable data: where it lands, what refers to it, and how many lines the NIC takes.

import Interface
import Testing
import UserRuntime

@Suite struct ResponseTests {
  private func head(_ block: EndpointBlock) -> ResponseHead? {
    ResponseHead(word: block.controlWord(ControlLineWord.tail))
  }

  // (bytes, offset of the run, overflow lines) with one slot: inline up to 88 bytes.
  @Test(arguments: [
    (0, 8, 0), (1, 8, 0), (88, 8, 0), (89, 96, 1), (128, 96, 1), (129, 96, 2), (4096, 96, 32),
  ])
  func bytesAreAppended(count: Int, offset: Int, lines: Int) {
    let block = EndpointBlock(parity: .one)
    var response = Call(block.line).respond(slots: 1)
    response.appendBytes(slot: 0, count: count) { bytes in
      #expect(bytes.byteCount == count)
      for index in 0..<count {
        bytes.storeBytes(
          of: UInt8(truncatingIfNeeded: index), toByteOffset: index, as: UInt8.self)
      }
    }
    response.send()

    let reference = DataReference(word: block[offset: 0])
    #expect(reference.length == UInt32(count))
    if count > 0 { #expect(reference.offset == UInt32(offset)) }
    for index in 0..<count {
      #expect(block.byte(at: offset + index) == UInt8(truncatingIfNeeded: index))
    }
    #expect(head(block) == ResponseHead(status: .success, overflowLineCount: UInt8(lines)))
    #expect(block.otherLineIsUntouched)
  }

  @Test func runsDoNotOverlap() {
    let block = EndpointBlock(parity: .zero)
    var response = Call(block.line).respond(slots: 4)
    response.setSlot(0, to: Int32(-5))
    response.appendBytes(slot: 1, count: 3) { bytes in
      for index in 0..<3 { bytes.storeBytes(of: 0x11, toByteOffset: index, as: UInt8.self) }
    }
    response.appendSlots(slot: 2, count: 2, slotsPerElement: 2) { slots in
      for index in slots.indices { slots[index] = UInt64(index) + 100 }
    }
    response.appendBytes(slot: 3, count: 40) { bytes in
      for index in 0..<40 { bytes.storeBytes(of: 0x33, toByteOffset: index, as: UInt8.self) }
    }
    response.send()

    // Slots end at 32; 3 bytes there, then at 40 four slots up to 72; 40 more bytes would lie
    // across offset 96.
    #expect(block[offset: 0] == UInt64(bitPattern: -5))
    #expect(DataReference(word: block[offset: 8]) == DataReference(offset: 32, length: 3))
    #expect(DataReference(word: block[offset: 16]) == DataReference(offset: 40, length: 2))
    #expect(DataReference(word: block[offset: 24]) == DataReference(offset: 96, length: 40))
    #expect(block.byte(at: 34) == 0x11)
    for index in 0..<4 { #expect(block[offset: 40 + index * 8] == UInt64(index) + 100) }
    #expect(block.byte(at: 135) == 0x33)
    #expect(head(block) == ResponseHead(status: .success, overflowLineCount: 1))
  }

  @Test func moreThanTheAreaTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      var response = Call(block.line).respond(slots: 2)
      response.appendBytes(slot: 0, count: 4000) { _ in }
      response.appendBytes(slot: 1, count: 97) { _ in }
      response.send()
    }
  }

  @Test func slotThatIsNoResultTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      var response = Call(block.line).respond(slots: 2)
      response.setSlot(2, to: 0)
      response.send()
    }
  }
}
