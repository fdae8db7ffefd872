// Which programs are served on which ports, for whoever asks (`SystemCall.findService`).
//
// The NIC finds the service of a call by itself; this is the kernel's own record of what it let
// be registered, one entry for each program, version and port, not for each procedure.

internal import Interface

/// Served programs. Under `Kernel.withTables`.
enum ServiceRegistry {
  struct Entry {
    let process: ProcessIdentifier
    let port: UInt16
    let program: UInt32
    let version: UInt32
    /// Of its procedures, the most urgent and the least.
    private(set) var classes: ClosedRange<UInt8>

    /// - Precondition: port, program and version fit: the caller or the NIC has checked.
    init(_ service: NIC.Service) {
      process = service.process
      port = UInt16(truncatingIfNeeded: service.port)
      program = UInt32(truncatingIfNeeded: service.program)
      version = UInt32(truncatingIfNeeded: service.version)
      classes = service.serviceClass.rawValue...service.serviceClass.rawValue
    }

    mutating func add(_ serviceClass: ServiceClass) {
      let number = serviceClass.rawValue
      classes = min(number, classes.lowerBound)...max(number, classes.upperBound)
    }

    func isSame(as other: Entry) -> Bool {
      process == other.process && port == other.port && program == other.program
        && version == other.version
    }
  }

  static var capacity: Int { 256 }

  // Safety: reached under `Kernel.withTables` only.
  nonisolated(unsafe) private static var entries = InlineArray<256, Entry?>(repeating: nil)

  /// Whether `note` will find a place.
  static func hasRoom(for service: NIC.Service) -> Bool {
    index(of: Entry(service)) != nil || freeIndex != nil
  }

  /// The NIC has installed a procedure; those of one program and version share an entry.
  static func note(_ service: NIC.Service) {
    let entry = Entry(service)
    if let known = index(of: entry) {
      unsafe entries[known]?.add(service.serviceClass)
      return
    }
    guard let free = freeIndex else { return }
    unsafe entries[free] = entry
  }

  /// The entry of this version; without one, that of any version of the program.
  static func find(program: UInt64, version: UInt64) -> Entry? {
    var other: Entry?
    for index in 0..<capacity {
      guard let entry = unsafe entries[index], entry.program == program else { continue }
      if entry.version == version { return entry }
      other = other ?? entry
    }
    return other
  }

  /// One entry after the other, for a list; nil: this place is free.
  static func entry(at index: Int) -> Entry? { unsafe entries[index] }

  /// The process has ended, and with it its services.
  static func removeAll(of process: ProcessIdentifier) {
    for index in 0..<capacity where unsafe entries[index]?.process == process {
      unsafe entries[index] = nil
    }
  }

  private static func index(of wanted: Entry) -> Int? {
    for index in 0..<capacity {
      if let entry = unsafe entries[index], entry.isSame(as: wanted) { return index }
    }
    return nil
  }

  private static var freeIndex: Int? {
    for index in 0..<capacity where unsafe entries[index] == nil { return index }
    return nil
  }
}
