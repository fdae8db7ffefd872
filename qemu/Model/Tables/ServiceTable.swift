// Which procedure of which process answers a call.
//
// A call finds its service in one probe or a few, however many services there are; only the
// error path looks at all of them. Everything is allocated at the start.

import Interface

/// A slot of the service table. Stays the same while a call refers to it, even when the service
/// was removed meanwhile.
struct ServiceIndex: Hashable {
  let number: Int32
  var index: Int { Int(number) }
}

struct Service: Hashable {
  var key = ProcedureKey(port: 0, program: 0, version: 0, procedure: 0)
  var process = ProcessIdentifier.kernel
  var code: UInt64 = 0
  var data: UInt64 = 0
  var argumentSignatureBytes: UInt16 = 0
  var resultSignatureBytes: UInt16 = 0
  /// Found by calls.
  var isInstalled = false
  /// Accepted calls that still need the signatures.
  var callsInFlight: UInt32 = 0
}

struct ServiceTable: Hashable {
  /// Room for both signatures of a service.
  private static var signatureStride: Int { 2 * SignatureLimits.bytes }

  private(set) var services: [Service]
  /// Per service both signatures, the arguments' first.
  private(set) var signatures: [UInt8]
  /// Open addressing with linear probing: a service's slot, or -1. A power of two, at most half
  /// full, so that probes stay short.
  private var buckets: [Int32]
  /// One bit per UDP port: whether any service listens there.
  private var ports = [UInt64](repeating: 0, count: 1024)
  private var free: [Int32]

  init(capacity: Int) {
    services = Array(repeating: Service(), count: capacity)
    signatures = Array(repeating: 0, count: capacity * ServiceTable.signatureStride)
    var bucketCount = 16
    while bucketCount < capacity * 2 { bucketCount *= 2 }
    buckets = Array(repeating: -1, count: bucketCount)
    free = (0..<Int32(capacity)).reversed()
  }

  subscript(_ service: ServiceIndex) -> Service { services[service.index] }

  func argumentSignature(of service: ServiceIndex) -> Range<Int> {
    let start = service.index * ServiceTable.signatureStride
    return start..<start + Int(services[service.index].argumentSignatureBytes)
  }

  func resultSignature(of service: ServiceIndex) -> Range<Int> {
    let start = argumentSignature(of: service).upperBound
    return start..<start + Int(services[service.index].resultSignatureBytes)
  }

  func listens(on port: UInt16) -> Bool {
    ports[Int(port >> 6)] & 1 << UInt64(port & 63) != 0
  }

  func find(_ key: ProcedureKey) -> ServiceIndex? {
    var bucket = home(of: key)
    while buckets[bucket] >= 0 {
      if services[Int(buckets[bucket])].key == key {
        return ServiceIndex(number: buckets[bucket])
      }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  /// Why `key` was not found: looks at every service, for the error path only.
  func rejection(for key: ProcedureKey) -> RPCRejection {
    var versions: (lowest: UInt32, highest: UInt32)?
    var hasVersion = false
    for service in services
    where service.isInstalled && service.key.port == key.port
      && service.key.program == key.program
    {
      let version = service.key.version
      if version == key.version { hasVersion = true }
      versions = (min(versions?.lowest ?? version, version), max(versions?.highest ?? 0, version))
    }
    guard let versions else { return .programUnavailable }
    return hasVersion
      ? .procedureUnavailable
      : .programMismatch(lowest: versions.lowest, highest: versions.highest)
  }

  enum InsertionFault: Error { case alreadyInstalled, notOwner, tableFull }

  /// - Parameter signatureBytes: both signatures, the arguments' first.
  @discardableResult
  mutating func insert(
    _ service: Service, signatureBytes: ArraySlice<UInt8>
  ) throws(InsertionFault) -> ServiceIndex {
    if let present = find(service.key) {
      throw self[present].process == service.process ? .alreadyInstalled : .notOwner
    }
    guard let slot = free.popLast() else { throw .tableFull }
    services[Int(slot)] = service
    services[Int(slot)].isInstalled = true
    let start = Int(slot) * ServiceTable.signatureStride
    for (position, byte) in signatureBytes.enumerated() { signatures[start + position] = byte }
    var bucket = home(of: service.key)
    while buckets[bucket] >= 0 { bucket = (bucket + 1) & (buckets.count - 1) }
    buckets[bucket] = slot
    ports[Int(service.key.port >> 6)] |= 1 << UInt64(service.key.port & 63)
    return ServiceIndex(number: slot)
  }

  mutating func remove(_ service: ServiceIndex) {
    let key = self[service].key
    removeBucket(of: service, key: key)
    services[service.index].isInstalled = false
    if !services.contains(where: { $0.isInstalled && $0.key.port == key.port }) {
      ports[Int(key.port >> 6)] &= ~(1 << UInt64(key.port & 63))
    }
    reclaim(service)
  }

  mutating func removeAll(of process: ProcessIdentifier) {
    for slot in services.indices
    where services[slot].isInstalled && services[slot].process == process {
      remove(ServiceIndex(number: Int32(slot)))
    }
  }

  /// A call keeps its service's slot until it ends.
  mutating func retain(_ service: ServiceIndex) { services[service.index].callsInFlight += 1 }

  mutating func release(_ service: ServiceIndex) {
    services[service.index].callsInFlight -= 1
    if !services[service.index].isInstalled { reclaim(service) }
  }

  private mutating func reclaim(_ service: ServiceIndex) {
    guard services[service.index].callsInFlight == 0 else { return }
    services[service.index] = Service()
    free.append(service.number)
  }

  /// Closes the gap, so that probes never run over removed entries: every entry after the gap
  /// whose home is not between gap and entry moves into it.
  private mutating func removeBucket(of service: ServiceIndex, key: ProcedureKey) {
    let mask = buckets.count - 1
    var gap = home(of: key)
    while buckets[gap] != service.number { gap = (gap + 1) & mask }
    var bucket = (gap + 1) & mask
    while buckets[bucket] >= 0 {
      let wanted = home(of: services[Int(buckets[bucket])].key)
      if (bucket &- wanted) & mask >= (bucket &- gap) & mask {
        buckets[gap] = buckets[bucket]
        gap = bucket
      }
      bucket = (bucket + 1) & mask
    }
    buckets[gap] = -1
  }

  /// Fixed multipliers rather than `Hasher`, whose seed changes from run to run.
  private func home(of key: ProcedureKey) -> Int {
    var mixed = UInt64(key.program) << 32 | UInt64(key.procedure)
    mixed = (mixed ^ mixed >> 29) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= UInt64(key.version) << 16 | UInt64(key.port)
    mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: mixed >> 32) & (buckets.count - 1)
  }
}
