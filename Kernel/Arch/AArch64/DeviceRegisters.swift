// Device access: the only file that imports `_Volatile`.
//
// A store through an ordinary pointer may be merged, repeated or left out; a UART driven that way
// prints the last byte of a text. These accesses happen once each, in order, at their own width.

import _Volatile

/// A window of device registers, mapped with a Device memory type.
public struct DeviceRegisters: Sendable {
  /// Where the window starts, in the address space that is in force.
  public let base: UInt

  /// - Parameter base: the window's first byte: physical before the MMU is on, virtual after.
  ///   The caller vouches that it is a device's window.
  public init(base: UInt) { self.base = base }

  @inline(__always) public func read8(_ offset: UInt) -> UInt8 {
    // Safety: `base` is a device window by the initialiser's contract.
    unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: base + offset).load()
  }

  @inline(__always) public func read32(_ offset: UInt) -> UInt32 {
    // Safety: as above.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base + offset).load()
  }

  @inline(__always) public func write32(_ value: UInt32, _ offset: UInt) {
    // Safety: as above.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base + offset).store(value)
  }

  @inline(__always) public func read64(_ offset: UInt) -> UInt64 {
    // Safety: as above.
    unsafe VolatileMappedRegister<UInt64>(unsafeBitPattern: base + offset).load()
  }

  @inline(__always) public func write64(_ value: UInt64, _ offset: UInt) {
    // Safety: as above.
    unsafe VolatileMappedRegister<UInt64>(unsafeBitPattern: base + offset).store(value)
  }
}
