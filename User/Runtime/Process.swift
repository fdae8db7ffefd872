// What a program can say and do about itself.

public import SystemInterface
internal import UserStart

/// The process that runs this program.
public enum Process {
  /// The number that `services.conf` gives the process, or 0 (Kernel/Images/ServiceManifest.swift).
  public static var argument: UInt64 { user_process_argument() }

  /// The UDP port that the process's argument names; `standard` without an argument that could be
  /// one.
  public static func port(standard: UInt16) -> UInt16 {
    let port = UInt16(truncatingIfNeeded: argument)
    return UInt64(port) == argument && port != 0 ? port : standard
  }

  /// Starts a thread, on another core if there is one. It runs `body` and then serves calls beside
  /// the others; without a body it serves at once. Call it after the services are registered.
  /// - Returns: the thread's index in the process; nil when there can be no more threads.
  @discardableResult
  public static func spawnThread(_ body: (@convention(c) () -> Void)? = nil) -> Int? {
    // Safety: C function pointers are addresses.
    let start = unsafe UInt64(
      unsafeBitCast(user_thread_start as @convention(c) () -> Void, to: UInt.self))
    let code = body.map { unsafe UInt64(unsafeBitCast($0, to: UInt.self)) } ?? 0
    return SystemCall.spawnThread.value(start, code).map { Int($0) }
  }

  /// Lets others have the core for a time, at least. Not in a handler: its calls would wait.
  /// - Returns: false when this thread serves already.
  @discardableResult
  public static func sleep(nanoseconds: UInt64) -> Bool {
    SystemCall.sleep.call(nanoseconds) == .none
  }

  /// Waits until another thread wakes this one, which may have happened already; may end without
  /// reason, so look again at what you wait for. Not in a handler.
  /// - Returns: false when this thread serves already.
  @discardableResult
  public static func wait() -> Bool { SystemCall.wait.call() == .none }

  /// Ends the wait or the sleep of a thread, or its next wait.
  /// - Parameter thread: its index, as `spawnThread` returns it; 0 is the first.
  @discardableResult
  public static func wake(thread: Int) -> Bool {
    SystemCall.wake.call(UInt64(truncatingIfNeeded: thread)) == .none
  }

  /// Binds this thread to cores, a bit for each. Not in a handler.
  /// - Returns: false when none of them is there and allowed.
  @discardableResult
  public static func setAffinity(_ cores: UInt64) -> Bool {
    SystemCall.setAffinity.call(cores) == .none
  }

  /// What the process uses, and where this thread runs.
  public static func statistics() -> ProcessStatistics {
    var statistics = ProcessStatistics()
    // The address is good, so there is no reason to refuse.
    var words = statistics.words.mutableSpan
    _ = words.withAddress { SystemCall.statistics.call($0) }
    return statistics
  }

  /// Adds zeroed memory, which stays until the process ends.
  /// - Returns: its address; nil when the process has what it may have.
  public static func mapMemory(bytes: UInt64) -> UInt64? { SystemCall.mapMemory.value(bytes) }

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
