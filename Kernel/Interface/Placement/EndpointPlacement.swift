// Which endpoints to use, and in which order, so that held loads do not share a colour (R16).
//
// C0 and C1 of an endpoint differ in the lowest bit of their colours, so endpoints fall into 32
// classes: loads of two endpoints of different classes never meet. A class follows from bits 0, 7,
// 8, 9, 10 and 11 of the endpoint's number. Neighbours therefore share classes: of 256 endpoints
// counted from 0 there are four, of 4,096 all.

/// An order of all endpoints of a NIC in which neighbours have different classes.
public struct EndpointPlacement: Hashable, Sendable {
  /// Bits of an endpoint's number by which its class can be chosen freely.
  private static func classBit(_ number: Int) -> Int? {
    switch number {
    case 0: 0
    case 1: 7
    case 2: 9
    case 3: 10
    case 4: 11
    default: nil
    }
  }

  /// Bits of a number below the capacity.
  private let bits: Int

  /// - Parameter capacity: endpoints of the NIC, at least 1; numbers from the largest power of two
  ///   on are not used.
  public init(capacity: Int) {
    precondition(capacity > 0)
    bits = Int.bitWidth - 1 - capacity.leadingZeroBitCount
  }

  /// Endpoints in the order.
  public var count: Int { 1 << bits }

  /// How many loads may be held at once: that many endpoints in a row, counted from a multiple of
  /// it, are of different classes.
  public var heldLoadLimit: Int {
    var limit = 1
    for number in 0..<5 {
      if let bit = Self.classBit(number), bit < bits { limit *= 2 }
    }
    return limit
  }

  /// The endpoint at a place of the order.
  /// - Parameter place: below `count`.
  public func endpoint(at place: Int) -> EndpointIdentifier {
    precondition(place >= 0 && place < count, "no such place")
    var number = 0
    var left = place
    for choice in 0..<5 {
      guard let bit = Self.classBit(choice), bit < bits else { continue }
      number |= (left & 1) << bit
      left >>= 1
    }
    for bit in 0..<bits where !Self.isClassBit(bit) {
      number |= (left & 1) << bit
      left >>= 1
    }
    return EndpointIdentifier(UInt16(number))
  }

  private static func isClassBit(_ bit: Int) -> Bool {
    for choice in 0..<5 where classBit(choice) == bit { return true }
    return false
  }

  /// Endpoints of the same class may not be held at once.
  public static func colourClass(of endpoint: EndpointIdentifier) -> UInt8 {
    DirectoryColour(ofControlLine: .zero, of: endpoint).number >> 1
  }
}
