// What a user program may ask of the kernel, and what it gets back.
//
// `svc #0` with the number in x8 and arguments in x0…x2; the kernel returns a `SystemError` in
// x0 and a value in x1. Registers x9…x18 are not preserved, vector registers are. A wrong call gets
// an error, never a panic. `svc #1` is a worker's yield (README.md), which is no call: it does not
// return.

/// A system call's number.
public enum SystemCall: UInt64, Hashable, Sendable, CaseIterable {
  /// Ends the process. x0: status, 0 for success.
  case exit = 1
  /// Writes a line to the kernel's log. x0: address of UTF-8 text, x1: bytes, at most
  /// `SystemLimits.logBytes`.
  case log = 2
  /// Registers a procedure with the NIC. x0: address of a `ServiceRegistration`, 8-byte aligned.
  case registerService = 3
  /// Registers the stubs of this thread's endpoint and enables it.
  /// x0: code address for TRYAGAIN, x1: for YIELDNOW, x2: where the thread goes on after a yield.
  case attachEndpoint = 4
  /// Asks which UDP port a program is served on. x0: program, x1: version. The value is a
  /// `ServiceLocation`.
  case findService = 5
  /// Adds zeroed memory that can be read and written, until the process ends. x0: bytes, rounded up
  /// to whole pages. The value is its address.
  case mapMemory = 6
  /// Starts a thread of the process, with a stack and an endpoint of its own
  /// (`UserAddressSpace`). x0: code address, x1: argument, which it finds in x2. The value is the
  /// thread's index.
  case spawnThread = 7
  /// Gives up the core for a time. x0: nanoseconds, at least. Not for a worker that serves already:
  /// its calls would wait.
  case sleep = 8
  /// Tells what the process uses. x0: address of a `ProcessStatistics`, 8-byte aligned.
  case statistics = 9
  /// Gives up the core until another thread of the process wakes this one, at once when one has
  /// done so since the last wait. Not for a worker that serves already. May end without reason.
  case wait = 10
  /// Ends the wait of a thread, or its sleep; or its next wait, if it does not wait. x0: its index.
  case wake = 11
  /// Says on which cores the calling thread may run from now on. x0: a bit for each core, of which
  /// those count that the machine has and `services.conf` allows. Not for a worker.
  case setAffinity = 12
  /// Tells what kernel and NIC have counted. x0: which record (`SystemRecord`) in bits 32…63, in bits
  /// 0…31 a number: the record with this number is stored, or the next one that there is. x1: address
  /// of `SystemRecord.wordCount` words, 8-byte aligned. The value is the words that the record has.
  case systemStatistics = 13
}

/// Why a system call failed.
public enum SystemError: UInt64, Error, Hashable, Sendable, CaseIterable {
  case none = 0
  case unknownSystemCall = 1
  /// An address is not mapped for the caller, or wraps.
  case invalidAddress = 2
  case misalignedAddress = 3
  case tooLong = 4
  case invalidPort = 5
  case invalidSignature = 6
  /// The same port, program, version and procedure is registered already.
  case alreadyRegistered = 7
  case tableFull = 8
  /// The caller has no endpoint, or has attached it already.
  case invalidState = 9
  case noNIC = 10
  /// Nobody serves the program, in any version.
  case notFound = 11
  /// The process has what it may have, or the machine has no more.
  case limitReached = 12
  case noSuchThread = 13
  /// None of the cores is there and allowed.
  case noSuchCore = 14
  /// No `ServiceClass`.
  case invalidClass = 15
}

/// What `SystemCall.statistics` stores, nine words; the last three about the calling thread:
///
///     0 bytes of memory in use    1 bytes that it may use
///     2 threads                   3 threads that it may have
///     4 times it was started      5 nanoseconds since the machine's counter started
///     6 the core it runs on       7 nanoseconds that it had run when it came there
///     8 times it came to another core
public struct ProcessStatistics: Sendable {
  public static var wordCount: Int { 9 }

  public var words = InlineArray<9, UInt64>(repeating: 0)

  public init() {}

  public var core: UInt64 { words[6] }
  public var runNanoseconds: UInt64 { words[7] }
  public var migrations: UInt64 { words[8] }
}

/// What `SystemCall.registerService` points to, eleven words:
///
///     0 UDP port   1 program   2 version   3 procedure   4 code address   5 data address
///     6 address and 7 bytes of the argument signature
///     8 address and 9 bytes of the result signature
///    10 class (`ServiceClass`)
public enum ServiceRegistration {
  public static var wordCount: Int { 11 }
}

/// Where a program is served: the value of `SystemCall.findService`.
///
///     bits  0…15  UDP port
///     bit  16     the version asked for is served; else another one is, on that port
///     bits 32…63  the NIC's IPv4 address, first byte on the wire in bits 56…63
public struct ServiceLocation: Hashable, Sendable {
  public var port: UInt16
  public var hasVersion: Bool
  public var internetAddress: UInt32

  public init(port: UInt16, hasVersion: Bool, internetAddress: UInt32) {
    self.port = port
    self.hasVersion = hasVersion
    self.internetAddress = internetAddress
  }

  public init(word: UInt64) {
    port = UInt16(truncatingIfNeeded: word)
    hasVersion = word & 0x1_0000 != 0
    internetAddress = UInt32(truncatingIfNeeded: word >> 32)
  }

  public var word: UInt64 {
    UInt64(port) | (hasVersion ? 0x1_0000 : 0) | UInt64(internetAddress) << 32
  }
}

/// Bounds that a program can rely on.
public enum SystemLimits {
  public static var logBytes: Int { 256 }
  /// One call that keeps a core longer than about that is taken for stuck, and its process is
  /// killed.
  public static var callMilliseconds: Int { 1_500 }
  /// Bytes of one `mapMemory`: the kernel makes them in one step, and does nothing else meanwhile. The
  /// next call's memory lies behind them.
  public static var mapBytes: UInt64 { 256 << 20 }
  /// Bytes of one signature.
  public static var signatureBytes: Int { 255 }
}
