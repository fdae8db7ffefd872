// Which interrupt a device raises: `interrupts`, in the terms of its interrupt controller.

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
