// Writes device tree blobs, right ones and wrong ones.

/// A node in the making.
struct TreeNode {
  var name: String
  var properties: [(name: String, value: [UInt8])] = []
  var children: [TreeNode] = []

  init(_ name: String, _ properties: [(String, [UInt8])] = [], children: [TreeNode] = []) {
    self.name = name
    self.properties = properties
    self.children = children
  }
}

/// Values of properties.
func cells(_ words: UInt32...) -> [UInt8] { words.flatMap { bigEndian($0) } }
func text(_ strings: String...) -> [UInt8] { strings.flatMap { Array($0.utf8) + [0] } }

func bigEndian(_ word: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
}

/// The blocks of a blob; a test may change them before `blob` joins them.
struct TreeBuilder {
  var reservations: [(UInt64, UInt64)] = []
  var structure: [UInt8] = []
  var strings: [UInt8] = []
  var version: UInt32 = 17
  var lastCompatible: UInt32 = 16

  init() {}

  init(_ root: TreeNode) {
    append(root)
    end()
  }

  mutating func token(_ token: UInt32) { structure += bigEndian(token) }

  mutating func beginNode(_ name: String) {
    token(1)
    structure += Array(name.utf8) + [0]
    pad()
  }

  mutating func property(_ name: String, _ value: [UInt8]) {
    token(3)
    structure += bigEndian(UInt32(value.count)) + bigEndian(UInt32(strings.count))
    structure += value
    pad()
    strings += Array(name.utf8) + [0]
  }

  mutating func endNode() { token(2) }

  mutating func end() { token(9) }

  mutating func append(_ node: TreeNode) {
    beginNode(node.name)
    for (name, value) in node.properties { property(name, value) }
    for child in node.children { append(child) }
    endNode()
  }

  /// Where the structure block starts in `blob`.
  var structureOffset: Int { 40 + 16 * (reservations.count + 1) }
  var stringsOffset: Int { structureOffset + structure.count }

  var blob: [UInt8] {
    let words: [UInt32] = [
      0xD00D_FEED, UInt32(stringsOffset + strings.count), UInt32(structureOffset),
      UInt32(stringsOffset), 40, version, lastCompatible, 0, UInt32(strings.count),
      UInt32(structure.count),
    ]
    var blob = words.flatMap { bigEndian($0) }
    for (base, bytes) in reservations + [(0, 0)] {
      for word in [base, bytes] {
        blob += bigEndian(UInt32(truncatingIfNeeded: word >> 32))
        blob += bigEndian(UInt32(truncatingIfNeeded: word))
      }
    }
    return blob + structure + strings
  }

  private mutating func pad() {
    while structure.count % 4 != 0 { structure.append(0) }
  }
}
