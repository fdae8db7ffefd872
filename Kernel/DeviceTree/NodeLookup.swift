// Finding nodes: by what they are, where they are, and who refers to them.

extension DeviceTree {
  /// The first node after `start` (from the root if nil) that lists `name` in `compatible`.
  public func firstNode(compatibleWith name: StaticString, after start: Node? = nil) -> Node? {
    var current: Node? = root
    if let start { current = node(after: start) }
    while let node = current {
      if isCompatible(node, with: name) { return node }
      current = self.node(after: node)
    }
    return nil
  }

  public func isCompatible(_ node: Node, with name: StaticString) -> Bool {
    index(of: name, inList: "compatible", of: node) != nil
  }

  /// Whether the device can be used: `status` is absent, or says so.
  public func isAvailable(_ node: Node) -> Bool {
    property("status", of: node) == nil || text("status", of: node, is: "okay")
      || text("status", of: node, is: "ok")
  }

  /// The child of that name; `name` may leave out the unit address.
  public func child(named name: StaticString, of parent: Node) -> Node? {
    var current = firstChild(of: parent)
    while let node = current {
      let range = self.name(of: node).range
      if bytes.holds(name, in: range) || bytes.holds(name, in: withoutUnitAddress(range)) {
        return node
      }
      current = nextSibling(of: node)
    }
    return nil
  }

  /// The node that a phandle refers to.
  public func node(phandle: UInt32) -> Node? {
    var current: Node? = root
    while let node = current {
      if cell("phandle", of: node) == phandle || cell("linux,phandle", of: node) == phandle {
        return node
      }
      current = self.node(after: node)
    }
    return nil
  }

  /// The node at a path inside the blob: absolute (`/soc/serial@1000`), or starting with an
  /// alias (`serial0`). Unit addresses may be left out.
  public func node(at path: TextReference) -> Node? {
    let end = path.range.upperBound
    var position = path.range.lowerBound
    guard position < end else { return nil }
    var node = root
    if bytes[position] != Self.slash {
      let alias = position..<endOfComponent(from: position, to: end)
      guard let aliased = aliasTarget(alias) else { return nil }
      node = aliased
      position = alias.upperBound
    }
    while position < end {
      if bytes[position] == Self.slash {
        position += 1
        continue
      }
      let component = position..<endOfComponent(from: position, to: end)
      guard let child = child(named: component, of: node) else { return nil }
      node = child
      position = component.upperBound
    }
    return node
  }

  private static var slash: UInt8 { 0x2F }
  private static var at: UInt8 { 0x40 }

  private func endOfComponent(from start: Int, to end: Int) -> Int {
    var position = start
    while position < end, bytes[position] != Self.slash { position += 1 }
    return position
  }

  private func child(named name: Range<Int>, of parent: Node) -> Node? {
    var current = firstChild(of: parent)
    while let node = current {
      let range = self.name(of: node).range
      if bytes.holdsSame(in: range, and: name)
        || bytes.holdsSame(in: withoutUnitAddress(range), and: name)
      {
        return node
      }
      current = nextSibling(of: node)
    }
    return nil
  }

  /// The node that `/aliases` gives to a name. Its value must be an absolute path, so that
  /// aliases cannot run in circles.
  private func aliasTarget(_ name: Range<Int>) -> Node? {
    guard let aliases = child(named: "aliases", of: root) else { return nil }
    var current = firstProperty(of: aliases)
    while let property = current {
      if bytes.holdsSame(in: property.name.range, and: name) {
        guard let end = bytes.firstZero(in: property.range), end > property.range.lowerBound,
          bytes[property.range.lowerBound] == Self.slash
        else { return nil }
        return node(at: TextReference(property.range.lowerBound..<end))
      }
      current = self.property(after: property)
    }
    return nil
  }

  private func withoutUnitAddress(_ name: Range<Int>) -> Range<Int> {
    var position = name.lowerBound
    while position < name.upperBound, bytes[position] != Self.at { position += 1 }
    return name.lowerBound..<position
  }
}
