// The 4-byte scalars of XDR and the 8-byte slots that hold them.

internal import Interface

enum SlotValue {
  /// The slot for the XDR word `bits`; nil when it is no value of the type.
  @inline(__always)
  static func word(of bits: UInt32, as code: SignatureCode) -> UInt64? {
    switch code {
    case .int, .enumeration:
      UInt64(bitPattern: Int64(Int32(bitPattern: bits)))
    case .bool:
      bits <= 1 ? UInt64(bits) : nil
    default:
      UInt64(bits)
    }
  }

  /// The XDR word for a slot that a process wrote; nil when it is no value of the type.
  ///
  /// The whole slot counts: an int that was not sign-extended is a mistake of the handler's,
  /// and must not become another number.
  @inline(__always)
  static func bits(of word: UInt64, as code: SignatureCode) -> UInt32? {
    let bits = UInt32(truncatingIfNeeded: word)
    return self.word(of: bits, as: code) == word ? bits : nil
  }
}
