// The machine as the kernel wants to know it: plain values, taken once from the device tree.

/// What the kernel needs of the machine. Addresses are physical; texts refer to the blob that
/// the description was made from.
public struct PlatformDescription: Sendable {
  /// Cores that the kernel can describe: Enzian has 48.
  public typealias Processors = BoundedList<64, ProcessorAffinity>

  /// What the kernel knows of the machine without its tree.
  public var kind: MachineKind
  /// The root's `model`; empty if it has none.
  public var model = TextReference.empty
  /// `bootargs` of `/chosen`; empty if the loader gave none.
  public var bootArguments = TextReference.empty
  /// The initial archive that the loader put into memory; nil without one.
  public var initialArchive: AddressRange?
  public var console: Console
  public var interruptController: InterruptController
  public var timer: TimerInterrupts
  /// How to call the firmware; nil if the machine has no PSCI, and so only one core to offer.
  public var firmware: FirmwareInterface?
  /// In the order of the tree, which is the kernel's order of cores.
  public var processors = Processors(filler: ProcessorAffinity(0))
  public var memory = BoundedList<32, AddressRange>(filler: AddressRange(base: 0, bytes: 0))
  /// What lies in `memory` but is not free: the blob's reservation list and
  /// `/reserved-memory`. The blob itself, the kernel's image and the initial archive are the
  /// caller's to add, since only it knows where the first two are.
  public var reservedMemory = BoundedList<32, AddressRange>(
    filler: AddressRange(base: 0, bytes: 0))
  /// The NIC of the FPGA; nil if the tree has none.
  public var nic: NIC?

  /// A PL011, or what looks like one.
  public struct Console: Equatable, Sendable {
    public var registers: AddressRange
    /// Nil if the tree has none that the interrupt controller could deliver.
    public var interrupt: Interrupt?
    /// An SBSA UART: firmware has set the baud rate, and there are no registers to change it.
    public var hasFixedBaudRate: Bool
  }

  /// GICv3.
  public struct InterruptController: Sendable {
    public var distributor: AddressRange
    /// Where redistributors stand in a row; which core's is which, GICR_TYPER tells.
    public var redistributors = BoundedList<8, AddressRange>(
      filler: AddressRange(base: 0, bytes: 0))
    /// Distance of redistributors if the tree overrides the architecture's.
    public var redistributorStride: UInt64?
  }

  /// Interrupts of the generic timer; nil where the tree has none.
  public struct TimerInterrupts: Equatable, Sendable {
    public var securePhysical: Interrupt?
    public var physical: Interrupt
    public var virtual: Interrupt
    public var hypervisor: Interrupt?
  }

  /// PSCI (Arm DEN 0022).
  public struct FirmwareInterface: Equatable, Sendable {
    public enum Conduit: Equatable, Sendable {
      case supervisor
      case secureMonitor
    }
    public var conduit: Conduit
    /// At least 0.2, whose function numbers are fixed; older ones are not offered here.
    public var isVersionOneOrLater: Bool
  }

  /// The NIC: `compatible = "ethz,lauberhorn-1"`.
  public struct NIC: Equatable, Sendable {
    /// First range of `reg`: the endpoints' lines.
    public var lines: AddressRange
    /// Second range of `reg`: `Register`.
    public var registers: AddressRange
    /// `local-mac-address`, first byte on the wire in bits 40…47; nil if the tree has none.
    public var ethernetAddress: UInt64?
    /// `ethz,worker-interrupt`: the interrupt number that ends a user thread's held load (R9).
    public var workerInterrupt: UInt32
    /// `ethz,bypass-interrupt`: the number for traffic that is no RPC.
    public var bypassInterrupt: UInt32
  }
}

/// The affinity fields of MPIDR_EL1, at their places: Aff0 to Aff2 in bits 0…23, Aff3 in 32…39.
public struct ProcessorAffinity: Hashable, Sendable {
  public let bits: UInt64

  /// Keeps the affinity fields of an MPIDR_EL1 or of a CPU node's `reg`.
  public init(_ bits: UInt64) { self.bits = bits & 0xFF_00FF_FFFF }
}

/// A list with room for `capacity` elements, stored in place.
public struct BoundedList<let capacity: Int, Element: Sendable>: Sendable {
  private var elements: InlineArray<capacity, Element>
  /// Elements in use.
  public private(set) var count = 0

  /// An empty list. `filler` stands in unused places and is never handed out.
  init(filler: Element) {
    elements = InlineArray(repeating: filler)
  }

  public var isEmpty: Bool { count == 0 }

  /// The elements' indices.
  public var indices: Range<Int> { 0..<count }

  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count, "index outside the list")
    return elements[index]
  }

  /// Adds an element; false if the list is full.
  mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    elements[count] = element
    count += 1
    return true
  }
}
