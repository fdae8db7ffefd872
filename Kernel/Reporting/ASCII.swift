// The characters that reports are made of, by name.

/// ASCII codes.
public enum ASCII {
  @inlinable public static var newline: UInt8 { 0x0A }
  @inlinable public static var space: UInt8 { 0x20 }
  @inlinable public static var minus: UInt8 { 0x2D }
  @inlinable public static var point: UInt8 { 0x2E }
  @inlinable public static var zero: UInt8 { 0x30 }
  @inlinable public static var leftBracket: UInt8 { 0x5B }
  @inlinable public static var backslash: UInt8 { 0x5C }
  @inlinable public static var rightBracket: UInt8 { 0x5D }
  @inlinable public static var lowerA: UInt8 { 0x61 }
  @inlinable public static var delete: UInt8 { 0x7F }
}
