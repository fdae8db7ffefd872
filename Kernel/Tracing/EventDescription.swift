// The event table: what each number means. Converters, the console and the documentation read it;
// recording does not.

/// What an argument of an event is.
public struct ArgumentDescription: Sendable {
  public enum Unit: Hashable, Sendable {
    /// An identifier or a plain number.
    case number
    /// Shown in hexadecimal.
    case bits
    case bytes
    /// Guest instructions that the core has executed since reset.
    case instructions
    /// A process in bits 16…31, its worker endpoint in bits 0…15.
    case worker
    /// A message kind (interface §4) in bits 16…31, an endpoint in bits 0…15.
    case message

    public var name: StaticString {
      switch self {
      case .number: "number"
      case .bits: "bits"
      case .bytes: "bytes"
      case .instructions: "instructions"
      case .worker: "worker"
      case .message: "message"
      }
    }
  }

  public let name: StaticString
  public let unit: Unit

  static func number(_ name: StaticString) -> Self { Self(name: name, unit: .number) }
  static func bits(_ name: StaticString) -> Self { Self(name: name, unit: .bits) }
  static func bytes(_ name: StaticString) -> Self { Self(name: name, unit: .bytes) }
  static var worker: Self { Self(name: "worker", unit: .worker) }
  static var message: Self { Self(name: "message", unit: .message) }
  static func instructions(_ name: StaticString) -> Self { Self(name: name, unit: .instructions) }
}

/// What an event is called and what its fields hold.
public struct EventDescription: Sendable {
  public let name: StaticString
  /// The 32-bit argument; nil: unused, zero.
  public let first: ArgumentDescription?
  /// The 64-bit argument.
  public let second: ArgumentDescription?
  /// The stage of a request that begins here.
  public let stage: Stage?
  /// What the authors' prototype calls this point (its profiler's registers), where it has one.
  public let prototypeStage: StaticString?

  init(
    _ name: StaticString, _ first: ArgumentDescription? = nil,
    _ second: ArgumentDescription? = nil, stage: Stage? = nil, prototype: StaticString? = nil
  ) {
    self.name = name
    self.first = first
    self.second = second
    self.stage = stage
    prototypeStage = prototype
  }
}

extension TraceEvent {
  /// The event's row.
  public var description: EventDescription {
    switch self {
    case .frameReceived:
      EventDescription(
        "frame_received", .bytes("length"), stage: .receive, prototype: "RxCmacEntry")
    case .callAccepted:
      EventDescription(
        "call_accepted", .number("transaction"), .bits("procedure"), stage: .choose,
        prototype: "RxEnqueueToHost")
    case .messageDelivered:
      EventDescription("message_delivered", .message, .number("queued"))
    case .callEnded:
      EventDescription(
        "call_ended", .number("rpc_error"), .instructions("cost"), stage: .encode,
        prototype: "TxBeforeCdcQueue")
    case .frameSent:
      EventDescription("frame_sent", .bytes("length"), stage: .send, prototype: "TxCmacExit")
    case .coreInterrupted:
      EventDescription("core_interrupted", .number("interrupt"))
    case .coreStateSeen:
      // The mode is in the state, too: here for people.
      EventDescription("core_state", .number("mode"), .bits("state"))
    case .loadHeld:
      EventDescription(
        "load_held", .number("endpoint"), .instructions("executed"), prototype: "RxCoreReadStart")
    case .messageTaken:
      EventDescription(
        "message_taken", .message, .instructions("executed"), stage: .userLoop,
        prototype: "RxCoreReadFinish")
    case .lineAcknowledged:
      EventDescription(
        "line_acknowledged", .message, .instructions("executed"), stage: .respond,
        prototype: "TxCoreCommit")
    case .callTaken: EventDescription("call_taken", .worker, stage: .dispatch)
    case .resumeTaken: EventDescription("resume_taken", .worker, stage: .dispatch)
    case .callDeclined: EventDescription("call_declined", .worker)
    case .rescheduleTaken: EventDescription("reschedule_taken")
    case .userEntered:
      EventDescription("user_entered", .worker, .bits("pc"), stage: .switchProcess)
    case .userYielded: EventDescription("user_yielded", .worker)
    case .userFaulted: EventDescription("user_faulted", .bits("syndrome"), .bits("address"))
    case .systemCallTaken: EventDescription("system_call", .worker, .number("call"))
    case .systemCallAnswered: EventDescription("system_call_answered", .number("error"))
    case .interruptTaken: EventDescription("interrupt", .number("interrupt"))
    case .processCreated: EventDescription("process_created", .worker)
    case .processEnded: EventDescription("process_ended", .worker)
    case .tryAgainTaken: EventDescription("try_again")
    case .timerTaken: EventDescription("timer")
    case .coreStarted: EventDescription("core_started")
    case .maskChanged: EventDescription("mask_changed", .bits("sources"))
    case .panicked: EventDescription("panicked")
    }
  }
}
