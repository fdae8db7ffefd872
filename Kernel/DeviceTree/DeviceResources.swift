// What a device needs of the machine: where its registers are (`reg`, seen through the buses above
// it), and which interrupts it raises (`interrupts`, in its controller's terms).

/// A range of physical addresses. `base + bytes` does not wrap if it came out of a tree.
public struct AddressRange: Equatable, Sendable {
  public var base: UInt64
  public var bytes: UInt64

  public init(base: UInt64, bytes: UInt64) {
    self.base = base
    self.bytes = bytes
  }

  /// The first address behind the range; may be 2⁶⁴, which reads as 0.
  public var end: UInt64 { base &+ bytes }

  /// Whether the range ends within the 64-bit address space.
  var isRepresentable: Bool { bytes == 0 || base <= UInt64.max - (bytes - 1) }
}

/// Why an entry of `reg` gives no physical address.
public enum RegisterError: Error, Equatable, Sendable {
  /// No `reg`, or fewer entries.
  case missing
  /// The value is not a whole number of entries, or the range wraps.
  case malformed
  /// `#address-cells` or `#size-cells` above two, as below a PCI bridge.
  case unsupportedCells
  /// A bus above has no `ranges` for that address.
  case unreachable(address: UInt64)
}

extension DeviceTree {
  /// Cells of an address of `bus`'s children (Devicetree Specification 0.4, §2.3.5: the default
  /// is two, and is not inherited).
  public func addressCells(of bus: Node) -> Int { Int(cell("#address-cells", of: bus) ?? 2) }

  /// Cells of a size of `bus`'s children; the default is one.
  public func sizeCells(of bus: Node) -> Int { Int(cell("#size-cells", of: bus) ?? 1) }

  /// How many ranges `reg` has.
  public func registerCount(of node: Node) throws(RegisterError) -> Int {
    guard let property = property("reg", of: node) else { return 0 }
    let entry = try registerCells(of: node)
    let cells = property.byteCount / 4
    guard property.byteCount % 4 == 0, cells % entry.total == 0 else { throw .malformed }
    return cells / entry.total
  }

  /// Range `index` of `reg` as the node's bus sees it, without translation: for CPUs, whose
  /// `reg` is no address.
  public func localRegister(_ index: Int, of node: Node) throws(RegisterError) -> AddressRange {
    guard let property = property("reg", of: node), index < (try registerCount(of: node)) else {
      throw .missing
    }
    let entry = try registerCells(of: node)
    guard let base = cells(entry.address, at: index * entry.total, of: property),
      let bytes = cells(entry.size, at: index * entry.total + entry.address, of: property)
    else { throw .malformed }
    let range = AddressRange(base: base, bytes: bytes)
    guard range.isRepresentable else { throw .malformed }
    return range
  }

  /// Range `index` of `reg` as the CPU sees it, through the `ranges` of all buses above.
  public func register(_ index: Int, of node: Node) throws(RegisterError) -> AddressRange {
    var range = try localRegister(index, of: node)
    var current = node.parent
    // The root's children have CPU addresses already.
    while let bus = current, let parent = bus.parent {
      range = try translate(range, through: bus, to: parent)
      current = parent
    }
    return range
  }

  private func registerCells(
    of node: Node
  ) throws(RegisterError) -> (address: Int, size: Int, total: Int) {
    guard let bus = node.parent else { throw .missing }
    let address = addressCells(of: bus)
    let size = sizeCells(of: bus)
    guard (1...2).contains(address), (0...2).contains(size) else { throw .unsupportedCells }
    return (address, size, address + size)
  }

  /// One step up: entries of `ranges` are (address on the bus, address on the parent, size).
  private func translate(
    _ range: AddressRange, through bus: Node, to parent: Node
  ) throws(RegisterError) -> AddressRange {
    guard let property = property("ranges", of: bus) else {
      throw .unreachable(address: range.base)
    }
    // Empty: the bus has the addresses of its parent.
    if property.byteCount == 0 { return range }
    let childCells = addressCells(of: bus)
    let parentCells = addressCells(of: parent)
    let sizeCells = sizeCells(of: bus)
    guard (1...2).contains(childCells), (1...2).contains(parentCells),
      (1...2).contains(sizeCells)
    else { throw .unsupportedCells }
    let entryCells = childCells + parentCells + sizeCells
    guard property.byteCount % (4 * entryCells) == 0 else { throw .malformed }
    var start = 0
    while let child = cells(childCells, at: start, of: property),
      let target = cells(parentCells, at: start + childCells, of: property),
      let size = cells(sizeCells, at: start + childCells + parentCells, of: property)
    {
      if range.base >= child, range.base - child <= size, range.bytes <= size - (range.base - child)
      {
        let (base, overflow) = target.addingReportingOverflow(range.base - child)
        let result = AddressRange(base: base, bytes: range.bytes)
        guard !overflow, result.isRepresentable else { throw .malformed }
        return result
      }
      start += entryCells
    }
    throw .unreachable(address: range.base)
  }
}

// MARK: - Interrupts

/// An interrupt of the GIC.
public struct Interrupt: Equatable, Sendable {
  /// INTID: 16…31 private to a core, from 32 shared.
  public var number: UInt32
  public var isEdgeTriggered: Bool
}

extension DeviceTree {
  /// Entry `index` of `interrupts`, if the node's interrupt parent is a GICv3 and the entry is
  /// one that a GICv3 can deliver.
  ///
  /// Cells (binding arm,gic-v3): type (0 shared, 1 private), number within the type, flags
  /// (1 and 2 are edges, 4 and 8 levels).
  public func interrupt(_ index: Int, of node: Node) -> Interrupt? {
    guard let property = property("interrupts", of: node),
      let parent = interruptParent(of: node), isCompatible(parent, with: "arm,gic-v3"),
      let width = cell("#interrupt-cells", of: parent), (3...4).contains(width)
    else { return nil }
    let start = index * Int(width)
    guard let type = cells(1, at: start, of: property),
      let number = cells(1, at: start + 1, of: property),
      let flags = cells(1, at: start + 2, of: property)
    else { return nil }
    let edges: UInt64 = 0b11
    let isEdgeTriggered = flags & edges != 0
    switch type {
    case 0 where number < 988:
      return Interrupt(number: 32 + UInt32(number), isEdgeTriggered: isEdgeTriggered)
    case 1 where number < 16:
      return Interrupt(number: 16 + UInt32(number), isEdgeTriggered: isEdgeTriggered)
    default:
      // For example Enzian's UARTs, which claim private interrupts 21 and 22.
      return nil
    }
  }

  /// The node's `interrupt-parent`, or that of the nearest node above that has one.
  private func interruptParent(of node: Node) -> Node? {
    var current: Node? = node
    while let holder = current {
      if let phandle = cell("interrupt-parent", of: holder) { return self.node(phandle: phandle) }
      current = holder.parent
    }
    return nil
  }
}
