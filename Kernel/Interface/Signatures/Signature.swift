// Signatures: what the NIC must know about the arguments and results of a procedure.
//
// A service gives the NIC one signature for its arguments and one for its results; the NIC then
// turns XDR (RFC 4506) into the words that a handler reads, and back. The encoding is made for
// hardware: every list carries its length and its slots, so that an interpreter can skip,
// allocate and repeat without looking ahead. The NIC checks all of it once, at installation.

/// A signature: the types of a procedure's arguments, or of its results, as bytes.
///
/// A *list* is types one after the other; a signature is a list, and void is the empty one.
/// A struct needs no code: it is its fields. A type is a code and its operands:
///
///     code  type               operands
///     0x01  int
///     0x02  unsigned int
///     0x03  enumeration        (any int: the NIC does not know the names)
///     0x04  bool               (0 or 1, anything else does not fit)
///     0x05  hyper
///     0x06  unsigned hyper
///     0x07  float
///     0x08  double
///     0x09  quadruple
///     0x10  fixed opaque[n]    n: 16 bits, 1…4096
///     0x11  opaque<max>        max: 16 bits, 0…4096
///     0x12  string<max>        max: 16 bits, 0…4096 (bytes; the NIC does not check the text)
///     0x20  fixed array[n]     n: 16 bits, at least 1; element: nested list
///     0x21  array<max>         max: 16 bits; element: nested list
///     0x22  optional           element: nested list
///     0x23  union              type of the discriminant: 8 bits, code 0x01…0x04
///                              bytes of all arms: 8 bits; then the arms
///
///     nested list  bytes of the list: 8 bits; slots of the list: 8 bits; the list
///     arm          number of case values: 8 bits, 0 for the default arm, which comes last;
///                  the case values: 32 bits each; nested list (0 bytes, 0 slots for void)
///
/// Numbers of more than one byte are little-endian and not aligned. Slots are counted as
/// `ValueLayout` says: 2 for quadruple and union, 1 for every other type. An element has at least
/// one slot, and its count or maximum times its slots is at most 4096 bytes. A signature is refused
/// when its smallest value, counted without arms of unions and without gaps at offset 96, is larger
/// than the area. More limits: `SignatureLimits`. Recursive XDR types (linked lists) have no signature.
///
/// Written in Swift, without a heap, so that a service can declare it anywhere:
///
///     let arguments = Signature {
///       $0.int()
///       $0.array(max: 16) {
///         $0.string(max: 64)
///         $0.hyper()
///       }
///       $0.union(on: .enumeration) {
///         $0.arm(0)
///         $0.arm([1, 2]) { $0.opaque(max: 400) }
///         $0.defaultArm { $0.bool() }
///       }
///     }
///
/// A signature of more than 255 bytes, a list of more than 255 slots and a case value outside of
/// its discriminant's type are mistakes in the program text and trap. Everything else is for
/// the NIC to judge.
public struct Signature: Sendable {
  let fields: SignatureFields

  /// No arguments, or no results.
  public init() { fields = SignatureFields() }

  public init(_ declare: (inout SignatureFields) -> Void) {
    var fields = SignatureFields()
    declare(&fields)
    self.fields = fields
  }

  /// Number of bytes.
  public var count: Int { fields.count }

  /// Calls `body` with the bytes.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(fields.storage.span.extracting(0..<fields.count))
  }
}

/// The list that a signature's closure writes: one call a type, in order of declaration.
public struct SignatureFields: Sendable {
  var storage = [255 of UInt8](repeating: 0)
  var count = 0
  /// Slots of the innermost open list.
  var slots = 0

  public mutating func int() { begin(.int) }
  public mutating func unsignedInt() { begin(.unsignedInt) }
  public mutating func enumeration() { begin(.enumeration) }
  public mutating func bool() { begin(.bool) }
  public mutating func hyper() { begin(.hyper) }
  public mutating func unsignedHyper() { begin(.unsignedHyper) }
  public mutating func float() { begin(.float) }
  public mutating func double() { begin(.double) }
  public mutating func quadruple() { begin(.quadruple) }

  /// `opaque name[bytes]`
  public mutating func fixedOpaque(bytes: UInt16) { begin(.fixedOpaque, operand: bytes) }

  /// `opaque name<max>`
  public mutating func opaque(max: UInt16) { begin(.opaque, operand: max) }

  /// `string name<max>`
  public mutating func string(max: UInt16) { begin(.string, operand: max) }

  /// `element name[count]`
  public mutating func fixedArray(count: UInt16, of element: (inout Self) -> Void) {
    begin(.fixedArray, operand: count)
    nest(element)
  }

  /// `element name<max>`
  public mutating func array(max: UInt16, of element: (inout Self) -> Void) {
    begin(.array, operand: max)
    nest(element)
  }

  /// `element *name`
  public mutating func optional(_ element: (inout Self) -> Void) {
    begin(.optional)
    nest(element)
  }

  /// `union switch (discriminant) { … }`
  public mutating func union(
    on discriminant: SignatureDiscriminant, _ arms: (inout SignatureArms) -> Void
  ) {
    begin(.union)
    append(discriminant.code.rawValue)
    let lengthPosition = count
    append(0)
    var list = SignatureArms(discriminant: discriminant, fields: self)
    arms(&list)
    self = list.fields
    storage[lengthPosition] = UInt8(count - lengthPosition - 1)
  }

  mutating func nest(_ list: (inout Self) -> Void) {
    let lengthPosition = count
    let outerSlots = slots
    append(0)
    append(0)
    slots = 0
    list(&self)
    precondition(slots <= SignatureLimits.listSlots, "list of more than 255 slots")
    storage[lengthPosition] = UInt8(count - lengthPosition - 2)
    storage[lengthPosition + 1] = UInt8(slots)
    slots = outerSlots
  }

  mutating func append(_ byte: UInt8) {
    precondition(count < SignatureLimits.bytes, "signature of more than 255 bytes")
    storage[count] = byte
    count += 1
  }

  private mutating func begin(_ code: SignatureCode) {
    append(code.rawValue)
    slots += code.slots
  }

  private mutating func begin(_ code: SignatureCode, operand: UInt16) {
    begin(code)
    append(UInt8(truncatingIfNeeded: operand))
    append(UInt8(truncatingIfNeeded: operand >> 8))
  }
}

/// The arms that a union's closure writes.
public struct SignatureArms: Sendable {
  let discriminant: SignatureDiscriminant
  var fields: SignatureFields

  /// `case value:`; without a closure, or with an empty one, the arm is void.
  public mutating func arm(
    _ value: Int, _ list: (inout SignatureFields) -> Void = { _ in }
  ) {
    arm([value], list)
  }

  /// `case value: case value: …`, several values that share one arm.
  public mutating func arm<let count: Int>(
    _ values: [count of Int], _ list: (inout SignatureFields) -> Void = { _ in }
  ) {
    precondition(count > 0 && count <= SignatureLimits.bytes, "an arm needs 1 to 255 case values")
    fields.append(UInt8(count))
    for index in values.indices {
      precondition(allows(values[index]), "case value outside of the discriminant's type")
      let bits = UInt32(truncatingIfNeeded: values[index])
      for byte in 0..<4 { fields.append(UInt8(truncatingIfNeeded: bits >> (8 * byte))) }
    }
    fields.nest(list)
  }

  /// `default:`; declared last.
  public mutating func defaultArm(_ list: (inout SignatureFields) -> Void = { _ in }) {
    fields.append(0)
    fields.nest(list)
  }

  private func allows(_ value: Int) -> Bool {
    switch discriminant {
    case .int, .enumeration: Int32(exactly: value) != nil
    case .unsignedInt: UInt32(exactly: value) != nil
    case .bool: value == 0 || value == 1
    }
  }
}
