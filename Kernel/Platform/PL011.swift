// The serial port: PL011, or the SBSA subset of it (Arm DDI 0183; SBSA appendix B).
//
// Baud rate and format stay as firmware set them: Enzian's firmware describes the port as SBSA
// UART, which has no divisor, and QEMU does not care.

public import ArchAArch64
public import Reporting

/// A PL011, polled for output, by interrupt for input.
public struct PL011: TextOutput, Sendable {
  private enum Offset {
    static let data: UInt = 0x00  // UARTDR
    static let flags: UInt = 0x18  // UARTFR
    static let interruptMask: UInt = 0x38  // UARTIMSC
    static let interruptClear: UInt = 0x44  // UARTICR
  }

  private enum Flag {
    static let receiveEmpty: UInt32 = 1 << 4
    static let transmitFull: UInt32 = 1 << 5
  }

  private enum Interrupt {
    static let receive: UInt32 = 1 << 4
    static let transmit: UInt32 = 1 << 5
    static let receiveTimeout: UInt32 = 1 << 6
  }

  private let registers: DeviceRegisters

  public init(registers: DeviceRegisters) { self.registers = registers }

  /// Writes one byte, waiting for room; a line feed is preceded by a carriage return.
  public mutating func write(byte: UInt8) {
    if byte == UInt8(ascii: "\n") { write(rawByte: UInt8(ascii: "\r")) }
    write(rawByte: byte)
  }

  /// Writes one byte as it is, waiting for room.
  public func write(rawByte byte: UInt8) {
    while !hasRoom {}
    put(byte)
  }

  /// Whether `put` has room for a byte.
  public var hasRoom: Bool { registers.read32(Offset.flags) & Flag.transmitFull == 0 }

  /// Hands over a byte that there is room for.
  public func put(_ byte: UInt8) { registers.write32(UInt32(byte), Offset.data) }

  /// Takes a received byte; nil when there is none.
  public func readByte() -> UInt8? {
    guard registers.read32(Offset.flags) & Flag.receiveEmpty == 0 else { return nil }
    return UInt8(truncatingIfNeeded: registers.read32(Offset.data))
  }

  /// Asks for an interrupt when bytes arrive.
  public func enableReceiveInterrupt() {
    registers.write32(Interrupt.receive | Interrupt.receiveTimeout, Offset.interruptMask)
  }

  /// Asks for an interrupt when there is room again, or no longer. The caller holds the port's
  /// lock: mask and pending bit are changed together with the queue.
  public func setTransmitInterrupt(enabled: Bool) {
    let mask = registers.read32(Offset.interruptMask)
    let wanted = enabled ? mask | Interrupt.transmit : mask & ~Interrupt.transmit
    guard wanted != mask else { return }
    if !enabled { registers.write32(Interrupt.transmit, Offset.interruptClear) }
    registers.write32(wanted, Offset.interruptMask)
  }

  /// To be called before reading what the interrupt announced.
  public func clearReceiveInterrupt() {
    registers.write32(Interrupt.receive | Interrupt.receiveTimeout, Offset.interruptClear)
  }
}
