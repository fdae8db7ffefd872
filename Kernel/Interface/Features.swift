// What this NIC can do beyond version 1.0: the bits of the register `features`.

/// Optional features. A kernel ignores bits that it does not know, and does without those that
/// are not set.
public struct Features: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Process state lines and process load lines (interface §7.2, §7.3).
  @inlinable public static var processLines: Features { Features(rawValue: 1 << 0) }

  /// The register `heldLoadLimit`: the directory has colours (R16).
  @inlinable public static var colours: Features { Features(rawValue: 1 << 1) }

  /// `installService` takes a `ServiceClass`.
  @inlinable public static var classes: Features { Features(rawValue: 1 << 2) }

  /// A worker's next message need not wait until its response is fetched (R17).
  @inlinable public static var answersDuringFetch: Features { Features(rawValue: 1 << 3) }
}
