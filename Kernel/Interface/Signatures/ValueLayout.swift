// Where the values of a signature lie in the argument area.
//
// One rule keeps handlers and hardware simple: a scalar is its slot; everything else is a
// reference slot to data that stands apart. So the offset of every slot follows from the
// signature alone, and no value of unknown size is ever in the way of another.

/// The layout of values in the argument area (`ArgumentArea`).
///
/// **Slots.** The types of a signature take slots of 8 bytes in order of declaration, from
/// offset 0. Words are little-endian.
///
///     type                   slots  content
///     int, enumeration         1    the value, sign-extended to 64 bits
///     unsigned int             1    the value, zero-extended
///     bool                     1    0 or 1
///     hyper, unsigned hyper    1    the value
///     float                    1    its IEEE 754 bits, zero-extended
///     double                   1    its IEEE 754 bits
///     quadruple                2    its IEEE 754 bits: low 64 first, then high 64
///     fixed opaque[n]          1    reference; length = n
///     opaque<max>              1    reference; length = bytes
///     string<max>              1    reference; length = bytes; no terminating zero
///     fixed array[n]           1    reference; length = n elements
///     array<max>               1    reference; length = elements
///     optional                 1    reference; length = 1 when there is a value, else 0
///     union                    2    discriminant as its type says, then a reference;
///                                   length = 1, or 0 when the arm is void
///     struct                   –    its fields, as if they were declared in its place
///
/// **References** (`DataReference`) have the offset of a *run*: bytes, or the slots of one
/// element (or arm) after the other, laid out by these same rules. When the length is 0 there is
/// no run; the NIC then writes the offset 0 and does not look at it in a response.
///
/// **Runs** begin at a multiple of 8 and lie wholly below or wholly above offset 96.
/// In a request the NIC places them behind the slots of the signature, in the order in which XDR
/// has them (an element's own runs follow the run of all elements), each at the next multiple
/// of 8, or at 96 when it would lie across. It writes zeros between them, so that no byte up to
/// the end is left from an earlier call (R13). In a response runs may lie anywhere, in any order,
/// even shared: the NIC checks only bounds, alignment and offset 96.
///
/// **Example.** `struct { int number; string name<32>; hyper *limit; }` with −2, "wengen.eu"
/// and 5 is in XDR
///
///     FFFFFFFE  00000009 77656E67 656E2E65 75000000  00000001 00000000 00000005
///
/// and in the argument area
///
///     offset  0  FFFF_FFFF_FFFF_FFFE   number
///     offset  8  0000_0009_0000_0018   name: 9 bytes at offset 24
///     offset 16  0000_0001_0000_0028   limit: 1 element at offset 40
///     offset 24  "wengen.e" "u" and 7 zero bytes
///     offset 40  0000_0000_0000_0005   the element of limit
///     offset 48  end
public enum ValueLayout {
  @inlinable public static var slotBytes: Int { 8 }

  /// `bytes` rounded up to whole slots.
  @inlinable public static func padded(_ bytes: Int) -> Int {
    (bytes + (slotBytes - 1)) & ~(slotBytes - 1)
  }

  /// Where a run of `bytes` bytes begins when the area is used up to `end`, a multiple of 8.
  @inlinable public static func startOfRun(bytes: Int, usedEnd end: Int) -> Int {
    end < ArgumentArea.inlineBytes && end + bytes > ArgumentArea.inlineBytes
      ? ArgumentArea.inlineBytes : end
  }

  /// Whether a run of `bytes` bytes may be at `offset` in an area of `areaBytes` bytes.
  @inlinable
  public static func allowsRun(at offset: Int, bytes: Int, areaBytes: Int) -> Bool {
    offset >= 0 && offset % slotBytes == 0 && bytes <= areaBytes && offset <= areaBytes - bytes
      && (offset >= ArgumentArea.inlineBytes || offset + bytes <= ArgumentArea.inlineBytes)
  }
}
