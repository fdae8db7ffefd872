// A tree with the features of Enzian's firmware and of the NIC's node, for tests to change.

/// Root with two-cell addresses, a `soc` bus with empty `ranges`, two CPUs, everything that the
/// platform description reads.
func enzianRoot() -> TreeNode {
  let gic = cells(0x8)
  return TreeNode(
    "",
    [
      ("#address-cells", cells(2)), ("#size-cells", cells(2)), ("model", text("Enzian")),
      ("interrupt-parent", gic),
    ],
    children: [
      TreeNode("aliases", [("serial0", text("/soc/serial@87e024000000"))]),
      TreeNode(
        "chosen",
        [
          ("stdout-path", text("serial0:115200n8")), ("bootargs", text("exit=semihosting quiet")),
          ("linux,initrd-start", cells(0x4800_0000)),
          ("linux,initrd-end", cells(0, 0x4810_0000)),
        ]),
      TreeNode("psci", [("compatible", text("arm,psci-0.2")), ("method", text("smc"))]),
      TreeNode(
        "cpus", [("#address-cells", cells(2)), ("#size-cells", cells(0))],
        children: [
          TreeNode("cpu@0", [("device_type", text("cpu")), ("reg", cells(0, 0))]),
          TreeNode(
            "cpu@1",
            [("device_type", text("cpu")), ("reg", cells(0, 1)), ("status", text("fail-hot"))]),
          TreeNode(
            "cpu@10f",
            [
              ("device_type", text("cpu")), ("reg", cells(1, 0x8000_010F)),
              ("status", text("disabled")),
            ]),
          TreeNode("l2-cache", [("device_type", text("cache"))]),
        ]),
      TreeNode(
        "memory@500000",
        [
          ("device_type", text("memory")),
          ("reg", cells(0, 0x50_0000, 0, 0x3FB0_0000, 0x1, 0, 0x1E, 0, 0, 0, 0, 0)),
        ]),
      TreeNode(
        "reserved-memory",
        [("#address-cells", cells(2)), ("#size-cells", cells(2)), ("ranges", [])],
        children: [
          TreeNode("secure@0", [("reg", cells(0, 0, 0, 0x30_0000))]),
          TreeNode("dynamic", [("size", cells(0, 0x1000))]),
        ]),
      TreeNode(
        "timer",
        [
          ("compatible", text("arm,armv8-timer")),
          ("interrupts", cells(1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4)),
        ]),
      TreeNode(
        "interrupt-controller@801000000000",
        [
          ("compatible", text("arm,gic-v3")), ("phandle", gic), ("#interrupt-cells", cells(3)),
          ("#redistributor-regions", cells(2)),
          (
            "reg",
            cells(
              0x8010, 0, 0, 0x1_0000, 0x8010, 0x8000_0000, 0, 0x30_0000, 0x8010, 0x8100_0000, 0,
              0x30_0000)
          ),
        ]),
      TreeNode(
        "soc", [("#address-cells", cells(2)), ("#size-cells", cells(2)), ("ranges", [])],
        children: [
          TreeNode(
            "serial@87e024000000",
            [
              ("compatible", text("arm,pl011", "arm,primecell")),
              ("reg", cells(0x87E0, 0x2400_0000, 0, 0x1000)),
              // As on the machine: a private interrupt that no GIC has.
              ("interrupts", cells(1, 21, 4)),
            ])
        ]),
      TreeNode(
        "lauberhorn@10000000000",
        [
          ("compatible", text("ethz,lauberhorn-1")),
          ("reg", cells(0x100, 0, 0, 0x80_0000, 0x9000, 0, 0, 0x1000)),
          ("local-mac-address", [0x02, 0x4C, 0x42, 0x00, 0x00, 0x01]),
          ("ethz,worker-interrupt", cells(8)), ("ethz,bypass-interrupt", cells(15)),
        ]),
    ])
}

func enzianTree() -> TreeBuilder {
  var builder = TreeBuilder(enzianRoot())
  builder.reservations = [(0x40_0000, 0x10_0000)]
  return builder
}

extension TreeNode {
  /// Changes the node at a path of names below this one.
  mutating func change(_ path: String..., with change: (inout TreeNode) -> Void) {
    self.change(path[...], with: change)
  }

  private mutating func change(_ path: ArraySlice<String>, with change: (inout TreeNode) -> Void) {
    guard let name = path.first else { return change(&self) }
    guard let index = children.firstIndex(where: { $0.name.hasPrefix(name) }) else {
      fatalError("no child \(name)")
    }
    children[index].change(path.dropFirst(), with: change)
  }

  mutating func set(_ name: String, _ value: [UInt8]) {
    remove(name)
    properties.append((name, value))
  }

  mutating func remove(_ name: String) { properties.removeAll { $0.name == name } }

  mutating func removeChild(_ name: String) { children.removeAll { $0.name.hasPrefix(name) } }
}
