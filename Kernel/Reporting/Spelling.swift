// Names from tables against words from outside.

extension StaticString {
  /// Whether the text consists of these bytes.
  public func isSpelled(_ bytes: Span<UInt8>) -> Bool {
    guard utf8CodeUnitCount == bytes.count else { return false }
    return withUTF8Buffer { own in
      // Safety: the index is below the count of both.
      for index in 0..<bytes.count where unsafe own[index] != bytes[index] { return false }
      return true
    }
  }
}
