// What a page is for. Nothing here can say "writable and executable".

public import Reporting

/// How accesses behave; the raw value is the index into MAIR_EL1.
public enum MemoryType: UInt64, Hashable, Sendable, CaseIterable {
  /// RAM: Normal, write-back, inner shareable.
  case normal = 0
  /// Registers: Device-nGnRE. Early write acknowledgement, no gathering, no reordering.
  case device = 1
  /// The FPGA's coherent lines. Normal write-back shareable, or the core would not cache them
  /// and the protocol on them could not work; an own index, because what holds for RAM (LL/SC,
  /// speculative fetch without side effects) need not hold here.
  case lines = 2
}

/// Who may do what. W^X by construction: no case has both, and no case lets the kernel execute
/// what a user can map or the other way round.
public enum PageAccess: Hashable, Sendable, CaseIterable, Reportable {
  case kernelReadExecute
  case kernelReadOnly
  case kernelReadWrite
  // The kernel can read user pages; it can neither execute them nor write those that the user
  // cannot write.
  case userReadExecute
  case userReadOnly
  case userReadWrite

  public var isForUser: Bool {
    switch self {
    case .kernelReadExecute, .kernelReadOnly, .kernelReadWrite: false
    case .userReadExecute, .userReadOnly, .userReadWrite: true
    }
  }

  public var isWritable: Bool { self == .kernelReadWrite || self == .userReadWrite }

  public var isExecutable: Bool { self == .kernelReadExecute || self == .userReadExecute }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write(isForUser ? "user r" : "kernel r")
    output.write(isWritable ? "w" : "-")
    output.write(isExecutable ? "x" : "-")
  }
}

/// What a mapping's descriptor says beside the address.
public struct PageAttributes: Hashable, Sendable {
  public let type: MemoryType
  public let access: PageAccess

  @inlinable
  public init(_ type: MemoryType, _ access: PageAccess) {
    self.type = type
    self.access = access
  }
}
