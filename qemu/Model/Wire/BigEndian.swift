// Network byte order, one field at a time.
//
// Fields on the wire are big-endian and not aligned, so each is read and written byte by byte.
// Callers check lengths once per header; the span checks every byte again.

extension Span where Element == UInt8 {
  func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(bigEndian16(at: offset)) << 16 | UInt32(bigEndian16(at: offset + 2))
  }

  /// Six bytes: an Ethernet address.
  func bigEndian48(at offset: Int) -> UInt64 {
    UInt64(bigEndian16(at: offset)) << 32 | UInt64(bigEndian32(at: offset + 2))
  }
}

extension [UInt8] {
  mutating func store(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  mutating func store(_ value: UInt32, at offset: Int) {
    store(UInt16(value >> 16), at: offset)
    store(UInt16(truncatingIfNeeded: value), at: offset + 2)
  }

  /// Six bytes: an Ethernet address.
  mutating func store(_ address: EthernetAddress, at offset: Int) {
    store(UInt16(truncatingIfNeeded: address.value >> 32), at: offset)
    store(UInt32(truncatingIfNeeded: address.value), at: offset + 2)
  }
}
