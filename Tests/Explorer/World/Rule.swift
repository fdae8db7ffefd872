// What the explorer checks after every step; each check has the rule of Documentation/interface.md.

/// A rule that a step can break.
public enum Rule: String, Hashable, Sendable, CaseIterable {
  /// Both sides of an endpoint have the same idea of its parity, and one thread consumes it.
  case r1Parity = "R1"
  /// A held load is answered by a message or by TRYAGAIN, and its core is told.
  case r2HeldLoad = "R2"
  /// A line that was answered gives the same message again.
  case r3SameMessage = "R3"
  /// After the acknowledgement the line is the NIC's again, and clean.
  case r4Acknowledgement = "R4"
  /// Stores to lines are ordered before the next load of a line.
  case r5Barrier = "R5"
  /// A call stands in one place.
  case r6OnePlace = "R6"
  /// Every call ends once, and its client gets what its arguments ask for.
  case r7Conservation = "R7"
  /// The worker gets the call that the kernel was told of.
  case r8Binding = "R8"
  /// Nothing is delivered to an endpoint without a core, and the NIC knows who has one.
  case r11Attachment = "R11"
  /// Calls of a process that was removed end in errors.
  case r12Removal = "R12"
  /// No process can read another's bytes.
  case r13Isolation = "R13"
  /// No core idles while a call that it may take waits; no process has more cores than it may.
  case r14WorkConservation = "R14"
  /// Load lines say what is so, or are taken back in time (interface §7.3).
  case loadLine = "load lines"
  /// Every accepted call ends.
  case liveness = "liveness"
  /// Software broke the interface: the model reported an access.
  case access = "access"
}

/// A rule is broken.
public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
  public let rule: Rule
  public let explanation: String

  public init(_ rule: Rule, _ explanation: String) {
    self.rule = rule
    self.explanation = explanation
  }

  public var description: String { "\(rule.rawValue): \(explanation)" }
}
