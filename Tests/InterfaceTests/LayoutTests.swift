// Where lines lie: nothing overlaps, everything is where page tables and hardware expect it.

import Interface
import SystemInterface
import Testing

@Suite struct LayoutTests {
  @Test func linesAreLines() {
    #expect(LineGeometry.lineBytes == 128)
    #expect(LineGeometry.overflowLines * LineGeometry.lineBytes == LineGeometry.overflowBytes)
    #expect(EndpointLayout.pairFlip == UInt(LineGeometry.lineBytes))
    #expect(ControlLineWord.tag * LineGeometry.wordBytes + 8 == LineGeometry.lineBytes)
  }

  @Test func theArgumentAreaFillsTheLineUpToItsTail() {
    #expect(
      (ControlLineWord.firstArgument * LineGeometry.wordBytes) + ArgumentArea.inlineBytes
        == ControlLineWord.tail * LineGeometry.wordBytes)
    #expect(ArgumentArea.inlineSlots * 8 == ArgumentArea.inlineBytes)
    #expect(ArgumentArea.bytes == 4192)
  }

  /// Every offset of the area has its own byte, inside the lines and outside head and tail.
  @Test(arguments: [Parity.zero, .one])
  func argumentOffsetsAreDistinctBytes(parity: Parity) {
    var seen = Set<Int>()
    let line = Int(parity.rawValue) * LineGeometry.lineBytes
    for offset in 0..<ArgumentArea.bytes {
      let place = ArgumentArea.blockOffset(of: offset, parity: parity)
      #expect(seen.insert(place).inserted)
      let isInline = (line + 16..<line + 112).contains(place)
      let isOverflow = (0x100..<0x1100).contains(place)
      #expect(isInline != isOverflow)
    }
  }

  @Test(arguments: [(0, 0), (96, 0), (97, 1), (224, 1), (225, 2), (4192, 32)])
  func overflowLinesAreCountedFromTheEnd(end: Int, lines: Int) {
    #expect(ArgumentArea.overflowLines(forEnd: end) == lines)
  }

  @Test func partsOfABlockArePagesApart() {
    let receiveEnd = EndpointLayout.receiveOverflowOffset + LineGeometry.overflowBytes
    #expect(receiveEnd <= EndpointLayout.mappedBytes)
    #expect(EndpointLayout.mappedBytes % 4096 == 0)
    #expect(EndpointLayout.transmitControlOffset >= EndpointLayout.mappedBytes)
    #expect(
      EndpointLayout.transmitOverflowOffset + LineGeometry.overflowBytes
        <= EndpointLayout.blockBytes)
    #expect(EndpointLayout.blockBytes % 4096 == 0)
  }

  @Test func regionsOfTheWindowDoNotOverlap() {
    let last = EndpointIdentifier(UInt16(LineWindow.maximumEndpoints - 1))
    #expect(
      LineWindow.offset(of: last) + UInt64(EndpointLayout.blockBytes)
        <= LineWindow.coreStateOffset)
    #expect(
      LineWindow.coreStateOffset(of: CoreIdentifier(UInt16(LineWindow.maximumCores - 1))) + 128
        <= LineWindow.processStateOffset)
    #expect(LineWindow.processStateOffset < LineWindow.processLoadOffset)
    #expect(LineWindow.processLoadOffset < LineWindow.bytes)
  }

  @Test func registersDoNotOverlap() {
    let registers = [
      Register.magic, Register.version, Register.features, Register.capacity,
      Register.serviceCapacity, Register.stallLimitNanoseconds, Register.ethernetAddress,
      Register.internetAddress, Register.command, Register.commandResult, Register.commandValue,
    ]
    #expect(Set(registers).count == registers.count)
    for register in registers {
      #expect(register % 8 == 0)
      #expect(register < Register.commandArguments)
    }
    #expect(
      Register.commandArguments + UInt64(Register.commandArgumentWords * 8)
        <= Register.windowBytes)
    let magic: [UInt8] = (0..<8).map {
      UInt8(truncatingIfNeeded: Register.magicValue >> (56 - $0 * 8))
    }
    #expect(magic == Array("LBERHORN".utf8))
  }

  @Test func workersSeeTheirBlockAtItsOwnPlace() {
    #expect(UserAddressSpace.linesBase % UInt64(EndpointLayout.blockBytes) == 0)
    #expect(UserAddressSpace.imageLimit <= UserAddressSpace.linesBase)
    #expect(UserAddressSpace.linesBase < UserAddressSpace.stacksBase)
    #expect(UserAddressSpace.stackTop(ofThread: 0) % 16 == 0)
  }
}
