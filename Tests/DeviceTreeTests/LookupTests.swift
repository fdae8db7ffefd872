// Nodes, properties, addresses and interrupts of trees made for the purpose.

import DeviceTree
import Testing

@Suite struct LookupTests {
  private static let tree = TreeBuilder(
    TreeNode(
      "", [("#address-cells", cells(2)), ("#size-cells", cells(1))],
      children: [
        TreeNode(
          "aliases",
          [
            ("serial0", text("/soc/bus@10/serial@20")), ("loop", text("loop")),
            ("nowhere", text("/nothing")), ("unterminated", Array("/soc".utf8)),
          ]),
        TreeNode(
          "soc",
          [
            ("#address-cells", cells(1)), ("#size-cells", cells(1)), ("phandle", cells(5)),
            // Two windows: 0…0xFFF at 16 TiB, 0x1000…0x1FFF at 0x5000.
            ("ranges", cells(0, 0x1000, 0, 0x1000, 0x1000, 0, 0x5000, 0x1000)),
            ("list", text("first", "second", "", "fourth")),
          ],
          children: [
            TreeNode(
              "bus@10",
              [("#address-cells", cells(1)), ("#size-cells", cells(1)), ("ranges", [])],
              children: [
                TreeNode("serial@20", [("reg", cells(0x20, 0x10, 0x1FF0, 0x10, 0x2000, 4))]),
                TreeNode("wide@0", [("reg", cells(0xFF0, 0x20))]),
                TreeNode("odd@0", [("reg", cells(1, 2, 3))]),
                TreeNode("wrap@0", [("reg", cells(0xFFFF_FFFF, 0xFFFF_FFFF))]),
              ]),
            TreeNode(
              "closed", [("#size-cells", cells(0)), ("#address-cells", cells(1))],
              children: [TreeNode("inner@1", [("reg", cells(1))])]),
            TreeNode(
              "pci", [("#address-cells", cells(3)), ("#size-cells", cells(2))],
              children: [TreeNode("card", [("reg", cells(1, 2, 3, 4, 5))])]),
          ]),
        TreeNode("top@1", [("reg", cells(0x1, 0x2, 0x30)), ("reg8", cells(1, 2))]),
      ]))

  private func name(_ path: String) throws -> String? {
    // The path is taken from a tree, so it is put into one.
    try withTree(adding: path) { tree, reference in
      guard let node = tree.node(at: reference) else { return nil }
      return tree.string(tree.name(of: node))
    }
  }

  private func withTree<Result>(
    adding path: String, _ body: (borrowing DeviceTree, TextReference) throws -> Result
  ) throws -> Result {
    var builder = Self.tree
    // The same tree with one more child of the root: cut END_NODE and END, add, close.
    builder.structure.removeLast(8)
    builder.append(TreeNode("path", [("is", text(path))]))
    builder.endNode()
    builder.end()
    let blob = builder.blob
    let tree = try DeviceTree(blob.span)
    let holder = try unwrap(tree.child(named: "path", of: tree.root))
    let reference = tree.text("is", of: holder)
    return try body(tree, try #require(reference))
  }

  @Test(
    arguments: [
      ("/", ""), ("/soc", "soc"), ("/soc/bus@10/serial@20", "serial@20"),
      ("/soc/bus/serial", "serial@20"), ("//soc///bus@10/", "bus@10"), ("serial0", "serial@20"),
      ("serial0/", "serial@20"), ("/soc/bus@11", nil), ("/so", nil), ("serial1", nil),
      ("loop", nil), ("nowhere", nil), ("unterminated", nil), ("/soc/bus@10/serial@20/x", nil),
      ("", nil), ("/top@", nil),
    ] as [(String, String?)])
  func paths(path: String, expected: String?) throws {
    #expect(try name(path) == expected)
  }

  @Test func phandlesAndLists() throws {
    let blob = Self.tree.blob
    let tree = try DeviceTree(blob.span)
    let soc = tree.node(phandle: 5)
    let none = tree.node(phandle: 6)
    #expect(soc.map { tree.string(tree.name(of: $0)) } == "soc")
    #expect(none == nil)
    let node = try #require(soc)
    for (text, expected) in [
      ("first", 0), ("second", 1), ("", 2), ("fourth", 3), ("four", nil), ("third", nil),
    ] as [(StaticString, Int?)] {
      let index = tree.index(of: text, inList: "list", of: node)
      #expect(index == expected)
    }
  }

  /// Node, entry of `reg`, and where it is, or why it is nowhere.
  @Test(arguments: [
    (
      "/soc/bus/serial", 0,
      Result<AddressRange, RegisterError>.success(
        AddressRange(base: 0x1000_0000_0020, bytes: 0x10))
    ),
    ("/soc/bus/serial", 1, .success(AddressRange(base: 0x5FF0, bytes: 0x10))),
    ("/soc/bus/serial", 2, .failure(.unreachable(address: 0x2000))),
    ("/soc/bus/serial", 3, .failure(.missing)),
    // A range must lie in one window.
    ("/soc/bus/wide", 0, .failure(.unreachable(address: 0xFF0))),
    ("/soc/bus/odd", 0, .failure(.malformed)),
    ("/soc/bus/wrap", 0, .failure(.unreachable(address: 0xFFFF_FFFF))),
    ("/soc/closed/inner", 0, .failure(.unreachable(address: 1))),
    ("/soc/pci/card", 0, .failure(.unsupportedCells)),
    ("/top", 0, .success(AddressRange(base: 0x1_0000_0002, bytes: 0x30))),
    ("/soc", 0, .failure(.missing)), ("/", 0, .failure(.missing)),
  ])
  func addresses(path: String, index: Int, expected: Result<AddressRange, RegisterError>) throws {
    let result = try withTree(adding: path) { tree, reference in
      let node = try unwrap(tree.node(at: reference))
      do throws(RegisterError) {
        return Result<AddressRange, RegisterError>.success(try tree.register(index, of: node))
      } catch {
        return .failure(error)
      }
    }
    #expect(result == expected)
  }

  @Test func numbersOfBothSizes() throws {
    let blob = Self.tree.blob
    let tree = try DeviceTree(blob.span)
    let top = try unwrap(tree.child(named: "top", of: tree.root))
    let two = tree.number("reg8", of: top)
    let three = tree.number("reg", of: top)
    let one = tree.number("#size-cells", of: tree.root)
    #expect(two == 0x1_0000_0002)
    #expect(three == nil)
    #expect(one == 1)
  }

  @Test func childrenAndSiblings() throws {
    let blob = Self.tree.blob
    let tree = try DeviceTree(blob.span)
    var names: [String] = []
    var current = tree.firstChild(of: tree.root)
    while let node = current {
      names.append(tree.string(tree.name(of: node)))
      current = tree.nextSibling(of: node)
    }
    #expect(names == ["aliases", "soc", "top@1"])
    let soc = try unwrap(tree.child(named: "soc", of: tree.root))
    var subtree: [String] = []
    current = tree.node(after: soc, within: soc)
    while let node = current {
      subtree.append(tree.string(tree.name(of: node)))
      current = tree.node(after: node, within: soc)
    }
    #expect(
      subtree == [
        "bus@10", "serial@20", "wide@0", "odd@0", "wrap@0", "closed", "inner@1", "pci", "card",
      ])
    let leaf = try unwrap(tree.child(named: "top", of: tree.root))
    let none = tree.firstChild(of: leaf)
    #expect(none == nil)
  }
}

@Suite struct BootArgumentTests {
  private static let line =
    "console=ttyAMA0  exit=semihosting quiet cores=48 mask=0x1F empty= bad=12z cores=4\n big=18446744073709551616"

  private func with<Result>(_ body: (borrowing BootArguments) throws -> Result) rethrows -> Result {
    let bytes = Array(Self.line.utf8)
    let arguments = BootArguments(bytes.span)
    return try body(arguments)
  }

  @Test func words() {
    with { arguments in
      let results = [
        arguments.contains("quiet"), arguments.contains("exit"), arguments.contains("empty"),
        arguments.value(of: "exit", is: "semihosting"), arguments.value(of: "empty", is: ""),
        arguments.value(of: "quiet", is: ""), arguments.value(of: "console", is: "ttyAMA0"),
      ]
      #expect(results.allSatisfy { $0 })
      let wrong = [
        arguments.contains("qui"), arguments.contains("semihosting"), arguments.contains(""),
        arguments.value(of: "exit", is: "semi"), arguments.value(of: "missing", is: ""),
      ]
      #expect(wrong.allSatisfy { !$0 })
    }
  }

  @Test func keysOfWordsWithValues() {
    with { arguments in
      var keys: [String] = []
      while let key = arguments.key(ofAssignment: keys.count) {
        keys.append(String(decoding: (0..<key.count).map { key[$0] }, as: UTF8.self))
      }
      #expect(
        keys == ["console", "exit", "cores", "mask", "empty", "bad", "cores", "big"])
    }
  }

  @Test func numbers() throws {
    try with { arguments in
      let cores = try arguments.number(of: "cores")
      let mask = try arguments.number(of: "mask")
      let missing = try arguments.number(of: "missing")
      #expect(cores == 4)
      #expect(mask == 0x1F)
      #expect(missing == nil)
      for key in ["bad", "empty", "quiet", "big", "exit"] as [StaticString] {
        var isRefused = false
        do throws(BootArgumentError) {
          _ = try arguments.number(of: key)
        } catch {
          isRefused = DeviceTreeTests.words(error) == "boot argument \(key) is not a number"
        }
        #expect(isRefused)
      }
    }
  }
}
