// Which part of the system an event comes from: what can be switched on and off by itself.

public import Reporting

/// A source of events. Its number is the upper byte of its events' numbers and its bit in a
/// `SourceMask`.
public enum EventSource: UInt8, Hashable, Sendable, CaseIterable {
  /// The NIC: frames and calls. Recorded by the FPGA (under QEMU: by the device), not by cores.
  case nic = 0
  /// Lines of coherence: loads held, messages taken and acknowledged. Recorded by the FPGA.
  case lines = 1
  /// Dispatch threads: what their loads brought.
  case dispatch = 2
  /// User threads: entered, left.
  case user = 3
  /// System calls.
  case systemCall = 4
  /// Interrupts.
  case interrupt = 5
  /// Processes: created, ended.
  case process = 6
  /// TRYAGAIN and the timer: what a core that waits for work sees.
  case idle = 7
  /// The kernel itself: cores started, panics, changes of the mask.
  case kernel = 8

  /// What a person types.
  public var name: StaticString {
    switch self {
    case .nic: "nic"
    case .lines: "lines"
    case .dispatch: "dispatch"
    case .user: "user"
    case .systemCall: "syscall"
    case .interrupt: "interrupt"
    case .process: "process"
    case .idle: "idle"
    case .kernel: "kernel"
    }
  }

  /// The source of this name; nil when there is none.
  public init?(named name: Span<UInt8>) {
    for source in Self.allCases where source.name.isSpelled(name) {
      self = source
      return
    }
    return nil
  }

  /// Whether the FPGA records it; cores record the others.
  public var isRecordedByNIC: Bool { self == .nic || self == .lines }
}

/// The sources that are switched on.
public struct SourceMask: Hashable, Sendable {
  public private(set) var bits: UInt32

  public init(bits: UInt32) { self.bits = bits }

  public static var none: Self { Self(bits: 0) }
  /// All sources.
  public static var all: Self { Self(bits: (1 << UInt32(EventSource.allCases.count)) - 1) }
  /// What is worth recording when nobody said what: an idle core would fill its ring with
  /// TRYAGAIN.
  public static var usual: Self {
    var mask = Self.all
    mask.remove(.idle)
    return mask
  }

  @inlinable @inline(__always)
  public func contains(_ source: EventSource) -> Bool {
    bits & (1 << UInt32(source.rawValue)) != 0
  }

  /// What a person typed: `all`, `usual`, or names of sources with commas between them. Nil when
  /// it cannot be understood.
  public init?(named text: Span<UInt8>) {
    if ("all" as StaticString).isSpelled(text) {
      self = .all
      return
    }
    if ("usual" as StaticString).isSpelled(text) {
      self = .usual
      return
    }
    self = .none
    var start = 0
    for end in 0...text.count where end == text.count || text[end] == UInt8(ascii: ",") {
      guard let source = EventSource(named: text.extracting(start..<end)) else { return nil }
      insert(source)
      start = end + 1
    }
  }

  /// For error messages: what `init(named:)` takes.
  public static var choices: Choices { Choices() }

  public struct Choices: Reportable {
    public func write(to output: inout some TextOutput & ~Copyable) {
      output.write("all, usual")
      for source in EventSource.allCases where !source.isRecordedByNIC {
        output.write(", ")
        output.write(source.name)
      }
    }
  }

  /// Whether an event's source is on: what a point in the code asks.
  @inline(__always)
  public func contains(_ event: TraceEvent) -> Bool { bits & event.maskBit != 0 }

  public mutating func insert(_ source: EventSource) { bits |= 1 << UInt32(source.rawValue) }
  public mutating func remove(_ source: EventSource) { bits &= ~(1 << UInt32(source.rawValue)) }
}
