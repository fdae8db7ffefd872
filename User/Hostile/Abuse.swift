// System calls with arguments that no honest program has.

import HostileInstructions
import Interface
import SystemInterface

/// Abuse that the kernel refuses with an error.
enum Abuse {
  struct Result {
    var tries: UInt64 = 0
    var successes: UInt64 = 0

    /// One system call that must fail.
    mutating func expectRefusal(_ number: UInt64, _ a: UInt64, _ b: UInt64) {
      tries += 1
      if hostile_system_call(number, a, b).error == SystemError.none.rawValue { successes += 1 }
    }
  }

  static func perform(_ which: UInt64, port: UInt16) -> Result {
    switch which {
    case 0: badPointers()
    case 1: unknownCalls()
    case 2: threads()
    case 3: memory()
    case 4: foreignServices(port: port)
    case 5: hugeMapping()
    default: Result()
    }
  }

  /// Addresses of nothing, of others, at edges, and some that wrap.
  private static func badPointers() -> Result {
    var result = Result()
    let pointers: [16 of UInt64] = [
      0, 1, 8, 0xfff, UserAddressSpace.imageBase - 8, UserAddressSpace.imageLimit,
      UserAddressSpace.linesBase, UserAddressSpace.lines(ofThread: 1),
      UserAddressSpace.stackTop(ofThread: 0), UserAddressSpace.stackTop(ofThread: 0) - 4,
      0x0000_ffff_ffff_fff8, 0x0001_0000_0000_0000, 0xffff_0000_4000_0000,
      0xffff_8000_0000_0000, 0xffff_ffff_ffff_fff8, 0xffff_ffff_ffff_ffff,
    ]
    let lengths: [5 of UInt64] = [8, 64, 256, 257, .max]
    for index in pointers.indices {
      let pointer = pointers[index]
      for length in lengths.indices {
        result.expectRefusal(SystemCall.log.rawValue, pointer, lengths[length])
      }
      result.expectRefusal(SystemCall.registerService.rawValue, pointer, 0)
      result.expectRefusal(SystemCall.attachEndpoint.rawValue, pointer, pointer)
      result.expectRefusal(SystemCall.spawnThread.rawValue, pointer, pointer)
      result.expectRefusal(SystemCall.statistics.rawValue, pointer, 0)
      // Its own code can be read, not written.
      result.expectRefusal(SystemCall.statistics.rawValue, UserAddressSpace.imageBase, 0)
    }
    return result
  }

  /// Numbers that are none, and a worker that wants to sleep.
  private static func unknownCalls() -> Result {
    var result = Result()
    for number in 13..<300 as Range<UInt64> { result.expectRefusal(number, 0, 0) }
    result.expectRefusal(.max, 0, 0)
    result.expectRefusal(1 << 63, 0, 0)
    result.expectRefusal(SystemCall.sleep.rawValue, 1_000, 0)
    result.expectRefusal(SystemCall.wait.rawValue, 0, 0)
    for thread: UInt64 in [6, 63, 64, 512, .max] {
      result.expectRefusal(SystemCall.wake.rawValue, thread, 0)
    }
    for cores: UInt64 in [0, 1, .max] {
      result.expectRefusal(SystemCall.setAffinity.rawValue, cores, 0)
    }
    result.expectRefusal(SystemCall.mapMemory.rawValue, 0, 0)
    result.expectRefusal(SystemCall.mapMemory.rawValue, .max, 0)
    result.expectRefusal(SystemCall.mapMemory.rawValue, 1 << 47, 0)
    return result
  }

  /// Threads that spawn no thread themselves but never end, until there are no more.
  private static func threads() -> Result {
    var result = Result()
    let code = address(of: spin)
    for _ in 0..<1_000 {
      result.tries += 1
      guard
        hostile_system_call(SystemCall.spawnThread.rawValue, code, 0).error
          == SystemError.none.rawValue
      else { continue }
      result.successes += 1
    }
    return result
  }

  /// Memory until there is no more: KiB that it got.
  private static func memory() -> Result {
    var result = Result()
    for _ in 0..<4_000 {
      result.tries += 64
      let answer = hostile_system_call(SystemCall.mapMemory.rawValue, 64 << 10, 0)
      guard answer.error == SystemError.none.rawValue else { continue }
      hostile_store(answer.value, 1)
      result.successes += 64
    }
    return result
  }

  /// As much memory as one call may ask for.
  private static func hugeMapping() -> Result {
    var result = Result()
    for _ in 0..<4 {
      result.expectRefusal(SystemCall.mapMemory.rawValue, SystemLimits.mapBytes, 0)
    }
    return result
  }

  /// Code that is not its own, ports that are others'.
  private static func foreignServices(port: UInt16) -> Result {
    var result = Result()
    let own = address(of: spin)
    let codes: [6 of UInt64] = [
      0, own + 2, UserAddressSpace.linesBase, UserAddressSpace.stackTop(ofThread: 0) - 64,
      0xffff_8000_0000_0000, UserAddressSpace.imageLimit,
    ]
    for index in codes.indices {
      register(&result, port: UInt64(port), program: 1, code: codes[index])
    }
    let ports: [4 of UInt64] = [0, 0x1_0000, .max, 1 << 32]
    for index in ports.indices {
      register(&result, port: ports[index], program: 1, code: own)
    }
    // The echo service's own procedure.
    register(&result, port: 4001, program: 0x2000_0101, code: own)
    return result
  }

  private static func register(
    _ result: inout Result, port: UInt64, program: UInt64, code: UInt64
  ) {
    let words: [10 of UInt64] = [port, program, 1, 0, code, 0, 0, 0, 0, 0]
    // Safety: the buffer is valid during the call.
    unsafe words.span.withUnsafeBufferPointer { buffer in
      result.expectRefusal(
        SystemCall.registerService.rawValue, UInt64(UInt(bitPattern: buffer.baseAddress)), 0)
    }
  }

  private static let spin: @convention(c) () -> Void = { hostile_spin() }

  private static func address(of code: @convention(c) () -> Void) -> UInt64 {
    // Safety: a C function pointer is an address.
    unsafe UInt64(unsafeBitCast(code, to: UInt.self))
  }
}
