// Recording events: the points in the kernel, and the mask that switches them.
//
// A point is one line, `core.trace(.callTaken, …)`. While its source is off it costs three
// instructions, and its arguments are not computed; what it costs while on is in
// Documentation/tracing.md.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Reporting
internal import Tracing

extension CoreReference {
  /// Records an event on this core, which must be the executing one, if its source is on.
  @inline(__always)
  func trace(
    _ event: TraceEvent, tag: @autoclosure () -> UInt64 = 0,
    _ first: @autoclosure () -> UInt32 = 0, _ second: @autoclosure () -> UInt64 = 0
  ) {
    guard tracedSources.contains(event) else { return }
    record(event, tag: tag(), first(), second())
  }

  /// Out of line, so that a point that is off costs no more than its branch.
  @inline(never)
  private func record(_ event: TraceEvent, tag: UInt64, _ first: UInt32, _ second: UInt64) {
    recorder?.record(event, time: read_counter(), tag: tag, first: first, second: second)
  }

  /// The tag of the call that a message on the kernel endpoint names, kept for the events that
  /// follow it.
  func noteTag(ofMessageAt line: UInt64) -> UInt64 {
    let tag = KernelLines().load(
      at: UInt(line) + UInt(ControlLineWord.tag * LineGeometry.wordBytes))
    tracedTag = tag
    return tag
  }

  /// The tag kept by `noteTag`, once.
  func takeTag() -> UInt64 {
    let tag = tracedTag
    tracedTag = 0
    return tag
  }
}

extension ThreadReference {
  /// The argument `worker` of events: process and endpoint.
  var traceWorker: UInt32 { Trace.worker(process: process.number, endpoint: endpoint.number) }
}

/// Control of the trace.
enum Trace {
  static func worker(process: UInt16, endpoint: UInt16) -> UInt32 {
    UInt32(process) << 16 | UInt32(endpoint)
  }

  /// Gives every core its rings. The boot core, before the others start.
  static func prepare() {
    for number in 0..<Kernel.coreCount {
      // Safety: pages are aligned to 128 bytes, and nobody else knows these.
      Kernel.cores[CoreIdentifier(number)].recorder = unsafe EventRecorder(
        core: number, storage: KernelMemory.allocateForEver(bytes: EventRecorder.bytes))
    }
  }

  /// Switches sources on all cores. A core that runs meanwhile sees the change with one of its
  /// next events; one that was in the middle of an event records it still.
  static func set(_ sources: SourceMask) {
    let core = CoreReference.current
    // Before and after, so that both ends of a recording are in the rings.
    core.trace(.maskChanged, sources.bits)
    for number in 0..<Kernel.coreCount {
      Kernel.cores[CoreIdentifier(number)].tracedSources = sources
    }
    core.trace(.maskChanged, sources.bits)
  }

  /// The sources that are on, the same on every core.
  static var sources: SourceMask { CoreReference.current.tracedSources }
}
