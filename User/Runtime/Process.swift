// What a program can say and do about itself.

public import SystemInterface

/// The process that runs this program.
public enum Process {
  /// Writes a line to the kernel's log.
  public static func log(_ text: StaticString) {
    var line = LogLine()
    line.append(text)
    log(line)
  }

  /// Writes a line to the kernel's log.
  public static func log(_ line: LogLine) {
    line.withBytes { bytes in
      // What the kernel does not take has nowhere else to go.
      _ = bytes.withAddress { address in SystemCall.log.call(address, UInt64(bytes.count)) }
    }
  }

  /// Where a program is served, by this process or another; nil when nobody serves it.
  public static func findService(program: UInt32, version: UInt32) -> ServiceLocation? {
    SystemCall.findService.value(UInt64(program), UInt64(version)).map(ServiceLocation.init(word:))
  }

  /// Ends the process, all of its threads; the NIC answers its calls in flight with errors (R12).
  public static func exit(_ status: ExitStatus) -> Never {
    _ = SystemCall.exit.call(UInt64(status.number))
    // The kernel does not return from exit.
    fatalError()
  }
}

/// Why a process ended, for the kernel's report. 64…79 are the runtime's, the others a program's.
public struct ExitStatus: Hashable, Sendable {
  public let number: UInt8

  public init(_ number: UInt8) { self.number = number }

  public static var success: Self { Self(0) }
  /// A service could not be registered; the log says which and why.
  public static var cannotRegister: Self { Self(64) }
  /// The kernel did not attach a thread's endpoint.
  public static var cannotAttachEndpoint: Self { Self(65) }
  /// Something asked for heap memory (User/Start/Allocation.c).
  public static var allocated: Self { Self(70) }
}
