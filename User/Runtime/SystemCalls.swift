// System calls with the types of SystemInterface around them.

internal import SystemInterface
internal import UserStart

extension SystemCall {
  /// Asks the kernel; every call has at most three arguments.
  @inline(__always)
  func call(
    _ argument0: UInt64 = 0, _ argument1: UInt64 = 0, _ argument2: UInt64 = 0
  ) -> SystemError {
    let result = user_system_call(rawValue, argument0, argument1, argument2)
    return SystemError(rawValue: result.error) ?? .unknownSystemCall
  }

  /// As `call`, for those that return a value; nil when the kernel refuses.
  @inline(__always)
  func value(_ argument0: UInt64, _ argument1: UInt64 = 0) -> UInt64? {
    let result = user_system_call(rawValue, argument0, argument1, 0)
    return result.error == SystemError.none.rawValue ? result.value : nil
  }
}

extension Span where Element: BitwiseCopyable {
  /// Calls `body` with the address of the elements, for a system call that only reads them.
  @inline(__always)
  func withAddress<Result>(_ body: (_ address: UInt64) -> Result) -> Result {
    // Safety: the buffer is valid while `body` runs; turning its address into a number is safe,
    // and the kernel checks every address that it gets.
    unsafe withUnsafeBufferPointer { buffer in
      body(UInt64(UInt(bitPattern: buffer.baseAddress)))
    }
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// As `Span.withAddress`, for a system call that writes them.
  @inline(__always)
  mutating func withAddress<Result>(_ body: (_ address: UInt64) -> Result) -> Result {
    // Safety: as above.
    unsafe withUnsafeMutableBufferPointer { buffer in
      body(UInt64(UInt(bitPattern: buffer.baseAddress)))
    }
  }
}

extension SystemError {
  /// The reason, to follow "since".
  var inWords: StaticString {
    switch self {
    case .none: "nothing went wrong"
    case .unknownSystemCall: "it does not know this system call: program and kernel do not match"
    case .invalidAddress: "an address is not mapped in this process"
    case .misalignedAddress: "an address is not aligned as it must be"
    case .tooLong: "it is too long"
    case .invalidPort: "the UDP port is not one that a service may have"
    case .invalidSignature: "the NIC does not accept the signature"
    case .alreadyRegistered: "this procedure is registered already"
    case .tableFull: "the table has no room"
    case .invalidState: "this thread has no endpoint or has attached it already"
    case .noNIC: "there is no NIC"
    case .notFound: "nobody serves this program"
    case .limitReached: "there is no more for this process"
    case .noSuchThread: "the process has no such thread"
    case .noSuchCore: "none of these cores is there and allowed"
    }
  }
}
