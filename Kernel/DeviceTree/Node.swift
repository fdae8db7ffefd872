// Nodes: places in the tree, and the ways from one to another.

/// A node of one particular tree. It carries the way to the root, because the flattened form
/// has no parent links and addresses make sense only along that way.
public struct Node: Sendable {
  /// Levels that a tree may have, the root's included.
  public static var depthLimit: Int { 16 }

  /// Offsets of the start tokens from the root's to this node's.
  private var path: InlineArray<16, UInt32>
  /// 0 for the root.
  public let depth: Int

  /// Offset of the node in the blob, for messages.
  public var offset: Int { Int(path[depth]) }

  init(rootAt offset: Int) {
    path = InlineArray(repeating: 0)
    path[0] = UInt32(truncatingIfNeeded: offset)
    depth = 0
  }

  /// The node at `offset` whose parent is `ancestor`'s ancestor-or-self at `depth` − 1.
  init(offset: Int, depth: Int, under ancestor: Node) {
    path = ancestor.path
    path[depth] = UInt32(truncatingIfNeeded: offset)
    self.depth = depth
  }

  private init(path: InlineArray<16, UInt32>, depth: Int) {
    self.path = path
    self.depth = depth
  }

  /// Nil for the root.
  public var parent: Node? { depth == 0 ? nil : Node(path: path, depth: depth - 1) }
}

extension DeviceTree {
  public var root: Node {
    var offset = structure.lowerBound
    while let item = try? item(at: offset), item.kind == .nothing { offset = item.end }
    return Node(rootAt: offset)
  }

  /// The name, with its unit address: `cpu@100`. The root's is empty.
  public func name(of node: Node) -> TextReference {
    guard let item = try? item(at: node.offset), item.kind == .nodeStart else { return .empty }
    return TextReference(item.name)
  }

  /// The node that follows in the order of the blob: parents before their children. Nil after
  /// the last one.
  public func node(after node: Node) -> Node? {
    nextNode(from: node, notBelow: 0)
  }

  /// The node that follows within the subtree of `root`.
  public func node(after node: Node, within root: Node) -> Node? {
    nextNode(from: node, notBelow: root.depth)
  }

  public func firstChild(of node: Node) -> Node? {
    guard let next = nextNode(from: node, notBelow: node.depth) else { return nil }
    return next.depth == node.depth + 1 ? next : nil
  }

  public func nextSibling(of node: Node) -> Node? {
    var current = node
    while let next = nextNode(from: current, notBelow: node.depth - 1) {
      if next.depth == node.depth { return next }
      current = next
    }
    return nil
  }

  /// Scans on from `node` to the next start of a node, but not past the end of the node of
  /// depth `limit` that is open here.
  private func nextNode(from node: Node, notBelow limit: Int) -> Node? {
    guard let start = try? item(at: node.offset) else { return nil }
    // Depth of the innermost open node.
    var depth = node.depth
    var offset = start.end
    while let item = try? item(at: offset) {
      switch item.kind {
      case .nodeStart:
        return Node(offset: offset, depth: depth + 1, under: node)
      case .nodeEnd:
        if depth == limit { return nil }
        depth -= 1
      case .end:
        return nil
      case .property, .nothing:
        break
      }
      offset = item.end
    }
    return nil
  }
}
