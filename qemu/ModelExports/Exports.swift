// The C face of the model, as lauberhorn_model.h describes it.
//
// This file turns C values into the model's and back, and nothing else. The caller holds one
// lock over all calls, so no call runs beside another; every pointer it passes is valid for the
// call, as in any C interface.

import Interface
import Model
public import ModelInterface
import Tracing

/// What the opaque pointer of the C interface points to.
@unsafe private struct Instance {
  var model: Lauberhorn
  /// Bytes of the output taken last, a frame or a text: valid until the next call.
  let outputBytes: UnsafeMutableBufferPointer<UInt8>
}

extension OpaquePointer {
  // Safety: the caller passes what lauberhorn_model_create returned and has not destroyed it.
  fileprivate var instance: UnsafeMutablePointer<Instance> { unsafe UnsafeMutablePointer(self) }
}

extension Access {
  // Safety: reads one struct of the caller's.
  fileprivate init(_ access: UnsafePointer<LauberhornAccess>) {
    let access = unsafe access.pointee
    self.init(
      nowNanoseconds: access.now_nanoseconds, instructions: access.instructions,
      kernelEntries: access.kernel_entries, core: CoreIdentifier(access.core),
      followsUnorderedStore: access.follows_unordered_store,
      programCounter: access.program_counter)
  }
}

extension FaultSettings {
  /// Nil when the order is unknown.
  fileprivate init?(_ faults: LauberhornFaults) {
    guard let order = UInt8(exactly: faults.interrupt_order).flatMap(InterruptOrder.init(rawValue:))
    else { return nil }
    self.init()
    seed = faults.seed
    lineLatencyNanoseconds = faults.line_latency_nanoseconds
    evictionsPerMillion = faults.evictions_per_million
    earlyTryAgainsPerMillion = faults.early_try_agains_per_million
    interruptOrder = order
    received = WireFaults(faults.received)
    sent = WireFaults(faults.sent)
  }
}

extension WireFaults {
  fileprivate init(_ faults: LauberhornWireFaults) {
    self.init()
    dropPerMillion = faults.drop_per_million
    corruptPerMillion = faults.corrupt_per_million
    reorderPerMillion = faults.reorder_per_million
    duplicatePerMillion = faults.duplicate_per_million
  }
}

@c(lauberhorn_model_create)
public func create(_ configuration: UnsafePointer<LauberhornConfiguration>) -> OpaquePointer? {
  // Safety: reads one struct of the caller's.
  let wanted = unsafe configuration.pointee
  var configuration = Configuration(
    coreCount: Int(wanted.core_count), endpointCount: Int(wanted.endpoint_count),
    processCount: Int(wanted.process_count), serviceCount: Int(wanted.service_count),
    stallLimitNanoseconds: wanted.stall_limit_nanoseconds,
    ethernetAddress: EthernetAddress(wanted.ethernet_address),
    internetAddress: InternetAddress(wanted.internet_address))
  guard let faults = FaultSettings(wanted.faults) else { return nil }
  configuration.faults = faults
  configuration.isTraced = wanted.traced
  configuration.hasColours = wanted.colours
  configuration.heldLoads = Int(wanted.held_loads)
  // The link is as slow for a state as for any other line; what is fetched is in the core's cache all
  // that time.
  configuration.stateFetchNanoseconds = faults.lineLatencyNanoseconds
  configuration.fetchNanoseconds = faults.lineLatencyNanoseconds
  configuration.invalidationNanoseconds = faults.lineLatencyNanoseconds
  configuration.answersDuringFetch = wanted.answers_during_fetch
  let model = Lauberhorn(configuration)
  guard let model else { return nil }
  // Safety: both allocations live until destroy, which is the only place that frees them.
  let instance = UnsafeMutablePointer<Instance>.allocate(capacity: 1)
  unsafe instance.initialize(
    to: Instance(model: model, outputBytes: .allocate(capacity: Lauberhorn.maximumFrameBytes)))
  return OpaquePointer(instance)
}

@c(lauberhorn_model_destroy)
public func destroy(_ model: OpaquePointer?) {
  guard let model = unsafe model else { return }
  // Safety: the caller does not use the model any more.
  let instance = unsafe model.instance
  unsafe instance.pointee.outputBytes.deallocate()
  unsafe instance.deinitialize(count: 1)
  unsafe instance.deallocate()
}

@c(lauberhorn_model_line_load)
public func lineLoad(
  _ model: OpaquePointer, _ access: UnsafePointer<LauberhornAccess>, _ offset: UInt64,
  _ size: UInt32, _ value: UnsafeMutablePointer<UInt64>
) -> Bool {
  // Safety: `instance`, `access`: see above; `value` is written once.
  switch unsafe model.instance.pointee.model.load(
    Access(access), offset: offset, size: Int(size))
  {
  case .held: return false
  case .value(let loaded):
    unsafe value.pointee = loaded
    return true
  }
}

@c(lauberhorn_model_line_store)
public func lineStore(
  _ model: OpaquePointer, _ access: UnsafePointer<LauberhornAccess>, _ offset: UInt64,
  _ size: UInt32, _ value: UInt64
) {
  // Safety: `instance`, `access`: see above.
  unsafe model.instance.pointee.model.store(
    Access(access), offset: offset, size: Int(size), value: value)
}

@c(lauberhorn_model_line_inspect)
public func lineInspect(_ model: OpaquePointer, _ offset: UInt64, _ size: UInt32) -> UInt64 {
  // Safety: `instance`: see above.
  unsafe model.instance.pointee.model.inspectLine(offset: offset, size: Int(size))
}

@c(lauberhorn_model_register_read)
public func registerRead(
  _ model: OpaquePointer, _ access: UnsafePointer<LauberhornAccess>, _ offset: UInt64
) -> UInt64 {
  // Safety: `instance`, `access`: see above.
  unsafe model.instance.pointee.model.readRegister(Access(access), offset: offset)
}

@c(lauberhorn_model_register_write)
public func registerWrite(
  _ model: OpaquePointer, _ access: UnsafePointer<LauberhornAccess>, _ offset: UInt64,
  _ value: UInt64
) {
  // Safety: `instance`, `access`: see above.
  unsafe model.instance.pointee.model.writeRegister(Access(access), offset: offset, value: value)
}

@c(lauberhorn_model_receive)
public func receive(
  _ model: OpaquePointer, _ nowNanoseconds: UInt64, _ frame: UnsafePointer<UInt8>?,
  _ length: Int
) {
  // Safety: the caller says that `length` bytes are there; a null pointer comes with length 0.
  let bytes = unsafe UnsafeBufferPointer(start: frame, count: length)
  unsafe model.instance.pointee.model.receive(
    bytes.span, nowNanoseconds: nowNanoseconds)
}

@c(lauberhorn_model_deadline)
public func deadline(_ model: OpaquePointer) -> UInt64 {
  // Safety: `instance`: see above.
  unsafe model.instance.pointee.model.deadline ?? .max
}

@c(lauberhorn_model_advance)
public func advance(_ model: OpaquePointer, _ nowNanoseconds: UInt64) {
  // Safety: `instance`: see above.
  unsafe model.instance.pointee.model.advance(nowNanoseconds: nowNanoseconds)
}

@c(lauberhorn_model_next_output)
public func nextOutput(
  _ model: OpaquePointer, _ output: UnsafeMutablePointer<LauberhornOutput>
) -> Bool {
  // Safety: `instance`: see above; `output` is one struct of the caller's, all of it written.
  let instance = unsafe model.instance
  var taken = unsafe LauberhornOutput()
  guard let next = unsafe instance.pointee.model.nextOutput() else {
    unsafe output.pointee = taken
    return false
  }
  switch next {
  case .transmit(let frame):
    unsafe taken.kind = LAUBERHORN_OUTPUT_TRANSMIT
    let buffer = unsafe instance.pointee.outputBytes
    var bytes = unsafe buffer.mutableSpan
    unsafe taken.length = instance.pointee.model.copyFrame(frame, into: &bytes) ?? 0
    unsafe taken.bytes = UnsafePointer(buffer.baseAddress)
  case .wake(let core):
    unsafe taken.kind = LAUBERHORN_OUTPUT_WAKE
    unsafe taken.core = core.number
  case .interrupt(let core, let number):
    unsafe taken.kind = LAUBERHORN_OUTPUT_INTERRUPT
    unsafe taken.core = core.number
    unsafe taken.interrupt = number
  case .call(let record):
    unsafe taken.kind = LAUBERHORN_OUTPUT_CALL
    unsafe taken.call = LauberhornCallRecord(record)
    unsafe taken.core = taken.call.core
  case .event(let event):
    unsafe taken.kind = LAUBERHORN_OUTPUT_EVENT
    unsafe taken.event = LauberhornEvent(
      tag: event.tag?.number ?? 0, second: event.second, first: event.first,
      number: event.event.rawValue, core: event.core?.number ?? TraceRecord.noCore)
  case .violation(let violation):
    unsafe taken.kind = LAUBERHORN_OUTPUT_VIOLATION
    unsafe taken.core = violation.core.number
    // A report of a defect, so it may allocate. Ended by a zero for C's sake.
    let buffer = unsafe instance.pointee.outputBytes
    let text = violation.description.utf8.prefix(buffer.count - 1)
    for (position, byte) in text.enumerated() { unsafe buffer[position] = byte }
    unsafe buffer[text.count] = 0
    unsafe taken.bytes = UnsafePointer(buffer.baseAddress)
    unsafe taken.length = text.count
  }
  unsafe output.pointee = taken
  return true
}

extension LauberhornCallRecord {
  fileprivate init(_ record: CallRecord) {
    self.init(
      tag: record.tag.number, instructions: record.instructions,
      kernel_entries: UInt32(clamping: record.kernelEntries), held_loads: record.heldLoads,
      line_fills: record.lineFills, line_fetches: record.lineFetches,
      line_write_backs: record.lineWriteBacks, coherence_messages: record.coherenceMessages,
      coherence_messages_with_data: record.coherenceMessagesWithData, xid: record.transaction,
      program: record.program, version: record.version, procedure: record.procedure,
      process: record.process.number, core: record.core?.number ?? .max, cold: record.isCold,
      succeeded: record.succeeded)
  }
}

@c(lauberhorn_model_counter)
public func counter(_ model: OpaquePointer, _ number: UInt32) -> UInt64 {
  switch NumberedCounter(number) {
  case nil: return 0
  // Safety: `instance`: see above.
  case .interface(let counter): return unsafe model.instance.pointee.model.count(of: counter)
  case .fault(let counter): return unsafe model.instance.pointee.model.count(of: counter)
  }
}

@c(lauberhorn_model_counter_name)
public func counterName(_ number: UInt32) -> UnsafePointer<CChar>? {
  guard NumberedCounter(number) != nil else { return nil }
  return unsafe CounterNames.name(ofCounter: Int(number))
}

@c(lauberhorn_model_view_line)
public func viewLine(
  _ model: OpaquePointer, _ number: UInt32, _ text: UnsafeMutablePointer<CChar>, _ size: Int
) -> Bool {
  // Safety: `instance`: see above; `text` is `size` bytes of the caller's, ended by a zero for C.
  guard let line = unsafe model.instance.pointee.model.viewLine(Int(number)), size > 0 else {
    return false
  }
  let bytes = line.utf8.prefix(size - 1)
  for (position, byte) in bytes.enumerated() { unsafe text[position] = CChar(bitPattern: byte) }
  unsafe text[bytes.count] = 0
  return true
}
