internal import Interface
internal import SystemInterface
internal import DeviceTree
enum InitialProcesses { static func create(_ archive: AddressRange?) -> Int { 0 } }
enum Processes {
  static var liveCount: Int { 0 }
  static func exit(_ thread: ThreadReference, status: UInt64) {}
  static func name(of process: ProcessIdentifier) -> StaticString { "x" }
  static func killAfterFault(_ thread: ThreadReference, syndrome: UInt64, address: UInt64) {}
}
enum UserMemory {
  static func read(of process: ProcessIdentifier, from address: UInt64, count: Int, _ body: (Int, UInt8) -> Void) throws(SystemError) {}
  static func isExecutable(_ a: UInt64, of process: ProcessIdentifier) -> Bool { true }
}
