// XDR (RFC 4506), the part that ONC RPC and our services need: big-endian, in units of four bytes.

/// Puts values into bytes.
public struct XDREncoder: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func encode(_ value: UInt32) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  public mutating func encode(_ value: Int32) { encode(UInt32(bitPattern: value)) }

  /// RFC 4506 §4.5: a hyper is two units, high one first.
  public mutating func encode(_ value: UInt64) {
    encode(UInt32(truncatingIfNeeded: value >> 32))
    encode(UInt32(truncatingIfNeeded: value))
  }

  public mutating func encode(_ value: Int64) { encode(UInt64(bitPattern: value)) }

  /// RFC 4506 §4.6, §4.7: the bits of IEEE 754.
  public mutating func encode(_ value: Float) { encode(value.bitPattern) }

  public mutating func encode(_ value: Double) { encode(value.bitPattern) }

  /// RFC 4506 §4.10: length, bytes, zeros up to the next unit.
  public mutating func encode(opaque: [UInt8]) {
    encode(UInt32(opaque.count))
    bytes += opaque
    bytes += [UInt8](repeating: 0, count: padding(opaque.count))
  }

  /// Bytes that are XDR already.
  public mutating func append(encoded: [UInt8]) { bytes += encoded }
}

/// Why bytes are not the XDR that was expected.
public enum XDRError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooShort(needed: Int, left: Int)
  case tooLong(left: Int)
  case lengthAboveLimit(UInt32, limit: Int)
  case paddingNotZero

  public var description: String {
    switch self {
    case .tooShort(let needed, let left): "\(needed) bytes expected, \(left) left"
    case .tooLong(let left): "\(left) bytes more than expected"
    case .lengthAboveLimit(let length, let limit): "length \(length) is above \(limit)"
    case .paddingNotZero: "padding is not zero"
    }
  }
}

/// Takes values out of bytes.
public struct XDRDecoder: Sendable {
  private var rest: ArraySlice<UInt8>

  public init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// What was not yet taken.
  public var remaining: [UInt8] { Array(rest) }

  public mutating func decodeUInt32() throws(XDRError) -> UInt32 {
    try take(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  public mutating func decodeInt32() throws(XDRError) -> Int32 {
    Int32(bitPattern: try decodeUInt32())
  }

  public mutating func decodeUInt64() throws(XDRError) -> UInt64 {
    try take(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  public mutating func decodeInt64() throws(XDRError) -> Int64 {
    Int64(bitPattern: try decodeUInt64())
  }

  public mutating func decodeDouble() throws(XDRError) -> Double {
    Double(bitPattern: try decodeUInt64())
  }

  public mutating func decodeOpaque(limit: Int) throws(XDRError) -> [UInt8] {
    let length = try decodeUInt32()
    guard Int(length) <= limit else { throw .lengthAboveLimit(length, limit: limit) }
    let content = Array(try take(Int(length)))
    guard try take(padding(content.count)).allSatisfy({ $0 == 0 }) else { throw .paddingNotZero }
    return content
  }

  /// Call last: nothing may be left over.
  public func finish() throws(XDRError) {
    guard rest.isEmpty else { throw .tooLong(left: rest.count) }
  }

  private mutating func take(_ count: Int) throws(XDRError) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw .tooShort(needed: count, left: rest.count) }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

/// Zeros that follow `count` bytes up to the next unit of four.
private func padding(_ count: Int) -> Int { (4 - count % 4) % 4 }
