// The NIC's registers: set-up only, never on the way of a call (R15).
//
// A register read takes 0.8 µs on Enzian, more than a thousand instructions. So registers
// serve discovery and table changes; state that matters per call crosses in lines.

/// Byte offsets in the register window; every register has 64 bits.
public enum Register {
  /// Reads `magicValue`; anything else, or an abort, means that the link is not up.
  @inlinable public static var magic: UInt64 { 0x000 }
  /// Version of this interface: major in bits 32…63, minor in bits 0…31.
  @inlinable public static var version: UInt64 { 0x008 }
  /// Optional features: `Features`.
  @inlinable public static var features: UInt64 { 0x010 }
  /// Bits 0…15 cores, 16…31 endpoints, 32…47 processes: what this NIC has room for.
  @inlinable public static var capacity: UInt64 { 0x018 }
  /// Bits 0…31: services that this NIC has room for.
  @inlinable public static var serviceCapacity: UInt64 { 0x020 }
  /// How long a load may be held, in nanoseconds; read and write (R2).
  @inlinable public static var stallLimitNanoseconds: UInt64 { 0x028 }
  /// The NIC's Ethernet address: first byte on the wire in bits 40…47.
  @inlinable public static var ethernetAddress: UInt64 { 0x030 }
  /// The NIC's IPv4 address: first byte on the wire in bits 24…31; read and write.
  @inlinable public static var internetAddress: UInt64 { 0x038 }
  /// Writing a `Command` here executes it with the words at `commandArguments`.
  @inlinable public static var command: UInt64 { 0x040 }
  /// Result of the last command: `CommandResult`.
  @inlinable public static var commandResult: UInt64 { 0x048 }
  /// Value that the last command returned.
  @inlinable public static var commandValue: UInt64 { 0x050 }
  /// How many loads may be held at once (R16); 0: any number. Feature `colours`.
  @inlinable public static var heldLoadLimit: UInt64 { 0x058 }
  /// First word of the command's arguments, 128 words.
  @inlinable public static var commandArguments: UInt64 { 0x400 }
  @inlinable public static var commandArgumentWords: Int { 128 }

  /// Bytes of the window.
  @inlinable public static var windowBytes: UInt64 { 0x1000 }

  /// "LBERHORN" in ASCII, as the prototype's `magic` register reads.
  @inlinable public static var magicValue: UInt64 { 0x4C42_4552_484F_524E }

  /// Version 1.1.
  @inlinable public static var versionValue: UInt64 { 1 << 32 | 1 }
}

/// Changes to the NIC's tables. One command at a time; the kernel holds a lock over arguments,
/// command and result.
public enum Command: UInt64, Hashable, Sendable, CaseIterable {
  /// Arguments: process, maximum cores, queue limit (calls), weight (0 is 1), quantum in
  /// nanoseconds (0: a handler is never preempted), minimum cores, wait limit in nanoseconds (0:
  /// none), answer to calls that are refused (0: SYSTEM_ERR, else none), patience in
  /// nanoseconds.
  case installProcess = 1
  /// Arguments: process. Its services vanish and its calls end in errors (R12).
  case removeProcess = 2
  /// Arguments: endpoint, process, core (kernel endpoints; else 0), then the code addresses for
  /// call (kernel endpoints; else 0), TRYAGAIN, YIELDNOW, RETIRE, RESUME, FRAME, then the data
  /// address that comes with them. Addresses of messages that cannot come are 0.
  case installEndpoint = 3
  /// Arguments: endpoint. A call in it ends in an error (R12); its lines are cleaned (R13).
  case removeEndpoint = 4
  /// Arguments: process, UDP port, program, version, procedure, code address, data address,
  /// bytes of the argument signature, bytes of the result signature, then the bytes of both,
  /// argument signature first, packed into words little-endian, without a gap between them.
  /// On `invalidSignature` the value is the position of the fault.
  case installService = 5
  /// Arguments: process, UDP port, program, version, procedure.
  case removeService = 6
  /// Arguments: counter (`NICCounter`). The value is its count.
  case readCounter = 7
  /// Arguments: core. The NIC preempts it (R9); the kernel need not read the result (R15).
  case preemptCore = 8
  /// Arguments: kind of record (`NICStatistics`), number, for spans the first bucket. The value is
  /// the number of words of the record, which stands in the argument words until they are written.
  case readStatistics = 9
}

/// How a command ended.
public enum CommandResult: UInt64, Hashable, Sendable, CaseIterable {
  case done = 0
  case unknownCommand = 1
  case invalidProcess = 2
  case invalidEndpoint = 3
  case invalidCore = 4
  case alreadyInstalled = 5
  case notInstalled = 6
  case tableFull = 7
  /// The value is the position of the fault in the signature bytes, both counted as one run.
  case invalidSignature = 8
  case invalidAddress = 9
  case invalidPort = 10
  case invalidCounter = 11
  /// The port, program, version and procedure belong to another process.
  case notOwner = 12
}
