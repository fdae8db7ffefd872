// What the NIC says to a core: every message is an address to jump to.
//
//     word  0  code address            ┐ the head: all that the loop needs
//     word  1  data address            ┘
//     words 2…13  argument area, first 96 bytes (see ArgumentArea)
//     word 14  kind, overflow lines, process, argument bytes   ┐ the tail: for stubs and tracing,
//     word 15  tag of the call                                 ┘ never read on the fast path
//
// Since TRYAGAIN, YIELDNOW and RETIRE carry the address of a stub that the endpoint's owner
// registered, the loop branches without comparing anything (design of the paper, §5 and §6,
// which leave the encoding open).

/// What a message is for. The loop never looks at it; stubs, tests and traces do.
///
/// All values have bit 7 set and all response statuses have it clear, so a response that was
/// never written (the word still holds the message's tail) cannot be taken for one that was.
public enum MessageKind: UInt8, Hashable, Sendable, CaseIterable {
  /// A decoded call; on a kernel endpoint it names the process and endpoint that shall get it.
  case call = 0x81
  /// Nothing came before the stall limit; load the other line (paper: TRYAGAIN, 15 ms).
  case tryAgain = 0x82
  /// Give up the core by a system call (paper: YIELDNOW).
  case yieldNow = 0x83
  /// Leave RPC duty (paper: RETIRE). Kernel endpoints only.
  case retire = 0x84
  /// A worker whose call was answered into its line, but not acknowledged, needs a core (R11).
  case resume = 0x85
  /// A frame that is no RPC. Kernel endpoints only.
  case frame = 0x86
  /// The answer to a nested call. Reserved for a later version.
  case reply = 0x87
}

/// Words 0…3 of a control line: what a consumer loads to act on a message.
///
/// Words 2 and 3 are the first two argument slots; handing them over in registers saves a
/// small handler every load (R8).
public struct LineHead: Hashable, Sendable {
  public let code: UInt64
  public let data: UInt64
  public let argument0: UInt64
  public let argument1: UInt64

  @inlinable
  public init(code: UInt64, data: UInt64, argument0: UInt64, argument1: UInt64) {
    self.code = code
    self.data = data
    self.argument0 = argument0
    self.argument1 = argument1
  }
}

/// Word 14 of a message, packed:
///
///     bits  0…7   kind
///     bits  8…15  overflow lines that the arguments use
///     bits 16…31  process
///     bits 32…63  bytes of the argument area that the arguments use
public struct MessageTail: Hashable, Sendable {
  public let kind: MessageKind
  public let overflowLineCount: UInt8
  public let process: ProcessIdentifier
  public let argumentBytes: UInt32

  @inlinable
  public init(
    kind: MessageKind, overflowLineCount: UInt8 = 0, process: ProcessIdentifier = .kernel,
    argumentBytes: UInt32 = 0
  ) {
    self.kind = kind
    self.overflowLineCount = overflowLineCount
    self.process = process
    self.argumentBytes = argumentBytes
  }

  @inlinable public var word: UInt64 {
    UInt64(kind.rawValue) | UInt64(overflowLineCount) << 8 | UInt64(process.number) << 16
      | UInt64(argumentBytes) << 32
  }

  /// Nil when the word is no message tail, such as after a response was stored.
  @inlinable
  public init?(word: UInt64) {
    guard let kind = MessageKind(rawValue: UInt8(truncatingIfNeeded: word)) else { return nil }
    self.init(
      kind: kind, overflowLineCount: UInt8(truncatingIfNeeded: word >> 8),
      process: ProcessIdentifier(UInt16(truncatingIfNeeded: word >> 16)),
      argumentBytes: UInt32(truncatingIfNeeded: word >> 32))
  }
}

/// Word numbers inside a control line.
public enum ControlLineWord {
  @inlinable public static var code: Int { 0 }
  @inlinable public static var data: Int { 1 }
  @inlinable public static var firstArgument: Int { 2 }
  /// The message's tail on the way in, the response's head on the way out.
  @inlinable public static var tail: Int { 14 }
  @inlinable public static var tag: Int { 15 }
}
