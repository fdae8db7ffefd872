// What UEFI hands over, as the kernel's device tree: which memory is free, and the tree's text.

import DeviceTree
import Randomness
import Testing

/// A descriptor of UEFI's memory map.
private struct Descriptor {
  var type: UInt32
  var base: UInt64
  var pages: UInt64
  var attributes: UInt64 = 0xF

  /// As firmware lays it out, with the eight bytes behind it that EDK2 has.
  var bytes: [UInt8] {
    littleEndian(UInt64(type)) + littleEndian(base) + littleEndian(0) + littleEndian(pages)
      + littleEndian(attributes) + littleEndian(0xAAAA_AAAA_AAAA_AAAA)
  }

  private func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

private func usable(_ descriptors: [Descriptor]) throws(HandOverError) -> UsableMemory {
  let bytes = descriptors.flatMap(\.bytes)
  return try FirmwareMemoryMap(bytes.span, descriptorBytes: 48).usableMemory()
}

private func list(_ memory: UsableMemory) -> [AddressRange] { memory.indices.map { memory[$0] } }

private let conventional: UInt32 = 7

@Suite struct FirmwareMemoryMapTests {
  /// Types 0…15 in pages of their own, every other page, so that nothing merges.
  @Test func takesWhatIsFreeAfterBootServices() throws {
    let all = (0..<16 as Range<UInt32>).map {
      Descriptor(type: $0, base: UInt64($0) * 0x2000, pages: 1)
    }
    let free: [UInt64] = [1, 2, 3, 4, 7]
    #expect(
      list(try usable(all)) == free.map { AddressRange(base: $0 * 0x2000, bytes: 0x1000) })
  }

  @Test(
    arguments: [
      (0x8, true), (0xF, true), (0x7, false), (0x4_0008, false), (0x8000_0000_0000_0008, false),
    ] as [(UInt64, Bool)])
  func needsOrdinaryMemory(attributes: UInt64, isUsable: Bool) throws {
    let map = [Descriptor(type: conventional, base: 0, pages: 4, attributes: attributes)]
    #expect(try usable(map).count == (isUsable ? 1 : 0))
  }

  /// The last page of all: its end is 2⁶⁴.
  @Test func mergesInAnyOrder() throws {
    let pages: [(UInt64, UInt64)] = [
      (0x9000, 1), (0x1000, 2), (0x5000, 2), (0x3000, 2), (0xFFFF_FFFF_FFFF_F000, 1), (0x8000, 4),
    ]
    let ranges = list(
      try usable(pages.map { Descriptor(type: conventional, base: $0.0, pages: $0.1) }))
    #expect(
      ranges == [
        AddressRange(base: 0x1000, bytes: 0x6000), AddressRange(base: 0x8000, bytes: 0x4000),
        AddressRange(base: 0xFFFF_FFFF_FFFF_F000, bytes: 0x1000),
      ])
  }

  /// Random maps against a set of pages.
  @Test(arguments: 0..<50) func agreesWithASetOfPages(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var pages: Set<UInt64> = []
    let map = (0..<30).map { _ in
      let descriptor = Descriptor(
        type: conventional, base: .random(in: 0..<200, using: &random) * 4096,
        pages: .random(in: 0..<6, using: &random))
      for page in 0..<descriptor.pages { pages.insert(descriptor.base / 4096 + page) }
      return descriptor
    }
    let result = list(try usable(map))
    #expect(
      pages
        == Set(result.flatMap { ($0.base / 4096)..<($0.base / 4096 + $0.bytes / 4096) }),
      "seed \(seed)")
    for (left, right) in zip(result, result.dropFirst()) {
      #expect(left.end < right.base, "seed \(seed)")
    }
  }

  @Test func leavesOutTheSmallestWhenThereAreTooMany() throws {
    var map = (1...UInt64(UsableMemory.capacity)).map {
      Descriptor(type: conventional, base: $0 * 0x10_0000, pages: $0 + 1)
    }
    map.append(Descriptor(type: conventional, base: 0x8000_0000, pages: 1))
    map.append(Descriptor(type: conventional, base: 0x9000_0000, pages: 100))
    let memory = try usable(map)
    #expect(memory.count == UsableMemory.capacity)
    // The one page that came too late, and the two pages that made room for the hundred.
    #expect(memory.leftOutBytes == 3 * 4096)
    #expect(list(memory).last == AddressRange(base: 0x9000_0000, bytes: 100 * 4096))
    #expect(list(memory).first?.base == 0x20_0000)
  }

  @Test func refusesWhatIsNoMap() {
    let bytes = [UInt8](repeating: 0, count: 100)
    for descriptorBytes in [0, 39, 48] {
      do throws(HandOverError) {
        _ = try FirmwareMemoryMap(bytes.span, descriptorBytes: descriptorBytes)
        Issue.record("accepted")
      } catch {
        #expect(error == .malformedMemoryMap(bytes: 100, descriptorBytes: descriptorBytes))
      }
    }
    for (base, pages) in [(0x800, 1), (0x1000, UInt64.max / 2), (UInt64.max - 4095, 2)]
      as [(UInt64, UInt64)]
    {
      do throws(HandOverError) {
        _ = try usable([
          Descriptor(type: 0, base: 1, pages: 0),
          Descriptor(type: conventional, base: base, pages: pages),
        ])
        Issue.record("accepted")
      } catch {
        #expect(error == .malformedDescriptor(index: 1))
      }
    }
  }
}

@Suite struct HandOverTreeTests {
  private static func memory() throws -> UsableMemory {
    try usable([
      Descriptor(type: conventional, base: 0x50_0000, pages: 0x100),
      Descriptor(type: conventional, base: 0x1_0000_0000, pages: 0x10_0000),
    ])
  }

  private func rewrite(
    _ root: TreeNode, commandLine: String = "", archive: AddressRange? = nil, room: Int = 65536,
    memory: UsableMemory? = nil
  ) throws -> [UInt8] {
    var builder = TreeBuilder(root)
    builder.reservations = [(0x40_0000, 0x10_0000)]
    let blob = builder.blob
    let line = Array(commandLine.utf8)
    var output = [UInt8](repeating: 0xEE, count: room)
    var span = output.mutableSpan
    let tree = try DeviceTree(blob.span)
    let count = try tree.write(
      with: HandOver(
        commandLine: line.span, archive: archive, memory: try memory ?? Self.memory()),
      into: &span)
    return Array(output[..<count])
  }

  @Test func replacesMemoryCommandLineAndArchive() throws {
    let blob = try rewrite(
      enzianRoot(), commandLine: "exit=semihosting",
      archive: AddressRange(base: 0x1_2345_6000, bytes: 0x6400))
    let tree = try DeviceTree(blob.span)
    #expect(tree.byteCount == blob.count)
    let platform = try PlatformDescription(tree)
    #expect(platform.memory.count == 2)
    #expect(platform.memory[0] == AddressRange(base: 0x50_0000, bytes: 0x10_0000))
    #expect(platform.memory[1] == AddressRange(base: 0x1_0000_0000, bytes: 0x1_0000_0000))
    #expect(tree.string(platform.bootArguments) == "exit=semihosting")
    #expect(platform.initialArchive == AddressRange(base: 0x1_2345_6000, bytes: 0x6400))
    // What was there is still there, once.
    #expect(tree.string(platform.model) == "Enzian")
    #expect(platform.console.registers.base == 0x87E0_2400_0000)
    #expect(platform.reservedMemory.count == 2)
    #expect(platform.processors.count == 2)
    #expect(platform.nic?.ethernetAddress == 0x024C_4200_0001)
    let chosen = try unwrap(tree.child(named: "chosen", of: tree.root))
    var names: [String] = []
    var property = tree.firstProperty(of: chosen)
    while let current = property {
      names.append(tree.string(current.name))
      property = tree.property(after: current)
    }
    #expect(
      names.sorted() == ["bootargs", "linux,initrd-end", "linux,initrd-start", "stdout-path"])
  }

  @Test func keepsTheTreesOwnWhereNothingIsGiven() throws {
    let blob = try rewrite(enzianRoot())
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(tree.string(platform.bootArguments) == "exit=semihosting quiet")
    #expect(platform.initialArchive == AddressRange(base: 0x4800_0000, bytes: 0x10_0000))
  }

  @Test func makesTheNodesThatAreMissing() throws {
    var root = enzianRoot()
    root.removeChild("chosen")
    root.removeChild("memory")
    let blob = try rewrite(root, commandLine: "x")
    let tree = try DeviceTree(blob.span)
    let platform = try PlatformDescription(tree)
    #expect(tree.string(platform.bootArguments) == "x")
    #expect(platform.memory.count == 2)
    #expect(platform.initialArchive == nil)
  }

  /// A second memory node, a device below one, and nodes that are only called so.
  @Test func removesMemoryNodesOnly() throws {
    var root = enzianRoot()
    root.children.append(
      TreeNode(
        "memory@7000000",
        [("reg", cells(0, 0x700_0000, 0, 0x1000)), ("device_type", text("memory"))],
        children: [TreeNode("child", children: [TreeNode("grandchild")])]))
    root.children.append(
      TreeNode("memory-controller", [("device_type", text("memory-controller"))]))
    let blob = try rewrite(root)
    let tree = try DeviceTree(blob.span)
    #expect(try PlatformDescription(tree).memory.count == 2)
    #expect(tree.child(named: "memory-controller", of: tree.root) != nil)
    var memoryNodes = 0
    var current = tree.firstChild(of: tree.root)
    while let node = current {
      if tree.string(tree.name(of: node)).hasPrefix("memory") { memoryNodes += 1 }
      #expect(tree.firstChild(of: node).map { tree.string(tree.name(of: $0)) } != "child")
      current = tree.nextSibling(of: node)
    }
    #expect(memoryNodes == 2)
  }

  @Test func virtMachinesTreeStaysWhole() throws {
    let original = try virtTree()
    let before = try DeviceTree(original.span)
    var output = [UInt8](repeating: 0, count: original.count + 8192)
    var span = output.mutableSpan
    let line: [UInt8] = []
    let count = try before.write(
      with: HandOver(commandLine: line.span, archive: nil, memory: try Self.memory()), into: &span)
    let blob = Array(output[..<count])
    let after = try DeviceTree(blob.span)
    func names(_ tree: borrowing DeviceTree) -> [String] {
      var names: [String] = []
      var current: Node? = tree.root
      while let node = current {
        names.append(tree.string(tree.name(of: node)))
        current = tree.node(after: node)
      }
      return names
    }
    #expect(
      names(before).filter { !$0.hasPrefix("memory") }
        == names(after).filter { !$0.hasPrefix("memory") })
    #expect(try PlatformDescription(after).processors.count == 48)
  }

  @Test func saysWhatDoesNotFit() throws {
    let needed = try rewrite(enzianRoot()).count
    for room in [0, 40, needed - 1] {
      #expect(throws: HandOverError.noRoom(bytes: room)) {
        try rewrite(enzianRoot(), room: room)
      }
    }
    #expect(try rewrite(enzianRoot(), room: needed).count == needed)

    var narrow = enzianRoot()
    narrow.set("#size-cells", cells(1))
    #expect(
      throws: HandOverError.cellsTooNarrow(
        AddressRange(base: 0x1_0000_0000, bytes: 0x1_0000_0000))
    ) { try rewrite(narrow) }

    let none = try usable([Descriptor(type: 0, base: 0, pages: 1)])
    #expect(throws: HandOverError.noUsableMemory) { try rewrite(enzianRoot(), memory: none) }
  }
}
