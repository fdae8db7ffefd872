// Handlers' view of a call: what they read is where the interface says, and so is what they write.

import Interface
import Testing
import UserRuntime

@Suite struct CallTests {
  static let parities: [Parity] = [.zero, .one]

  /// Word 14 as the NIC reads it.
  private func head(_ block: EndpointBlock) -> ResponseHead? {
    ResponseHead(word: block.controlWord(ControlLineWord.tail))
  }

  @Test(arguments: parities)
  func nullAnswerStoresOnlyTheHead(parity: Parity) {
    let block = EndpointBlock(parity: parity)
    Call(block.line).succeed()
    #expect(block.controlWord(ControlLineWord.tail) == 0)
    for word in 0..<LineGeometry.wordsPerLine where word != ControlLineWord.tail {
      #expect(block.controlWord(word) == 0xA5A5_A5A5_A5A5_A5A5)
    }
    #expect(block.otherLineIsUntouched)
  }

  @Test(arguments: parities, [0, 11, 12, 13, ArgumentArea.bytes / 8 - 1])
  func argumentsComeFromTheirSlots(parity: Parity, slot: Int) {
    let block = EndpointBlock(parity: parity)
    block[offset: slot * 8] = 0x0123_4567_89AB_CDEF
    let call = Call(block.line)
    #expect(call.argument(slot) == 0x0123_4567_89AB_CDEF)
  }

  static let extensions: [(value: Int32, slot: UInt64)] = [
    (.min, 0xFFFF_FFFF_8000_0000), (-1, .max), (0, 0), (.max, 0x7FFF_FFFF),
  ]

  @Test(arguments: extensions)
  func signedResultsAreExtended(value: Int32, slot: UInt64) {
    let block = EndpointBlock(parity: .one)
    Call(block.line).succeed(with: value, UInt32.max)
    #expect(block[offset: 0] == slot)
    #expect(block[offset: 8] == 0xFFFF_FFFF)
    #expect(head(block) == ResponseHead(status: .success))
    #expect(block.otherLineIsUntouched)
  }

  @Test func realResultsAreTheirBits() {
    let block = EndpointBlock(parity: .zero)
    Call(block.line).succeed(with: -0.0)
    #expect(block[offset: 0] == 0x8000_0000_0000_0000)
    Call(block.line).succeed(with: Float(1.5))
    #expect(block[offset: 0] == 0x3FC0_0000)
    var response = Call(block.line).respond(slots: 2)
    response.setSlot(0, to: Double.infinity)
    response.setSlot(1, to: -Float.infinity)
    response.send()
    #expect(block[offset: 0] == 0x7FF0_0000_0000_0000)
    #expect(block[offset: 8] == 0xFF80_0000)
    #expect(head(block) == ResponseHead(status: .success))
  }

  @Test(arguments: [
    (CallFailure.garbageArguments, ResponseStatus.garbageArguments), (.systemError, .systemError),
  ])
  func failuresAreStatuses(failure: CallFailure, status: ResponseStatus) {
    let block = EndpointBlock(parity: .zero)
    Call(block.line).fail(failure)
    #expect(head(block) == ResponseHead(status: status))
  }

  // Runs at both ends of both parts of the area.
  @Test(arguments: parities, [(8, 1), (8, 88), (88, 8), (96, 1), (96, 4096), (4184, 8), (0, 0)])
  func bytesOfAReference(parity: Parity, run: (offset: Int, length: Int)) {
    let block = EndpointBlock(parity: parity)
    for index in 0..<run.length {
      block.setByte(at: run.offset + index, to: UInt8(truncatingIfNeeded: index &* 7 &+ 1))
    }
    let reference = DataReference(offset: UInt32(run.offset), length: UInt32(run.length))
    let call = Call(block.line)
    call.withBytes(of: reference.word) { bytes in
      #expect(bytes.byteCount == run.length)
      for index in 0..<bytes.byteCount {
        let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        #expect(byte == UInt8(truncatingIfNeeded: index &* 7 &+ 1))
      }
    }
  }

  @Test(arguments: parities)
  func slotsOfAReference(parity: Parity) {
    let block = EndpointBlock(parity: parity)
    for index in 0..<6 { block[offset: 96 + index * 8] = UInt64(index) &- 2 }
    let call = Call(block.line)
    let sums = call.withSlots(
      of: DataReference(offset: 96, length: 3).word, slotsPerElement: 2
    ) { slots in
      var sum: UInt64 = 0
      for index in slots.indices { sum &+= slots[index] }
      return (sum: sum, count: slots.count)
    }
    #expect(sums == (sum: 3, count: 6))
  }

  // The number of overflow lines that the NIC must fetch, at the edges.
  @Test(arguments: [
    (8, 0, 0), (8, 88, 0), (96, 1, 1), (96, 128, 1), (96, 129, 2), (96, 4000, 32), (96, 4096, 32),
  ])
  func argumentInPlaceStoresOnlyTheHead(offset: Int, length: Int, lines: UInt8) {
    let block = EndpointBlock(parity: .one)
    let reference = DataReference(offset: UInt32(offset), length: UInt32(length))
    block[offset: 0] = reference.word
    Call(block.line).succeed(withArgumentInPlace: reference.word)
    #expect(head(block) == ResponseHead(status: .success, overflowLineCount: lines))
    #expect(block[offset: 0] == reference.word)
    #expect(block.byte(at: 96) == EndpointBlock.untouched)
  }

  // References that a handler made up, or mixed up: each must end the process (here a child).
  @Test func referenceBehindTheAreaTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      Call(block.line).withBytes(of: DataReference(offset: 4184, length: 9).word) { _ in }
    }
  }

  @Test func referenceAcrossTheControlLinesEndTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      Call(block.line).withBytes(of: DataReference(offset: 88, length: 9).word) { _ in }
    }
  }

  @Test func misalignedReferenceTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      Call(block.line).withSlots(of: DataReference(offset: 100, length: 1).word) { _ in }
    }
  }

  @Test func slotBehindTheAreaTraps() async {
    await #expect(processExitsWith: .failure) {
      let block = EndpointBlock(parity: .zero)
      _ = Call(block.line).argument(ArgumentArea.bytes / 8)
    }
  }
}
