// The checksum of IPv4 and ICMP (RFC 1071).

/// The ones' complement sum of 16-bit words in network order.
struct InternetChecksum {
  private var sum: UInt64 = 0

  /// Adds bytes that begin at an even position of the summed data; an odd last one is padded.
  mutating func add(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    var offset = range.lowerBound
    while offset + 1 < range.upperBound {
      sum += UInt64(bytes[offset]) << 8 | UInt64(bytes[offset + 1])
      offset += 2
    }
    if offset < range.upperBound { sum += UInt64(bytes[offset]) << 8 }
  }

  /// The complement of the folded sum: 0 over data that hold their own right checksum.
  var value: UInt16 {
    var folded = sum
    while folded >> 16 != 0 { folded = folded & 0xFFFF + folded >> 16 }
    return ~UInt16(folded)
  }
}
