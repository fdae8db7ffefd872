// The initial archive: made by the test and by cpio itself, whole and broken.

import Foundation
import Images
import Randomness
import Testing

@Suite struct ArchiveTests {
  private static let whole =
    member("bin", [], mode: 0o040755) + member("bin/echo", Array("echo program".utf8))
    + member("./calculator", [1, 2, 3, 4, 5]) + member("empty", []) + trailer

  private func names(_ bytes: [UInt8]) throws(ArchiveError) -> [String] {
    let archive = try Archive(bytes.span)
    var names: [String] = []
    var current = archive.first
    while let entry = current {
      names.append(String(decoding: array(archive.name(of: entry)), as: UTF8.self))
      current = archive.entry(after: entry)
    }
    return names
  }

  @Test func listsAndFinds() throws {
    #expect(try names(Self.whole) == ["bin", "bin/echo", "./calculator", "empty"])
    let bytes = Self.whole
    let archive = try Archive(bytes.span)
    let echoFound = archive.entry(named: "bin/echo")
    let echo = try #require(echoFound)
    #expect(array(archive.content(of: echo)) == Array("echo program".utf8))
    #expect(echo.isFile)
    #expect(echo.byteCount == 12)
    let calculatorFound = archive.entry(named: "calculator")
    let calculator = try #require(calculatorFound)
    #expect(array(archive.content(of: calculator)) == [1, 2, 3, 4, 5])
    let folderFound = archive.entry(named: "bin")
    let folder = try #require(folderFound)
    #expect(!folder.isFile)
    let emptyBytes = archive.entry(named: "empty")?.byteCount
    #expect(emptyBytes == 0)
    for name in ["echo", "bin/ech", "bin/echo2", "TRAILER!!!", "./", ""] as [StaticString] {
      let found = archive.entry(named: name)
      #expect(found == nil)
    }
  }

  @Test func whatFollowsTheTrailerDoesNotMatter() throws {
    #expect(try names(Self.whole + Array(repeating: 0xFF, count: 300)).count == 4)
    #expect(try names(trailer).isEmpty)
    #expect(try names(member("a", [7], magic: "070702") + trailer) == ["a"])
  }

  /// `find | cpio -o -H newc`, as users will make it, if the host has cpio.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/cpio")))
  func readsWhatCpioWrites() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("archive-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let content = (0..<5001).map { UInt8(truncatingIfNeeded: $0) }
    try Data(content).write(to: folder.appendingPathComponent("program"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "find . | cpio --quiet -o -H newc > archive.cpio"]
    process.currentDirectoryURL = folder
    try process.run()
    process.waitUntilExit()
    let bytes = try Array(Data(contentsOf: folder.appendingPathComponent("archive.cpio")))
    let archive = try Archive(bytes.span)
    let entryFound = archive.entry(named: "program")
    let entry = try #require(entryFound)
    #expect(array(archive.content(of: entry)) == content)
  }

  @Test func truncatedAtEveryLength() {
    // The padding of the last member before the trailer counts, the trailer's own does not.
    let needed = Self.whole.count - trailer.count + 110 + 11
    for length in 0..<Self.whole.count {
      let bytes = Array(Self.whole[..<length])
      if length >= needed {
        #expect(throws: Never.self) { try names(bytes) }
      } else {
        #expect(throws: ArchiveError.self) { try names(bytes) }
      }
    }
  }

  @Test(
    arguments: [
      ([], ArchiveError.missingTrailer(offset: 0)),
      (member("a", [1, 2, 3]), .missingTrailer(offset: 116)),
      (Array("070701".utf8), .truncatedHeader(offset: 0)),
      (member("a", [], magic: "070707") + trailer, .wrongMagic(offset: 0)),
      (member("a", []) + Array(repeating: 0, count: 200), .wrongMagic(offset: 112)),
      (change(member("a", []) + trailer, at: 6 + 8 * 3 + 2, to: 0x47), .invalidField(4, offset: 0)),
      (change(member("a", []) + trailer, at: 6 + 8 * 12, to: 0x20), .invalidField(13, offset: 0)),
      // The size of the name: 0, then 1, then more than there is.
      (change(member("a", []) + trailer, at: 6 + 8 * 11 + 7, to: 0x30), .invalidName(offset: 0)),
      (change(member("a", []) + trailer, at: 6 + 8 * 11 + 7, to: 0x31), .invalidName(offset: 0)),
      (change(member("a", []) + trailer, at: 6 + 8 * 11, to: 0x46), .invalidName(offset: 0)),
      (change(member("ab", []) + trailer, at: 112, to: 0x62), .invalidName(offset: 0)),
      (
        change(member("a", []) + trailer, at: 6 + 8 * 6, to: 0x46),
        .truncatedContent(offset: 0, bytes: 0xF000_0000)
      ),
    ] as [([UInt8], ArchiveError)])
  func refuses(bytes: [UInt8], expected: ArchiveError) {
    #expect(throws: expected) { try names(bytes) }
    #expect(words(expected).hasPrefix("archive: "))
  }

  @Test func randomChangesNeverCrash() {
    var random = SplitMix(test: #function)
    for _ in 0..<20_000 {
      var bytes = Self.whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
          UInt8.random(in: 0x2F...0x47, using: &random)
      }
      if let names = try? names(bytes) { #expect(names.count <= 4) }
    }
  }
}

private func change(_ bytes: [UInt8], at index: Int, to byte: UInt8) -> [UInt8] {
  var bytes = bytes
  bytes[index] = byte
  return bytes
}
