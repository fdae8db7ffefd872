// An endpoint's block in ordinary memory, for handlers to work on.

import Interface
import UserStart

/// One endpoint's receive lines, with a byte pattern where nothing was written.
@safe final class EndpointBlock {
  static let untouched: UInt8 = 0xA5

  private let memory: UnsafeMutableRawBufferPointer
  let parity: Parity

  init(parity: Parity) {
    self.parity = parity
    // Safety: released in deinit; a block is aligned to its size, as in the FPGA's window.
    unsafe memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: EndpointLayout.mappedBytes, alignment: EndpointLayout.blockBytes)
    for index in unsafe memory.indices { unsafe memory[index] = Self.untouched }
  }

  deinit {
    // Safety: allocated in init.
    unsafe memory.deallocate()
  }

  /// The current control line, as a handler gets it.
  var line: UserLine {
    // Safety: both control lines are inside the memory.
    unsafe UserLine(address: memory.baseAddress.unsafelyUnwrapped + lineOffset)
  }

  /// Word `index` of the current control line.
  func controlWord(_ index: Int) -> UInt64 {
    // Safety: bounds are checked by the buffer.
    unsafe memory.load(fromByteOffset: lineOffset + index * 8, as: UInt64.self)
  }

  /// Puts a message's tail where a response's head shall come.
  func setTail(_ tail: MessageTail) {
    // Safety: bounds are checked by the buffer.
    unsafe memory.storeBytes(
      of: tail.word, toByteOffset: lineOffset + ControlLineWord.tail * 8, as: UInt64.self)
  }

  /// A slot of the argument area, by the definition in the interface and not by the code tested.
  subscript(offset offset: Int) -> UInt64 {
    get {
      // Safety: bounds are checked by the buffer.
      unsafe memory.load(
        fromByteOffset: ArgumentArea.blockOffset(of: offset, parity: parity), as: UInt64.self)
    }
    set {
      // Safety: as above.
      unsafe memory.storeBytes(
        of: newValue, toByteOffset: ArgumentArea.blockOffset(of: offset, parity: parity),
        as: UInt64.self)
    }
  }

  /// A byte of the argument area.
  func byte(at offset: Int) -> UInt8 {
    // Safety: bounds are checked by the buffer (debug builds, as tests are).
    unsafe memory[ArgumentArea.blockOffset(of: offset, parity: parity)]
  }

  func setByte(at offset: Int, to value: UInt8) {
    // Safety: as above.
    unsafe memory[ArgumentArea.blockOffset(of: offset, parity: parity)] = value
  }

  /// The other control line's bytes: no handler may touch them (R4: the NIC may own that line).
  var otherLineIsUntouched: Bool {
    let start = Int(parity.flipped.rawValue) * LineGeometry.lineBytes
    // Safety: both control lines are inside the memory.
    return unsafe memory[start..<start + LineGeometry.lineBytes].allSatisfy {
      $0 == Self.untouched
    }
  }

  private var lineOffset: Int { Int(parity.rawValue) * LineGeometry.lineBytes }
}
