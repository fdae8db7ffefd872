// Distinct types for distinct identifiers, so that a core is never taken for an endpoint.
//
// Each is the index that the kernel and the NIC agree on; none is a pointer. They are
// trivial wrappers: the compiler passes them in registers like the integer inside.

/// A core, in the kernel's linear order (0 is the boot core). On Enzian core c has
/// MPIDR affinity Aff0 = c[3:0], Aff1 = c[5:4].
public struct CoreIdentifier: Hashable, Comparable, Sendable {
  public let number: UInt16

  @inlinable public init(_ number: UInt16) { self.number = number }

  @inlinable public var index: Int { Int(number) }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A process: one address space, one entry of the NIC's process table. 0 is the kernel itself.
public struct ProcessIdentifier: Hashable, Comparable, Sendable {
  public let number: UInt16

  @inlinable public init(_ number: UInt16) { self.number = number }

  @inlinable public var index: Int { Int(number) }

  /// The owner of every kernel endpoint.
  @inlinable public static var kernel: Self { Self(0) }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A thread of a process, numbered by the kernel; the NIC never sees it.
public struct ThreadIdentifier: Hashable, Comparable, Sendable {
  public let number: UInt16

  @inlinable public init(_ number: UInt16) { self.number = number }

  @inlinable public var index: Int { Int(number) }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// An endpoint: one block of lines in the FPGA's window (see `EndpointLayout`).
public struct EndpointIdentifier: Hashable, Comparable, Sendable {
  public let number: UInt16

  @inlinable public init(_ number: UInt16) { self.number = number }

  @inlinable public var index: Int { Int(number) }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Names one call from the frame that brought it to the frame that answers it. Never reused
/// while the NIC runs, so it joins the evidence of NIC, kernel and user loop.
public struct CallTag: Hashable, Sendable {
  public let number: UInt64

  @inlinable public init(_ number: UInt64) { self.number = number }
}
