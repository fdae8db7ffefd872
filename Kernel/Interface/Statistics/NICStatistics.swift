// What the NIC counts for each core, process and service, and how long requests take.
//
// `NICCounter` counts for the NIC as a whole. These say who: the command `readStatistics` returns
// one record at a time in the argument words (interface §8).

/// Which record `Command.readStatistics` reads.
public enum NICStatistics: UInt64, Hashable, Sendable, CaseIterable {
  /// Of a core: one word for each `CoreStatistic`.
  case core = 0
  /// Of a process: one word for each `CallStatistic`, then calls that wait, and the most that
  /// ever did.
  case process = 1
  /// Of the first service at this place of the NIC's table or behind it: place, process, UDP port,
  /// program, version and procedure, then one word for each `CallStatistic`.
  /// `CommandResult.notInstalled`: there is none.
  case service = 2
  /// Of a `RequestSpan`: how many lasted how long, in the buckets of `bucket(of:)`; argument 2
  /// says with which bucket the record begins.
  case span = 3

  @inlinable public static var processWords: Int { CallStatistic.allCases.count + 2 }
  /// Words of a service's record before its counts.
  @inlinable public static var serviceHeadWords: Int { 6 }
  @inlinable public static var serviceWords: Int {
    serviceHeadWords + CallStatistic.allCases.count
  }

  // MARK: Buckets

  /// Two buckets for each power of two, up to 2³⁶ ns (69 s); what lasts longer is in the last.
  @inlinable public static var bucketCount: Int { 72 }

  /// The bucket of a duration: a count of leading zeros, no division.
  @inlinable @inline(__always)
  public static func bucket(of nanoseconds: UInt64) -> Int {
    guard nanoseconds >= 2 else { return Int(nanoseconds) }
    let exponent = 63 - nanoseconds.leadingZeroBitCount
    let half = Int(truncatingIfNeeded: nanoseconds >> UInt64(exponent - 1)) & 1
    return min(exponent * 2 + half, bucketCount - 1)
  }

  /// The longest duration of a bucket.
  @inlinable
  public static func upperBound(ofBucket bucket: Int) -> UInt64 {
    guard bucket >= 2 else { return UInt64(bucket) }
    guard bucket < bucketCount - 1 else { return .max }
    let next = UInt64(bucket + 1)
    return (2 + next & 1) << (next >> 1 - 1) - 1
  }
}

/// What is counted for each core.
public enum CoreStatistic: Int, Hashable, Sendable, CaseIterable {
  case heldLoads
  case tryAgain
  case yieldNow
  case retire
  /// Interrupts by which the NIC took the core (R9).
  case preemptions
  /// Calls answered into a load of the worker itself.
  case warmCalls
  /// Calls that came through the core's kernel endpoint.
  case coldCalls
  /// Calls that came back to the core in RESUME.
  case resumes
}

/// What is counted for each process and each of its procedures: how its calls began and ended.
public enum CallStatistic: Int, Hashable, Sendable, CaseIterable {
  case accepted
  case warm
  case cold
  case replied
  case failedByHandler
  case failedMalformedResponse
  case failedByKernel
  case failedProcessRemoved
  /// Not accepted: the arguments do not fit the signature.
  case rejectedGarbageArguments
  /// Not accepted: the queue is full.
  case rejectedOverload
}

/// A part of a request's way that the NIC can time, from the stages ① to ⑨ of the README.
public enum RequestSpan: Int, Hashable, Sendable, CaseIterable {
  /// ①②: from the frame until a core has the call, the kernel's or its worker's.
  case waiting
  /// ③④: from the kernel's load that brought it until its worker has it; cold calls only.
  case kernel
  /// ⑤⑥⑦: from the worker's load that brought it until the worker acknowledges it.
  case handler
  /// ① to ⑨.
  case whole
}
