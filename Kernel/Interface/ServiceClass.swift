// How urgent a procedure's calls are beside the other calls of its process (interface §11).
//
// A process says it of itself, so it decides between calls of one process only; between processes the
// kernel's weights decide.

/// Of a process's waiting calls, the first of the most urgent class goes next.
public enum ServiceClass: UInt8, Hashable, Sendable, CaseIterable {
  case urgent = 0
  case normal = 1
  case background = 2
  case bulk = 3

  /// A class goes next, whatever waits in others, when its first call has been passed by that many
  /// calls of other classes (R14, no starvation).
  @inlinable public static var passingLimit: Int { 16 }

  /// `Command.installService`: the argument behind the room for two signatures. A kernel that does not
  /// know of classes leaves 0 there, and so has all calls in one.
  @inlinable public static var argumentWord: Int { 73 }
}
