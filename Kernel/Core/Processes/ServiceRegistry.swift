// Which programs are served on which ports, for whoever asks (`SystemCall.findService`).
//
// The NIC finds the service of a call by itself; this is the kernel's own record of what it let
// be registered, one entry for each program, version and port, not for each procedure.

internal import Interface
internal import Synchronization

/// Served programs. Read without a lock (Reading.swift).
enum ServiceRegistry {
  struct Entry {
    let process: ProcessIdentifier
    let port: UInt16
    let program: UInt32
    let version: UInt32

    /// - Precondition: port, program and version fit: the caller or the NIC has checked.
    init(_ service: NIC.Service) {
      process = service.process
      port = UInt16(truncatingIfNeeded: service.port)
      program = UInt32(truncatingIfNeeded: service.program)
      version = UInt32(truncatingIfNeeded: service.version)
    }

    init(process: ProcessIdentifier, port: UInt16, program: UInt32, version: UInt32) {
      self.process = process
      self.port = port
      self.program = program
      self.version = version
    }

    func isSame(as other: Entry) -> Bool {
      process == other.process && port == other.port && program == other.program
        && version == other.version
    }
  }

  static var capacity: Int { 256 }

  /// A place in the registry, for readers.
  private struct Place: ~Copyable {
    /// Program and version; written while `owner` is 0.
    let key = Atomic<UInt64>(0)
    /// Process and port, as `ownerWord` has them; 0: nobody serves this.
    let owner = Atomic<UInt64>(0)

    var entry: Entry? {
      let word = owner.load(ordering: .acquiring)
      guard word != 0 else { return nil }
      let names = key.load(ordering: .relaxed)
      return Entry(
        process: ProcessIdentifier(UInt16(truncatingIfNeeded: word >> 16)),
        port: UInt16(truncatingIfNeeded: word),
        program: UInt32(truncatingIfNeeded: names >> 32),
        version: UInt32(truncatingIfNeeded: names))
    }

    func fill(with entry: Entry) {
      key.store(UInt64(entry.program) << 32 | UInt64(entry.version), ordering: .relaxed)
      owner.store(
        UInt64(entry.process.number) << 16 | UInt64(entry.port), ordering: .releasing)
    }

    func clear() { owner.store(0, ordering: .releasing) }
  }

  private static let places = InlineArray<256, Place> { _ in Place() }

  // Safety: reached under `Kernel.withTables` only. Who had a place last: until its process has been
  // freed a reader may still look at the place.
  nonisolated(unsafe) private static var holders = InlineArray<256, ProcessIdentifier?>(
    repeating: nil)

  // MARK: Without a lock

  /// The entry of this version; without one, that of any version of the program.
  static func find(program: UInt64, version: UInt64) -> Entry? {
    Reading.section {
      var other: Entry?
      for index in 0..<capacity {
        guard let entry = places[index].entry, entry.program == program else { continue }
        if entry.version == version { return entry }
        other = other ?? entry
      }
      return other
    }
  }

  /// One entry after the other, for a list; nil: this place is free.
  static func entry(at index: Int) -> Entry? { Reading.section { places[index].entry } }

  // MARK: Under `Kernel.withTables`

  /// Whether `note` will find a place.
  static func hasRoom(for service: NIC.Service) -> Bool {
    index(of: Entry(service)) != nil || freeIndex != nil
  }

  /// The NIC has installed a procedure; those of one program and version share an entry.
  static func note(_ service: NIC.Service) {
    let entry = Entry(service)
    guard index(of: entry) == nil, let free = freeIndex else { return }
    unsafe holders[free] = entry.process
    places[free].fill(with: entry)
  }

  /// The process has ended, and with it its services: nobody finds them from here on.
  static func removeAll(of process: ProcessIdentifier) {
    for index in 0..<capacity where unsafe holders[index] == process { places[index].clear() }
  }

  /// A grace period after `removeAll`.
  static func reuse(placesOf process: ProcessIdentifier) {
    for index in 0..<capacity where unsafe holders[index] == process {
      unsafe holders[index] = nil
    }
  }

  private static func index(of wanted: Entry) -> Int? {
    for index in 0..<capacity {
      if let entry = places[index].entry, entry.isSame(as: wanted) { return index }
    }
    return nil
  }

  private static var freeIndex: Int? {
    for index in 0..<capacity where unsafe holders[index] == nil { return index }
    return nil
  }
}
