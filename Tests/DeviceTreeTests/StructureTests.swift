// The blob's form: what is accepted, what is refused and where, and that nothing crashes.

import DeviceTree
import Randomness
import Testing

@Suite struct StructureTests {
  private func check(_ blob: [UInt8]) throws(DeviceTreeError) {
    _ = try DeviceTree(blob.span)
  }

  private static let small = TreeBuilder(
    TreeNode(
      "", [("model", text("small")), ("empty", [])],
      children: [TreeNode("a", [("reg", cells(1, 2))]), TreeNode("b@1")]))

  @Test func acceptsARealTree() throws {
    try check(virtTree())
    // Loaders hand over more room than the tree needs.
    try check(virtTree() + Array(repeating: 0xFF, count: 4096))
  }

  @Test func truncatedAtEveryLength() {
    let blob = Self.small.blob
    for length in 0..<blob.count {
      let expected: DeviceTreeError =
        length < 40
        ? .truncated(bytes: length, needed: 40) : .truncated(bytes: length, needed: blob.count)
      #expect(throws: expected) { try check(Array(blob[..<length])) }
    }
    #expect(throws: Never.self) { try check(blob) }
  }

  /// A word of the header, its wrong value, and the error.
  @Test(
    arguments: [
      (0, UInt32(0xEDFE_0DD0), DeviceTreeError.wrongMagic(0xEDFE_0DD0)),
      (1, 39, .truncated(bytes: 39, needed: 40)),
      (1, 0x10_0000, .truncated(bytes: Self.small.blob.count, needed: 0x10_0000)),
      (
        2, 0xFFFF_FFF0,
        .blockOutOfRange(.structure, offset: 0xFFFF_FFF0, bytes: Self.structureBytes)
      ),
      (2, 0, .blockOutOfRange(.structure, offset: 0, bytes: Self.structureBytes)),
      (2, 57, .misalignedBlock(.structure, offset: 57)),
      (9, 0xFFFF_FFFF, .blockOutOfRange(.structure, offset: 56, bytes: 0xFFFF_FFFF)),
      (9, 0, .missingEnd(offset: 56)), (9, 8, .missingEnd(offset: 64)),
      (3, 0x7FFF_FFFF, .blockOutOfRange(.strings, offset: 0x7FFF_FFFF, bytes: 16)),
      (8, 0xFFFF, .blockOutOfRange(.strings, offset: Self.small.stringsOffset, bytes: 0xFFFF)),
      (8, 0, .invalidPropertyName(offset: 64, nameOffset: 0)),
      (8, 5, .invalidPropertyName(offset: 64, nameOffset: 0)),
      (4, 44, .misalignedBlock(.reservations, offset: 44)),
      (4, 0xFFFF_FFF8, .blockOutOfRange(.reservations, offset: 0xFFFF_FFF8, bytes: 16)),
      (5, 16, .unsupportedVersion(16, lastCompatible: 16)),
      (6, 18, .unsupportedVersion(17, lastCompatible: 18)),
    ] as [(Int, UInt32, DeviceTreeError)])
  func refusesHeader(word: Int, value: UInt32, expected: DeviceTreeError) {
    var blob = Self.small.blob
    blob.replaceSubrange(word * 4..<word * 4 + 4, with: bigEndian(value))
    #expect(throws: expected) { try check(blob) }
    #expect(words(expected).hasPrefix("device tree: "))
  }

  private static let structureBytes = small.structure.count

  /// Token sequences; the structure block starts at offset 56.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: DeviceTreeError
    let build: @Sendable (inout TreeBuilder) -> Void

    init(
      _ name: String, _ expected: DeviceTreeError,
      _ build: @escaping @Sendable (inout TreeBuilder) -> Void
    ) {
      testDescription = name
      self.expected = expected
      self.build = build
    }
  }

  @Test(arguments: [
    Wrong("nothing", .missingEnd(offset: 56)) { _ in },
    Wrong("no root", .unbalancedNodes(offset: 56)) { $0.end() },
    Wrong("unknown token", .unknownToken(7, offset: 64)) {
      $0.beginNode("")
      $0.token(7)
    },
    Wrong("end inside a node", .unbalancedNodes(offset: 64)) {
      $0.beginNode("")
      $0.end()
    },
    Wrong("no end", .missingEnd(offset: 68)) {
      $0.beginNode("")
      $0.endNode()
    },
    Wrong("two roots", .unbalancedNodes(offset: 68)) {
      $0.append(TreeNode(""))
      $0.append(TreeNode(""))
      $0.end()
    },
    Wrong("one end too many", .unbalancedNodes(offset: 68)) {
      $0.append(TreeNode(""))
      $0.endNode()
    },
    Wrong("property outside", .unbalancedNodes(offset: 56)) { $0.property("a", []) },
    Wrong("property after child", .propertyAfterChild(offset: 76)) {
      $0.beginNode("")
      $0.append(TreeNode("a"))
      $0.property("late", [])
    },
    Wrong("property too long", .propertyOutOfRange(offset: 64, bytes: 0xFFFF_FFFF)) {
      $0.beginNode("")
      $0.token(3)
      $0.token(0xFFFF_FFFF)
      $0.token(0)
      $0.strings = [0x61, 0]
    },
    Wrong("property cut in its header", .missingEnd(offset: 68)) {
      $0.beginNode("")
      $0.token(3)
      $0.token(0)
    },
    Wrong("name outside the strings", .invalidPropertyName(offset: 64, nameOffset: 2)) {
      $0.beginNode("")
      $0.token(3)
      $0.token(0)
      $0.token(2)
      $0.strings = [0x61, 0]
    },
    Wrong("unterminated node name", .unterminatedNodeName(offset: 60)) {
      $0.token(1)
      $0.token(0x6161_6161)
    },
    Wrong("too deep", .tooDeep(offset: 56 + 16 * 8)) {
      for _ in 0..<17 { $0.beginNode("") }
    },
  ])
  func refusesStructure(_ wrong: Wrong) {
    var builder = TreeBuilder()
    wrong.build(&builder)
    #expect(throws: wrong.expected) { try check(builder.blob) }
  }

  @Test func sixteenLevelsAreFine() throws {
    var builder = TreeBuilder()
    for level in 0..<16 { builder.beginNode(level == 0 ? "" : "n\(level)") }
    for _ in 0..<16 { builder.endNode() }
    builder.end()
    let blob = builder.blob
    let tree = try DeviceTree(blob.span)
    var node = tree.root
    while let child = tree.firstChild(of: node) { node = child }
    #expect(node.depth == 15)
    #expect(tree.string(tree.name(of: node)) == "n15")
    #expect(node.parent?.depth == 14)
  }

  @Test func nothingTokensAreSkipped() throws {
    var builder = TreeBuilder()
    builder.token(4)
    builder.beginNode("")
    builder.token(4)
    builder.property("model", text("padded"))
    builder.token(4)
    builder.append(TreeNode("child"))
    builder.token(4)
    builder.endNode()
    builder.token(4)
    builder.end()
    let blob = builder.blob
    let tree = try DeviceTree(blob.span)
    let model = try unwrap(tree.text("model", of: tree.root))
    #expect(tree.string(model) == "padded")
    let child = try unwrap(tree.child(named: "child", of: tree.root))
    let next = tree.node(after: child)
    #expect(next == nil)
  }

  @Test func reservationsEndAtZero() throws {
    var builder = Self.small
    builder.reservations = [(0x1000, 0x2000), (1 << 40, 0), (0, 0x500)]
    let blob = builder.blob
    let tree = try DeviceTree(blob.span)
    let count = tree.reservationCount
    let first = tree.reservation(0)
    let third = tree.reservation(2)
    let fourth = tree.reservation(3)
    #expect(count == 3)
    #expect(first == AddressRange(base: 0x1000, bytes: 0x2000))
    #expect(third == AddressRange(base: 0, bytes: 0x500))
    #expect(fourth == nil)
    var unterminated = builder.blob
    // The reservation list moved to the last 16 bytes, which are not zero.
    unterminated += Array(repeating: 1, count: 8 - unterminated.count % 8 + 16)
    unterminated.replaceSubrange(4..<8, with: bigEndian(UInt32(unterminated.count)))
    let offset = unterminated.count - 16
    unterminated.replaceSubrange(16..<20, with: bigEndian(UInt32(offset)))
    #expect(throws: DeviceTreeError.unterminatedReservations(offset: offset)) {
      try check(unterminated)
    }
  }

  @Test func errorsSayWhatAndWhere() {
    #expect(
      words(DeviceTreeError.wrongMagic(0x1234))
        == "device tree: magic 0x00001234 instead of 0xd00dfeed")
    #expect(
      words(DeviceTreeError.unknownToken(7, offset: 64)) == "device tree: token 0x7 at 0x40")
  }

  /// Changed bytes and words at random places: either an error, or a tree that answers every
  /// question without trapping.
  @Test func randomChangesNeverCrash() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("randomChangesNeverCrash: seed \(seed)")
    var random = SplitMix(seed: seed)
    let originals = [try virtTree(), enzianTree().blob, Self.small.blob]
    var accepted = 0
    for round in 0..<600 {
      var blob = originals[round % originals.count]
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<blob.count - 4, using: &random)
        if Bool.random(using: &random) {
          blob[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          let values: [UInt32] = [0, 1, 2, 3, 4, 9, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000]
          let value = values[Int.random(in: 0..<values.count, using: &random)]
          blob.replaceSubrange(place & ~3..<(place & ~3) + 4, with: bigEndian(value))
        }
      }
      guard let nodes = try? visitEverything(blob) else { continue }
      accepted += 1
      #expect(nodes > 0)
    }
    #expect(accepted > 0)
  }

  @Test func randomBytesNeverCrash() {
    let seed = UInt64.random(in: 0 ... .max)
    print("randomBytesNeverCrash: seed \(seed)")
    var random = SplitMix(seed: seed)
    for _ in 0..<2000 {
      var blob = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      // With a right magic, version and size now and then, or nothing gets far.
      if blob.count >= 40, Bool.random(using: &random) {
        let words: [UInt32] = [0xD00D_FEED, UInt32(blob.count), 56, 40, 40, 17, 16, 0, 8, 40]
        blob.replaceSubrange(0..<40, with: words.flatMap { bigEndian($0) })
      }
      _ = try? visitEverything(blob)
    }
  }

  private func visitEverything(_ blob: [UInt8]) throws -> Int {
    let tree = try DeviceTree(blob.span)
    var nodes = 0
    var current: Node? = tree.root
    while let node = current {
      nodes += 1
      _ = tree.string(tree.name(of: node))
      var property = tree.firstProperty(of: node)
      while let found = property {
        _ = tree.string(found.name)
        _ = tree.string(found.value)
        property = tree.property(after: found)
      }
      for index in 0..<3 {
        _ = try? tree.register(index, of: node)
        _ = tree.interrupt(index, of: node)
      }
      _ = tree.firstChild(of: node)
      _ = tree.nextSibling(of: node)
      current = tree.node(after: node)
    }
    _ = tree.standardOutput
    _ = tree.string(tree.standardOutputOptions)
    _ = tree.reservationCount
    do {
      _ = try PlatformDescription(tree)
    } catch {
      #expect(words(error).hasPrefix("device tree: "))
    }
    return nodes
  }
}
