// What the kernel reads while it boots: device tree, archive, programs.

import DeviceTree
import Images
import Reporting
import SystemInterface

enum DeviceTreeTarget {
  /// A tree that was accepted can be walked as a whole, and described or refused with words.
  static func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    let tree: DeviceTree
    do throws(DeviceTreeError) {
      tree = try DeviceTree(input)
    } catch {
      return describe(error)
    }
    try FuzzFailure.check(
      tree.byteCount <= input.count, "a tree of \(tree.byteCount) bytes in \(input.count)")
    for index in 0..<tree.reservationCount { _ = tree.reservation(index) }
    var next: Node? = tree.root
    while let node = next {
      _ = tree.text(tree.name(of: node))
      var property = tree.firstProperty(of: node)
      while let found = property {
        _ = tree.text(found.name)
        _ = tree.text(found.value)
        property = tree.property(after: found)
      }
      next = tree.node(after: node)
    }
    do throws(PlatformError) {
      let platform = try PlatformDescription(tree)
      let arguments = BootArguments(tree.text(platform.bootArguments))
      _ = arguments.contains("exit")
      _ = try? arguments.number(of: "exit")
      var words = 0
      while arguments.key(ofAssignment: words) != nil { words += 1 }
    } catch {
      describe(error)
    }
  }
}

enum ArchiveTarget {
  static func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    let archive: Archive
    do throws(ArchiveError) {
      archive = try Archive(input)
    } catch {
      return describe(error)
    }
    var count = 0
    var next = archive.first
    while let entry = next {
      count += 1
      // A header has 110 bytes: more entries would mean that they overlap.
      try FuzzFailure.check(count * 110 <= input.count, "\(count) entries in \(input.count) bytes")
      _ = archive.name(of: entry)
      if entry.isFile { try ProgramTarget.run(archive.content(of: entry)) }
      next = archive.entry(after: entry)
    }
  }
}

enum ProgramTarget {
  private static let addresses = UserAddressSpace.imageBase..<UserAddressSpace.imageLimit

  /// A plan that was made can be followed: the kernel maps pages and copies bytes by it.
  static func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    let image: ELFImage
    do throws(ELFError) {
      image = try ELFImage(input, within: addresses)
    } catch {
      return describe(error)
    }
    var lastPage = addresses.lowerBound
    var isEntryExecutable = false
    for index in 0..<image.segmentCount {
      let segment = image[segment: index]
      try FuzzFailure.check(
        segment.file.upperBound <= input.count, "segment \(index) is not in the file")
      try FuzzFailure.check(
        segment.file.count <= segment.memoryBytes, "segment \(index) is larger than its memory")
      try FuzzFailure.check(
        segment.pages.lowerBound >= lastPage && segment.pages.upperBound <= addresses.upperBound,
        "segment \(index) has pages \(segment.pages)")
      lastPage = segment.pages.upperBound
      if segment.access == .readExecute, image.entry >= segment.address,
        image.entry - segment.address < segment.memoryBytes
      {
        isEntryExecutable = true
      }
    }
    try FuzzFailure.check(isEntryExecutable, "the entry is not executable")
  }
}

/// Words for whoever boots must not trap either.
private func describe(_ error: some Reportable) {
  var output = Discarding()
  output.write(error)
}

private struct Discarding: TextOutput {
  mutating func write(byte: UInt8) {}
}
