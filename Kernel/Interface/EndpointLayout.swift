// Where the lines of an endpoint lie, and where everything lies in the FPGA's two windows.
//
// What an endpoint *is* (loops, lines, parity) is kept apart from how it is laid out, so that a
// second personality, such as the hardware interface of the authors' prototype, is another
// layout and not another loop.

/// Byte offsets inside one endpoint's block.
///
///     0x0000  C0      receive control line 0
///     0x0080  C1      receive control line 1
///     0x0100  receive overflow lines 0…31 (4 KiB), ends at 0x1100
///     0x2000  T0, T1  transmit control lines      reserved for a later version
///     0x2100  transmit overflow lines 0…31        reserved for a later version
///     0x4000  next block
///
/// The receive part fills the first two 4 KiB pages of a block and the transmit part the next
/// two, so that page tables can grant them one by one.
public enum EndpointLayout {
  /// Bytes from one block to the next.
  @inlinable public static var blockBytes: Int { 0x4000 }

  /// Bytes of a block that version 1 maps: control lines and overflow lines of the receive side.
  @inlinable public static var mappedBytes: Int { 0x2000 }

  @inlinable public static var receiveControlOffset: Int { 0x0000 }
  @inlinable public static var receiveOverflowOffset: Int { 0x0100 }

  /// Reserved: the transmit pair of nested calls.
  @inlinable public static var transmitControlOffset: Int { 0x2000 }
  @inlinable public static var transmitOverflowOffset: Int { 0x2100 }

  /// The XOR that leads from one control line of a pair to the other.
  @inlinable public static var pairFlip: UInt { 0x80 }

  /// From a control line's address to the block that holds it.
  @inlinable public static func blockAddress(ofControlLine address: UInt) -> UInt {
    address & ~UInt(LineGeometry.lineBytes * 2 - 1)
  }
}

/// The FPGA's line window: coherent memory whose home is the NIC. Offsets in bytes from its
/// start; the device tree gives the start (Enzian: 0x100_0000_0000).
public enum LineWindow {
  /// Endpoint e's block is at `e * EndpointLayout.blockBytes`.
  @inlinable public static func offset(of endpoint: EndpointIdentifier) -> UInt64 {
    UInt64(endpoint.number) * UInt64(EndpointLayout.blockBytes)
  }

  /// Blocks before the state lines begin, so the most endpoints that an FPGA can have.
  @inlinable public static var maximumEndpoints: Int { 8192 }

  /// Core state lines: written by the kernel, read by the NIC (`CoreState`).
  @inlinable public static var coreStateOffset: UInt64 { 0x0800_0000 }
  /// From one core's to the next. So all have the colours of one class (R16; `DirectoryColour`
  /// takes no bit from 8…12 of a line's number): class `coreStateClass`.
  @inlinable public static var coreStateStride: UInt64 { 0x8000 }
  @inlinable public static var coreStateClass: UInt8 { 0 }

  /// The most cores and the most processes that have lines here.
  @inlinable public static var maximumCores: Int { 512 }
  @inlinable public static var maximumProcesses: Int { 8192 }

  /// Process state lines: written by the kernel, read by the NIC (`ProcessStateWord`).
  @inlinable public static var processStateOffset: UInt64 { 0x0900_0000 }

  /// Process load lines: written by the NIC, read by the kernel (`ProcessLoadWord`).
  @inlinable public static var processLoadOffset: UInt64 { 0x0910_0000 }

  /// Bytes of the whole window.
  @inlinable public static var bytes: UInt64 { 0x1000_0000 }

  @inlinable public static func coreStateOffset(of core: CoreIdentifier) -> UInt64 {
    coreStateOffset + UInt64(core.number) * coreStateStride
  }

  @inlinable public static func processStateOffset(of process: ProcessIdentifier) -> UInt64 {
    processStateOffset + UInt64(process.number) * UInt64(LineGeometry.lineBytes)
  }

  @inlinable public static func processLoadOffset(of process: ProcessIdentifier) -> UInt64 {
    processLoadOffset + UInt64(process.number) * UInt64(LineGeometry.lineBytes)
  }
}
