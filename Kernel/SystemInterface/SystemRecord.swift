// What `SystemCall.systemStatistics` returns: records of words, one for each core, process, ….
//
// Word 0 of every record is its number. Counts are since the machine's start or, of a process and
// its procedures, since its last start; none ever wraps.

/// A kind of record, and the meaning of its words.
///
/// The ten **call counts**, in this order: accepted; of these warm, cold; replied, failed by the
/// handler, with a malformed response, by the kernel, by the end of the process; not accepted for
/// garbage arguments, for a full queue.
public enum SystemRecord: UInt64, Hashable, Sendable, CaseIterable {
  /// One record, number 0.
  ///
  ///     1 nanoseconds since the machine's counter started   2 cores   3 processes
  ///     4 frames received  5 sent   6 calls accepted  7 replied
  ///     8 loads held   9 TRYAGAIN  10 YIELDNOW  11 RETIRE  12 RESUME  13 preemptions by the NIC
  ///     14 violations of the interface's rules
  case system = 0
  /// Each core.
  ///
  ///     1 process that it runs, 0: the kernel   2 threads that wait for it
  ///     3 dispatches  4 yields  5 TRYAGAIN  6 requeued calls  7 system calls  8 interrupts
  ///     9 faults  10 preemptions  11 alarms  12 requests of other cores  (the kernel's counts)
  ///     13 loads held  14 TRYAGAIN  15 YIELDNOW  16 RETIRE  17 preemptions
  ///     18 warm calls  19 cold calls  20 RESUME                          (the NIC's counts)
  case core = 1
  /// Each process.
  ///
  ///     1…4 its name, 32 bytes, zero behind its end
  ///     5 threads  6 bytes of memory  7 starts
  ///     8…17 call counts  18 calls that wait  19 the most that ever did
  case process = 2
  /// Each procedure that is served; numbers are places in the NIC's table.
  ///
  ///     1 process  2 UDP port  3 program  4 version  5 procedure   6…15 call counts
  case service = 3
  /// Each span of a request's way (0 waiting, 1 kernel, 2 handler, 3 whole), in nanoseconds of the
  /// NIC's clock, which is no hardware time under an emulator. Values are the ends of buckets: up
  /// to half too large.
  ///
  ///     1 requests  2 p50  3 p99  4 p99.9  5 longest
  case span = 4

  public static var wordCount: Int { 24 }
}
